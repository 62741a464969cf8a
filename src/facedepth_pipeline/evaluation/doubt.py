"""Is a generator wrong where it is unsure? Spread of its samples against its errors, on held-out people.

Spread is the standard deviation over dropout samples and a mirrored look, see
:mod:`facedepth_pipeline.generator.prediction`.
Were it calibrated, the root mean square error at pixels of spread s would be s, and 95 % of errors lie within 2 s.
"""

from collections.abc import Callable, Iterable
from typing import Any

import numpy as np
import pandas as pd
from scipy import stats

from facedepth_pipeline.data.pairs import Pair
from facedepth_pipeline.evaluation.statistics import bootstrap_interval

BINS = 10


def check_doubt(
    pairs: Iterable[Pair],
    sample_depth_mm: Callable[[np.ndarray], np.ndarray],
    bootstrap_samples: int,
    seed: int,
) -> dict[str, Any]:
    """Compare spread and error inside the true masks.

    Args:
        pairs: Of held-out people.
        sample_depth_mm: From a (256, 256, 3) uint8 photo to (samples, 256, 256) depths in millimetres.
        bootstrap_samples: Resamples of people.
        seed: Of the resampling.

    Returns:
        ``pixel_correlation``: Spearman's, of spread and absolute error over the pixels of an image, mean over people,
        with ``pixel_correlation_ci95``. ``image_correlation``: Spearman's, of mean spread and ``mae_mm`` over images;
        None for fewer than three. ``within_two``: share of pixels whose error is at most twice the spread.
        ``bins``: ``doubt_mm`` and ``rmse_mm`` of the tenths of all pixels by spread. ``per_image``: ``subject_id``,
        ``image_id``, ``doubt_mm``, ``mae_mm``, ``pixel_correlation``. ``samples``.

    Raises:
        ValueError: If there is no pair.
    """
    rows, spreads, errors, samples = [], [], [], 0
    for pair in pairs:
        sampled_mm = sample_depth_mm(pair.photo)
        samples = len(sampled_mm)
        valid = pair.depth_map.valid
        spread = sampled_mm.std(axis=0, ddof=1)[valid]
        error = np.abs(sampled_mm.mean(axis=0) - pair.depth_map.depth_mm)[valid]
        rows.append(
            {
                "subject_id": pair.subject_id,
                "image_id": pair.image_id,
                "doubt_mm": float(spread.mean()),
                "mae_mm": float(error.mean()),
                "pixel_correlation": _spearman(spread, error),
            }
        )
        spreads.append(spread)
        errors.append(error)
    if not rows:
        raise ValueError(
            "There is no pair of a test subject: nothing can be said of doubt. Look at split.test_subjects."
        )
    by_person = pd.DataFrame(rows).groupby("subject_id")["pixel_correlation"].mean().tolist()
    spread, error = np.concatenate(spreads), np.concatenate(errors)
    return {
        "samples": samples,
        "images": len(rows),
        "subjects": len(by_person),
        "pixel_correlation": float(np.mean(by_person)),
        "pixel_correlation_ci95": bootstrap_interval(by_person, bootstrap_samples, seed),
        "image_correlation": (
            _spearman(np.array([row["doubt_mm"] for row in rows]), np.array([row["mae_mm"] for row in rows]))
            if len(rows) > 2
            else None
        ),
        "within_two": float((error <= 2 * spread).mean()),
        "bins": _bins(spread, error),
        "per_image": rows,
    }


def _spearman(one: np.ndarray, other: np.ndarray) -> float:
    """0 where one of them does not vary: it says nothing of the other."""
    if np.ptp(one) == 0 or np.ptp(other) == 0:
        return 0.0
    return float(stats.spearmanr(one, other).statistic)


def _bins(spread: np.ndarray, error: np.ndarray) -> list[dict[str, float]]:
    tenths = np.array_split(np.argsort(spread, kind="stable"), BINS)
    return [
        {"doubt_mm": float(spread[tenth].mean()), "rmse_mm": float(np.sqrt(np.mean(error[tenth] ** 2)))}
        for tenth in tenths
        if len(tenth)
    ]
