"""Run predictors over test pairs and bring their errors together."""

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import pandas as pd

from facedepth_pipeline.evaluation.metrics import image_metrics
from facedepth_pipeline.evaluation.statistics import average_by_subject, summarize
from facedepth_pipeline.pairs import Pairs
from facedepth_pipeline.parameters import EvaluateParameters

GENERATOR = "generator"

Predictor = Callable[[int], np.ndarray]


def score_predictors(test_pairs: Pairs, predictors: Mapping[str, Predictor], erosion_px: int) -> pd.DataFrame:
    """Error of every predictor on every test pair.

    Args:
        test_pairs: Pairs of held-out people.
        predictors: By name; from the position of a test pair to its (H, W) depth in millimetres.
        erosion_px: Margin of ``mae_mm_eroded``.

    Returns:
        One row a predictor and image: predictor, subject_id, image_id and the figures of
        :func:`~facedepth_pipeline.evaluation.metrics.image_metrics`.
    """
    rows = []
    for position, pair in enumerate(test_pairs):
        for name, predictor in predictors.items():
            figures = image_metrics(predictor(position), pair.depth_map, erosion_px)
            rows.append({"predictor": name, "subject_id": pair.subject_id, "image_id": pair.image_id, **figures})
    return pd.DataFrame(rows)


def summarize_scores(per_image: pd.DataFrame, parameters: EvaluateParameters) -> tuple[pd.DataFrame, dict[str, Any]]:
    """Average by image, then subject, then over subjects.

    Returns:
        The table by subject, and ``depth_metrics``: the generator's figures, ``subjects``,
        ``images``, ``erosion_px``, and ``baselines`` with the same figures by name.
    """
    per_subject = average_by_subject(per_image)
    summary = summarize(per_subject, parameters.bootstrap_samples, parameters.seed)
    metrics = summary.pop(GENERATOR) | {
        "subjects": int(per_image["subject_id"].nunique()),
        "images": int(per_image["image_id"].nunique()),
        "erosion_px": parameters.erosion_px,
        "baselines": summary,
    }
    return per_subject, metrics
