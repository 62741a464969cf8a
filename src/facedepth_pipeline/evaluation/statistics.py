"""From figures of images to a figure with an interval: subjects are what was sampled, not images."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

METRICS = ("mae_mm", "rmse_mm", "mae_mm_eroded", "mae_normalized", "rmse_normalized")


def average_by_subject(per_image: pd.DataFrame) -> pd.DataFrame:
    """Mean of each figure over a subject's images, for each predictor.

    Args:
        per_image: Columns ``predictor``, ``subject_id``, ``image_id`` and METRICS.

    Returns:
        One row a predictor and subject, with ``images`` and METRICS.
    """
    groups = per_image.groupby(["predictor", "subject_id"], sort=True)
    means = groups[list(METRICS)].mean()
    means.insert(0, "images", groups.size())
    return means.reset_index()


def bootstrap_interval(values: Sequence[float], samples: int, seed: int) -> tuple[float, float]:
    """95 % interval of the mean, by resampling subjects with replacement (percentile bootstrap).

    Args:
        values: One figure a subject.
        samples: Number of resamples.
        seed: Of the resampling.

    Returns:
        The 2.5 % and the 97.5 % quantile of the resampled means; equal for a single subject, where
        there is nothing to say about other people.
    """
    rng = np.random.default_rng(seed)
    array = np.asarray(values, np.float64)
    means = array[rng.integers(0, len(array), (samples, len(array)))].mean(axis=1)
    low, high = np.quantile(means, [0.025, 0.975])
    return float(low), float(high)


def summarize(per_subject: pd.DataFrame, samples: int, seed: int) -> dict[str, dict[str, Any]]:
    """Mean over subjects of each figure, with the interval of ``mae_mm``, for each predictor."""
    summary = {}
    for predictor, rows in per_subject.groupby("predictor", sort=True):
        figures: dict[str, Any] = {name: float(rows[name].mean()) for name in METRICS}
        figures["mae_mm_ci95"] = list(bootstrap_interval(rows["mae_mm"].tolist(), samples, seed))
        summary[str(predictor)] = figures
    return summary
