"""Run predictors over test pairs and bring their errors together."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd

from facedepth_pipeline.data.pairs import Pair, Pairs
from facedepth_pipeline.depth import PixelPitch
from facedepth_pipeline.evaluation.identity import (
    FIGURES,
    CommonFace,
    Deviations,
    IdentityRecorder,
    Measured,
    find_common_face,
    identity_of_people,
    recovered_identity,
)
from facedepth_pipeline.evaluation.metrics import image_metrics, measured_place
from facedepth_pipeline.evaluation.regions import FacePoints, face_regions, points_of_face
from facedepth_pipeline.evaluation.statistics import average_by_subject, paired_difference, summarize
from facedepth_pipeline.parameters import EvaluateParameters

GENERATOR = "generator"
ON_PIXELS_OF = "@"  # generator@mediapipe: the generator, on the images and pixels that mediapipe covers

Predictor = Callable[[Pair], np.ndarray]
ForeignPredictor = Callable[[Pair], np.ndarray | None]


@dataclass(frozen=True, eq=False)
class Protocol:
    """Where and how errors are taken.

    Attributes:
        erosion_px: Margin of the figures of the inner face.
        points: Points of a face without fiducials.
        fiducials_px: (25, 2) marked points in the frame by image_id, where there are any.
    """

    erosion_px: int
    points: FacePoints
    fiducials_px: Mapping[str, np.ndarray] = field(default_factory=dict)

    def place_of(self, pair: Pair) -> np.ndarray:
        """(H, W) bool, where the aligned figures of a pair are taken."""
        marked = self.fiducials_px.get(pair.image_id)
        return measured_place(pair.depth_map, self.erosion_px, marked, pair.fit)

    def figures_of(self, pair: Pair, predicted_mm: np.ndarray) -> dict[str, float]:
        """METRICS of (H, W) millimetres, NaN where there is no prediction."""
        marked = self.fiducials_px.get(pair.image_id)
        points = points_of_face(marked, pair.fit, self.points)
        return image_metrics(predicted_mm, pair.depth_map, self.erosion_px, points, marked, pair.fit)


@dataclass(frozen=True, eq=False)
class Scores:
    """What was measured.

    Attributes:
        per_image: One row for each predictor and image: predictor, subject_id, image_id and METRICS. A predictor
            ``generator@mediapipe`` is the generator on the images and pixels alone that ``mediapipe`` covers.
        identities: What sets each person apart, by predictor; None for fewer than three people.
        missing: Ids of the images that a method from elsewhere lacks, by its name.
        regions: (H, W) bool masks by name, for identity by region.
    """

    per_image: pd.DataFrame
    identities: Mapping[str, Deviations | None]
    missing: Mapping[str, Sequence[str]]
    regions: Mapping[str, np.ndarray]


def score_predictors(
    test_pairs: Pairs,
    predictors: Mapping[str, Predictor],
    protocol: Protocol,
    foreign: Mapping[str, ForeignPredictor] | None = None,
    progress: Callable[[Pairs], Any] = iter,
) -> Scores:
    """Error of every predictor on every test pair.

    Args:
        test_pairs: Pairs of held-out people.
        predictors: By name; from a test pair, of which the truth is not looked at, to (H, W) depth in millimetres.
        protocol: Rules by which errors are taken.
        foreign: Methods from elsewhere, likewise, which may leave out pixels (NaN) and images (None). Every other
            predictor is measured once more on what each of them covers.
        progress: Wraps the pairs, for a progress bar.

    Raises:
        ValueError: If there is no test pair, or a figure is undefined; the message names the image.
    """
    if not len(test_pairs):
        raise ValueError("There is no pair of a test subject: nothing can be measured. Look at split.test_subjects.")
    pitch = test_pairs[0].depth_map.pitch
    recording = _Recording(_common_face(test_pairs, protocol, pitch))
    missing: dict[str, list[str]] = {name: [] for name in foreign or {}}
    for pair in progress(test_pairs):
        place = protocol.place_of(pair)
        own = {name: _finite(name, predictor(pair), pair) for name, predictor in predictors.items()}
        predictions = dict(own)
        for name, predict in (foreign or {}).items():
            predicted_mm = predict(pair)
            if predicted_mm is None or not np.isfinite(predicted_mm[place]).any():
                missing[name].append(pair.image_id)
                continue
            predictions[name] = predicted_mm
            predictions |= {on_pixels_of(which, name): _covered(own[which], predicted_mm) for which in own}
        for name, depth_mm in predictions.items():
            recording.add(name, pair, depth_mm, place, protocol)
    return Scores(
        pd.DataFrame(recording.rows),
        recording.identities(),
        missing,
        face_regions(protocol.points, pitch, test_pairs[0].depth_map.valid.shape),
    )


def on_pixels_of(predictor: str, foreign: str) -> str:
    """The name of a predictor that is measured on what a method from elsewhere covers."""
    return f"{predictor}{ON_PIXELS_OF}{foreign}"


def _finite(name: str, depth_mm: np.ndarray, pair: Pair) -> np.ndarray:
    if not np.isfinite(depth_mm).all():
        raise ValueError(
            f"{name} on image {pair.image_id} of subject {pair.subject_id}: the prediction is NaN or infinite; "
            "expected a depth at every pixel."
        )
    return depth_mm


def _covered(depth_mm: np.ndarray, by_mm: np.ndarray) -> np.ndarray:
    return np.where(np.isfinite(by_mm), depth_mm, np.nan)


def _common_face(test_pairs: Pairs, protocol: Protocol, pitch: PixelPitch) -> CommonFace | None:
    truths = (Measured(pair.subject_id, pair.depth_map.depth_mm, protocol.place_of(pair)) for pair in test_pairs)
    return find_common_face(truths, pitch)


class _Recording:
    """Rows and identities, filled image by image."""

    def __init__(self, common: CommonFace | None) -> None:
        self._common = common
        self._recorders: dict[str, IdentityRecorder] = {}
        self.rows: list[dict[str, Any]] = []

    def add(self, name: str, pair: Pair, depth_mm: np.ndarray, place: np.ndarray, protocol: Protocol) -> None:
        try:
            figures = protocol.figures_of(pair, depth_mm)
        except ValueError as error:
            raise ValueError(f"{name} on image {pair.image_id} of subject {pair.subject_id}: {error}") from error
        self.rows.append({"predictor": name, "subject_id": pair.subject_id, "image_id": pair.image_id, **figures})
        if self._common is not None:
            recorder = self._recorders.setdefault(name, IdentityRecorder(self._common))
            recorder.add(pair.subject_id, pair.depth_map.depth_mm, depth_mm, place & np.isfinite(depth_mm))

    def identities(self) -> dict[str, Deviations | None]:
        names = dict.fromkeys(row["predictor"] for row in self.rows)
        return {name: self._recorders[name].deviations() if name in self._recorders else None for name in names}


def summarize_scores(scores: Scores, parameters: EvaluateParameters) -> tuple[pd.DataFrame, dict[str, Any]]:
    """Average by image, then subject, then over subjects.

    Returns:
        The table by subject, with the identity of each, and ``depth_metrics``: the generator's figures, ``subjects``,
        ``images``, ``images_with_fiducials``, ``erosion_px``, and ``baselines`` with the same figures by name and
        ``generator_difference`` and ``generator_difference_aligned``: how much larger the generator's ``mae_mm`` and
        ``mae_mm_aligned`` are, paired by subject. A method from elsewhere also has ``images``, ``images_missing`` and
        ``on_same_pixels``: the figures of the other predictors on what it covers, where its differences are taken too.
    """
    samples, seed = parameters.bootstrap_samples, parameters.seed
    per_subject = _with_identity(average_by_subject(scores.per_image), scores.identities)
    summary = summarize(per_subject, samples, seed)
    for name, found in scores.identities.items():
        summary[name]["recovered_identity"] = found and recovered_identity(found, scores.regions, samples, seed)
    baselines = {name: figures for name, figures in summary.items() if name != GENERATOR and ON_PIXELS_OF not in name}
    for name, figures in baselines.items():
        generator = GENERATOR
        if name in scores.missing:
            generator = on_pixels_of(GENERATOR, name)
            figures |= _about_foreign(name, scores, summary)
        for key, metric in (("generator_difference", "mae_mm"), ("generator_difference_aligned", "mae_mm_aligned")):
            figures[key] = paired_difference(per_subject, generator, name, samples, seed, metric)
    rows = scores.per_image[scores.per_image["predictor"] == GENERATOR]
    return per_subject, summary[GENERATOR] | {
        "subjects": int(rows["subject_id"].nunique()),
        "images": len(rows),
        "images_with_fiducials": int(rows["fiducial_mae_mm"].notna().sum()),
        "erosion_px": parameters.erosion_px,
        "baselines": baselines,
    }


def on_all_pixels(metrics: Mapping[str, Any]) -> dict[str, Mapping[str, Any]]:
    """From ``depth_metrics``, the figures of the generator and of the baselines that cover every pixel, by name."""
    own = {name: figures for name, figures in metrics["baselines"].items() if "on_same_pixels" not in figures}
    return {GENERATOR: metrics, **own}


def _about_foreign(name: str, scores: Scores, summary: Mapping[str, Any]) -> dict[str, Any]:
    rows = scores.per_image[scores.per_image["predictor"] == name]
    ending = on_pixels_of("", name)
    return {
        "images": len(rows),
        "subjects": int(rows["subject_id"].nunique()),
        "images_missing": list(scores.missing[name]),
        "on_same_pixels": {
            other.removesuffix(ending): figures for other, figures in summary.items() if other.endswith(ending)
        },
    }


def _with_identity(per_subject: pd.DataFrame, identities: Mapping[str, Deviations | None]) -> pd.DataFrame:
    """The table with ``identity_r2``, ``identity_slope`` and ``identity_correlation`` of each person."""
    people = {name: {} if found is None else identity_of_people(found) for name, found in identities.items()}
    keys = list(zip(per_subject["predictor"], per_subject["subject_id"], strict=True))
    columns = {
        f"identity_{figure}": [people.get(name, {}).get(who, {}).get(figure) for name, who in keys]
        for figure in FIGURES
    }
    return per_subject.assign(**{name: pd.Series(values, dtype="float64") for name, values in columns.items()})
