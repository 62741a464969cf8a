"""Splits by person: no subject is ever in two sets."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class SubjectSplit:
    """Subject ids of each set, sorted; the three are disjoint and together all subjects.

    Training and validation are empty where everybody is tested.
    """

    train: tuple[str, ...]
    validation: tuple[str, ...]
    test: tuple[str, ...]


def split_subjects(
    image_counts: Mapping[str, int],
    test_subjects: int | str | Sequence[str],
    validation_subjects: int,
    seed: int,
) -> SubjectSplit:
    """Draw test and validation subjects, stratified by how many images each has.

    A few people own most of the database's images, so a plain draw of ten may hold 12 images or 400.
    Subjects are ranked by their number of images (ties at random), cut into as many strata as
    subjects are wanted, and one is drawn from each.

    Args:
        image_counts: Number of images of each subject id.
        test_subjects: How many to hold out (10 in the paper, section IV.D), their ids, ``fold 2/5`` for the second of
            five groups, or ``all``.
        validation_subjects: How many of the rest serve to choose epochs and thresholds.
        seed: Of the draw.

    Raises:
        ValueError: If an id is unknown or listed twice, a fold does not exist, or no training subject would be left.
    """
    rng = np.random.default_rng(seed)
    if test_subjects == "all":
        return SubjectSplit(train=(), validation=(), test=tuple(sorted(image_counts)))
    if isinstance(test_subjects, str):
        fold, folds = (int(number) for number in test_subjects.removeprefix("fold ").split("/"))
        if not 1 <= fold <= folds <= len(image_counts):
            raise ValueError(f"There is no {test_subjects} of {len(image_counts)} subjects.")
        test_subjects = _grouped_folds(image_counts, folds, rng)[fold - 1]
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


def _grouped_folds(image_counts: Mapping[str, int], folds: int, rng: np.random.Generator) -> list[list[str]]:
    """Everybody in as many groups, alike in numbers of people and of images: subjects of equal rank are dealt out."""
    subjects = rng.permutation(sorted(image_counts)).tolist()
    ranked = sorted(subjects, key=lambda subject: image_counts[subject])
    groups: list[list[str]] = [[] for _ in range(folds)]
    for start in range(0, len(ranked), folds):
        for group, subject in zip(rng.permutation(folds), ranked[start : start + folds], strict=False):
            groups[group].append(subject)
    return groups
