"""Splits by person: no subject is ever in two sets."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class SubjectSplit:
    """Subject ids of each set, sorted; the three are disjoint and together all subjects."""

    train: tuple[str, ...]
    validation: tuple[str, ...]
    test: tuple[str, ...]


def split_subjects(
    image_counts: Mapping[str, int],
    test_subjects: int | Sequence[str],
    validation_subjects: int,
    seed: int,
) -> SubjectSplit:
    """Draw test and validation subjects, stratified by how many images each has.

    A few people own most of the database's images, so a plain draw of ten may hold 12 images or 400.
    Subjects are ranked by their number of images (ties at random), cut into as many strata as
    subjects are wanted, and one is drawn from each.

    Args:
        image_counts: Number of images of each subject id.
        test_subjects: How many to hold out (10 in the paper, section IV.D), or their ids.
        validation_subjects: How many of the rest serve to choose epochs and thresholds.
        seed: Of the draw.

    Raises:
        ValueError: If an id is unknown or listed twice, or no training subject would be left.
    """
    rng = np.random.default_rng(seed)
    if isinstance(test_subjects, int):
        wanted = test_subjects + validation_subjects
        _require_training_subjects(len(image_counts), wanted)
        test = _stratified_draw(image_counts, test_subjects, rng)
    else:
        test = sorted(test_subjects)
        unknown = sorted(set(test) - set(image_counts))
        if unknown:
            raise ValueError(f"test_subjects lists {unknown}, which have no pair in this database.")
        if len(set(test)) != len(test):
            raise ValueError(f"test_subjects lists an id twice: {test}.")
        _require_training_subjects(len(image_counts), len(test) + validation_subjects)
    rest = {subject: count for subject, count in image_counts.items() if subject not in set(test)}
    validation = _stratified_draw(rest, validation_subjects, rng)
    train = sorted(set(rest) - set(validation))
    return SubjectSplit(train=tuple(train), validation=tuple(validation), test=tuple(test))


def _require_training_subjects(available: int, held_out: int) -> None:
    if held_out >= available:
        raise ValueError(
            f"The split wants {held_out} test and validation subjects of {available}: none would be left "
            "to train on. Lower split.test_subjects or split.validation_subjects, or add data."
        )


def _stratified_draw(image_counts: Mapping[str, int], wanted: int, rng: np.random.Generator) -> list[str]:
    if wanted == 0:
        return []
    subjects = rng.permutation(sorted(image_counts)).tolist()
    ranked = sorted(subjects, key=lambda subject: image_counts[subject])
    return sorted(str(rng.choice(stratum)) for stratum in np.array_split(ranked, wanted))
