"""From figures of images to a figure with an interval: subjects are what was sampled, not images."""

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from facedepth_pipeline.evaluation.metrics import METRICS

WITH_INTERVAL = ("mae_mm", "rmse_mm", "mae_mm_shift_aligned", "mae_mm_aligned", "normal_angle_deg", "roughness")

Interval = list[float]  # low and high


def average_by_subject(per_image: pd.DataFrame) -> pd.DataFrame:
    """Mean of each figure over a subject's images, for each predictor; images that cannot say a figure do not count.

    Args:
        per_image: Columns ``predictor``, ``subject_id``, ``image_id`` and METRICS.

    Returns:
        One row a predictor and subject, with ``images`` and METRICS.
    """
    groups = per_image.groupby(["predictor", "subject_id"], sort=True)
    means = groups[list(METRICS)].mean()
    means.insert(0, "images", groups.size())
    return means.reset_index()


def bootstrap_interval(values: Sequence[float], samples: int, seed: int) -> Interval | None:
    """95 % interval of the mean, by resampling subjects with replacement (percentile bootstrap).

    Args:
        values: One figure a subject.
        samples: Number of resamples.
        seed: Of the resampling.

    Returns:
        The 2.5 % and the 97.5 % quantile of the resampled means; None for a single subject, where
        there is nothing to say about other people.
    """
    array = np.asarray(values, np.float64)
    if len(array) < 2:
        return None
    rng = np.random.default_rng(seed)
    means = array[rng.integers(0, len(array), (samples, len(array)))].mean(axis=1)
    low, high = np.quantile(means, [0.025, 0.975])
    return [float(low), float(high)]


def summarize(per_subject: pd.DataFrame, samples: int, seed: int) -> dict[str, dict[str, Any]]:
    """Mean over subjects of each figure for each predictor; None where no subject can say it.

    The figures WITH_INTERVAL have a ``<name>_ci95`` beside them: [low, high], None for a single subject.
    """
    summary = {}
    for predictor, rows in per_subject.groupby("predictor", sort=True):
        figures: dict[str, Any] = {name: _mean_or_none(rows[name]) for name in METRICS}
        for name in WITH_INTERVAL:
            figures[f"{name}_ci95"] = bootstrap_interval(rows[name].dropna().tolist(), samples, seed)
        summary[str(predictor)] = figures
    return summary


def paired_difference(
    per_subject: pd.DataFrame, predictor: str, other: str, samples: int, seed: int, metric: str = "mae_mm"
) -> dict[str, Any]:
    """How much larger a figure of one predictor is than that of another, on the same subjects.

    Returns:
        ``difference`` (below 0: the first is better, for errors), its ``ci95`` ([low, high], None for a single
        subject) and ``subjects``.

    Raises:
        ValueError: If the two were not measured on the same subjects.
    """
    table = per_subject.pivot(index="subject_id", columns="predictor", values=metric)[[predictor, other]]
    if table.isna().any(axis=None):
        missing = sorted(table.index[table.isna().any(axis=1)])
        raise ValueError(f"{predictor} and {other} must be measured on the same subjects; not both are on {missing}.")
    differences = (table[predictor] - table[other]).tolist()
    return {
        "difference": float(np.mean(differences)),
        "ci95": bootstrap_interval(differences, samples, seed),
        "subjects": len(differences),
    }


def _mean_or_none(values: pd.Series) -> float | None:
    mean = float(values.mean())
    return None if math.isnan(mean) else mean
