"""Run predictors over test pairs and bring their errors together."""

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import pandas as pd

from facedepth_pipeline.data.pairs import Pair, Pairs
from facedepth_pipeline.evaluation.metrics import image_metrics
from facedepth_pipeline.evaluation.regions import FacePoints, points_of_face
from facedepth_pipeline.evaluation.statistics import average_by_subject, paired_difference, summarize
from facedepth_pipeline.parameters import EvaluateParameters

GENERATOR = "generator"

Predictor = Callable[[Pair], np.ndarray]


def score_predictors(
    test_pairs: Pairs,
    predictors: Mapping[str, Predictor],
    erosion_px: int,
    points: FacePoints,
    fiducials_px: Mapping[str, np.ndarray] | None = None,
    progress: Callable[[Pairs], Any] = iter,
) -> pd.DataFrame:
    """Error of every predictor on every test pair.

    Args:
        test_pairs: Pairs of held-out people.
        predictors: By name; from a test pair, of which the truth is not looked at, to (H, W) depth in millimetres.
        erosion_px: Margin of the figures of the inner face.
        points: Of a face without fiducials.
        fiducials_px: (25, 2) marked points in the frame by image_id, where there are any.
        progress: Wraps the pairs, for a progress bar.

    Returns:
        One row a predictor and image: predictor, subject_id, image_id and the figures of
        :func:`~facedepth_pipeline.evaluation.metrics.image_metrics`.

    Raises:
        ValueError: If there is no test pair, or a figure is undefined; the message names the image.
    """
    if not len(test_pairs):
        raise ValueError("There is no pair of a test subject: nothing can be measured. Look at split.test_subjects.")
    rows = []
    for pair in progress(test_pairs):
        marked = (fiducials_px or {}).get(pair.image_id)
        own_points = points_of_face(marked, pair.fit, points)
        for name, predictor in predictors.items():
            try:
                figures = image_metrics(predictor(pair), pair.depth_map, erosion_px, own_points, marked, pair.fit)
            except ValueError as error:
                raise ValueError(f"{name} on image {pair.image_id} of subject {pair.subject_id}: {error}") from error
            rows.append({"predictor": name, "subject_id": pair.subject_id, "image_id": pair.image_id, **figures})
    return pd.DataFrame(rows)


def summarize_scores(per_image: pd.DataFrame, parameters: EvaluateParameters) -> tuple[pd.DataFrame, dict[str, Any]]:
    """Average by image, then subject, then over subjects.

    Returns:
        The table by subject, and ``depth_metrics``: the generator's figures, ``subjects``, ``images``,
        ``images_with_fiducials``, ``erosion_px``, and ``baselines`` with the same figures by name and
        ``generator_difference``: how much larger the generator's ``mae_mm`` is, paired by subject.
    """
    per_subject = average_by_subject(per_image)
    summary = summarize(per_subject, parameters.bootstrap_samples, parameters.seed)
    own = summary.pop(GENERATOR)
    for name, figures in summary.items():
        figures["generator_difference"] = paired_difference(
            per_subject, GENERATOR, name, parameters.bootstrap_samples, parameters.seed
        )
    rows = per_image[per_image["predictor"] == GENERATOR]
    return per_subject, own | {
        "subjects": int(rows["subject_id"].nunique()),
        "images": len(rows),
        "images_with_fiducials": int(rows["fiducial_mae_mm"].notna().sum()),
        "erosion_px": parameters.erosion_px,
        "baselines": summary,
    }
