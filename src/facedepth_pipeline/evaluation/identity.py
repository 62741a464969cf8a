"""Recovered identity: how much of what sets a person apart from other people is in the prediction.

An error in millimetres mixes two faults: a mean face that is wrong, and a likeness that is missing. This figure sees
the second alone. With n people, all depths aligned (see below) and averaged over the images of a person:

* t is the truth of a person less the mean truth of the n - 1 other people;
* p is the prediction for a person less the mean of the method's predictions for all n people: a method's own mean
  face, however wrong, cancels.

Over pixels and people together:

* ``correlation``: sum(t p) / sqrt(sum(t^2) sum(p^2)); both have mean 0 over people at each pixel.
* ``slope`` of p on t, sum(t p) / sum(t^2): the share of a peculiarity that is predicted, too little below 1.
* ``r2``: 1 - sum((t - p)^2) / sum(t^2): 0 for a method that predicts one face for everybody, below 0 for one whose
  peculiarities are worse than none. Because p is centred by all people and t by the others, the truth itself has
  ``slope`` 1 - 1/n and ``r2`` 1 - 1/n^2.

The common grid is the image: portraits of a database lie in its frame by their nose tips. A pixel counts where at
least 90 % of the people have both a truth and a prediction, inside the eroded mask and within 75 mm of the nose tip.
Each depth, true or predicted, is aligned to one reference, the mean truth, by the same shift and tilts: where a head
was placed and how it was held are no part of who it is.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from facedepth_pipeline.depth import PixelPitch
from facedepth_pipeline.evaluation.alignment import align_depth

MIN_PEOPLE = 3
MIN_SHARE = 0.9
REFERENCE_ROUNDS = 3
FIGURES = ("r2", "slope", "correlation")


@dataclass(frozen=True, eq=False)
class Measured:
    """A truth, and where it may be measured.

    Attributes:
        subject_id: Who it is.
        depth_mm: (H, W) millimetres.
        place: (H, W) bool, the eroded mask within reach of the nose tip.
    """

    subject_id: str
    depth_mm: np.ndarray
    place: np.ndarray


@dataclass(frozen=True, eq=False)
class CommonFace:
    """The mean truth of a set of people, to which all depths are aligned.

    Attributes:
        mean_mm: (H, W) float64 millimetres; 0 where not ``inside``.
        inside: (H, W) bool, where at least 90 % of the people have a truth.
        pitch: Millimetres per pixel.
    """

    mean_mm: np.ndarray
    inside: np.ndarray
    pitch: PixelPitch

    def aligned(self, depth_mm: np.ndarray, place: np.ndarray) -> np.ndarray:
        """Depth at the pixels ``inside``, after the shift and tilts that bring it nearest to the mean truth.

        Args:
            depth_mm: (H, W) millimetres, truth or prediction.
            place: (H, W) bool, where to look at it.

        Returns:
            (P,) float32 millimetres; NaN where not in ``place``.
        """
        both = self.inside & place
        if not both.any():
            return np.full(int(self.inside.sum()), np.nan, np.float32)
        aligned_mm = align_depth(np.where(both, depth_mm, 0), self.mean_mm, both, self.pitch)
        return np.where(both, aligned_mm, np.nan)[self.inside].astype(np.float32)


def find_common_face(truths: Iterable[Measured], pitch: PixelPitch) -> CommonFace | None:
    """Mean truth over people, each counting once, after all were aligned to it; None for fewer than three people."""
    means = MapsOfPeople()
    for truth in truths:
        level = truth.depth_mm[truth.place].mean() if truth.place.any() else 0.0
        means.add(truth.subject_id, np.where(truth.place, truth.depth_mm - level, np.nan))
    if len(means.people) < MIN_PEOPLE:
        return None
    maps = means.means()
    known = np.isfinite(maps)
    inside = known.mean(axis=0) >= MIN_SHARE
    if not inside.any():
        return None
    reference = _mean(maps)
    for _ in range(REFERENCE_ROUNDS):
        aligned = [
            align_depth(np.where(there, one, 0), reference, there, pitch)
            for one, there in zip(maps, known & inside, strict=True)
            if there.any()
        ]
        there = np.stack([mask for mask in known & inside if mask.any()])
        reference = _mean(np.where(there, aligned, np.nan))
    return CommonFace(np.where(inside, reference, 0.0), inside, pitch)


def _mean(maps: np.ndarray) -> np.ndarray:
    """Mean over the first axis of what is known there; 0 where nothing is."""
    count = np.isfinite(maps).sum(axis=0)
    total = np.where(np.isfinite(maps), maps, 0).sum(axis=0, dtype=np.float64)
    return np.divide(total, count, out=np.zeros(total.shape), where=count > 0)


class MapsOfPeople:
    """Mean map of each person over their images, taken as the images come."""

    def __init__(self) -> None:
        self._sums: dict[str, np.ndarray] = {}
        self._counts: dict[str, np.ndarray] = {}

    @property
    def people(self) -> list[str]:
        """Subject ids, in the order in which they came."""
        return list(self._sums)

    def add(self, subject_id: str, values: np.ndarray) -> None:
        """Add an image; NaN where it says nothing."""
        known = np.isfinite(values)
        if subject_id not in self._sums:
            self._sums[subject_id] = np.zeros(values.shape, np.float32)
            self._counts[subject_id] = np.zeros(values.shape, np.uint16)
        self._sums[subject_id] += np.where(known, values, 0)
        self._counts[subject_id] += known

    def means(self) -> np.ndarray:
        """(people, …) float32 mean over the images that say something; NaN where none does."""
        sums, counts = np.stack(list(self._sums.values())), np.stack(list(self._counts.values()))
        return np.divide(sums, counts, out=np.full(sums.shape, np.nan, np.float32), where=counts > 0)


class IdentityRecorder:
    """Truth and prediction of one method, aligned to the common face, person by person."""

    def __init__(self, common: CommonFace) -> None:
        self._common = common
        self._truths, self._predictions = MapsOfPeople(), MapsOfPeople()

    def add(self, subject_id: str, truth_mm: np.ndarray, predicted_mm: np.ndarray, place: np.ndarray) -> None:
        """Add an image.

        Args:
            subject_id: Who it is.
            truth_mm: (H, W) millimetres.
            predicted_mm: (H, W) millimetres.
            place: (H, W) bool, where both are known and count.
        """
        self._truths.add(subject_id, self._common.aligned(truth_mm, place))
        self._predictions.add(subject_id, self._common.aligned(predicted_mm, place))

    def deviations(self) -> "Deviations | None":
        """What sets each person apart; None for fewer than three people."""
        if len(self._truths.people) < MIN_PEOPLE:
            return None
        return deviations(self._truths.people, self._truths.means(), self._predictions.means(), self._common)


@dataclass(frozen=True, eq=False)
class Deviations:
    """What sets each person apart, t in truth and p in prediction.

    Attributes:
        people: Subject ids.
        true_mm: (people, P) float32 millimetres; NaN at pixels that do not count.
        predicted_mm: (people, P), likewise.
        common: Its ``inside`` says which pixels these are.
    """

    people: Sequence[str]
    true_mm: np.ndarray
    predicted_mm: np.ndarray
    common: CommonFace

    def image_of(self, values: np.ndarray) -> np.ndarray:
        """(H, W) float32 image of (P,) values; NaN where there is none."""
        image = np.full(self.common.inside.shape, np.nan, np.float32)
        image[self.common.inside] = values
        return image


def deviations(people: Sequence[str], truths: np.ndarray, predictions: np.ndarray, common: CommonFace) -> Deviations:
    """Take from each truth the mean of the other people, and from each prediction the mean of all.

    Args:
        people: Subject ids.
        truths: (people, P) aligned millimetres, NaN where not known.
        predictions: (people, P), likewise.
        common: Its ``inside`` says which pixels these are.
    """
    known = np.isfinite(truths) & np.isfinite(predictions)
    known &= (known.mean(axis=0) >= MIN_SHARE) & (known.sum(axis=0) >= MIN_PEOPLE)
    truths, predictions = np.where(known, truths, np.nan), np.where(known, predictions, np.nan)
    count = known.sum(axis=0)
    # T - (sum - T) / (n - 1) = (T - mean) n / (n - 1)
    others = np.divide(count, count - 1, out=np.zeros(count.shape), where=count > 1)
    true_mm, predicted_mm = (truths - _mean(truths)) * others, predictions - _mean(predictions)
    return Deviations(people, true_mm.astype(np.float32), predicted_mm.astype(np.float32), common)


def recovered_identity(
    found: Deviations, regions: Mapping[str, np.ndarray], bootstrap_samples: int, seed: int
) -> dict[str, Any]:
    """The figures over all pixels and people, and by region.

    Args:
        found: Result of :func:`deviations`.
        regions: (H, W) bool masks by name.
        bootstrap_samples: Resamples of people; the maps stay as they are.
        seed: Random seed for the resampling.

    Returns:
        ``people``, ``pixels``, ``r2``, ``slope``, ``correlation``, each of the three with its ``…_ci95``, and
        ``by_region``: the three by name. None where there is nothing to say.
    """
    sums = _sums(found, found.common.inside)
    people = len(sums)
    drawn = np.random.default_rng(seed).multinomial(people, np.full(people, 1 / people), bootstrap_samples) @ sums
    resampled = _figures(drawn)
    return {
        "people": people,
        "pixels": int(np.isfinite(found.true_mm).any(axis=0).sum()),
        **_single(sums.sum(axis=0)),
        **{f"{name}_ci95": _interval(resampled[name]) for name in FIGURES},
        "by_region": {name: _single(_sums(found, mask).sum(axis=0)) for name, mask in regions.items()},
    }


def identity_of_people(found: Deviations) -> dict[str, dict[str, float | None]]:
    """The three figures of each person alone, over pixels; None where there is nothing to say."""
    sums = _sums(found, found.common.inside)
    return {person: _single(of_person) for person, of_person in zip(found.people, sums, strict=True)}


def _sums(found: Deviations, mask: np.ndarray) -> np.ndarray:
    """(people, 3): sum of t^2, of t p and of p^2 inside a mask."""
    counted = mask[found.common.inside]
    true = np.nan_to_num(found.true_mm[:, counted].astype(np.float64))
    predicted = np.nan_to_num(found.predicted_mm[:, counted].astype(np.float64))
    return np.stack([(true * true).sum(1), (true * predicted).sum(1), (predicted * predicted).sum(1)], axis=1)


def _figures(sums: np.ndarray) -> dict[str, np.ndarray]:
    """The three figures from (…, 3) sums; NaN where t does not vary, correlation 0 where p does not."""
    true, both, predicted = np.moveaxis(sums, -1, 0)
    with np.errstate(invalid="ignore", divide="ignore"):
        spread = np.sqrt(true * predicted)
        return {
            "r2": 1 - (true - 2 * both + predicted) / true,
            "slope": both / true,
            "correlation": np.where((predicted > 0) | (true == 0), both / spread, 0.0),
        }


def _single(sums: np.ndarray) -> dict[str, float | None]:
    figures = {name: float(value) for name, value in _figures(sums).items()}
    return {name: value if np.isfinite(value) else None for name, value in figures.items()}


def _interval(values: np.ndarray) -> list[float] | None:
    if not np.isfinite(values).all():
        return None
    low, high = np.quantile(values, [0.025, 0.975])
    return [float(low), float(high)]
