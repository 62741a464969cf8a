"""Stripes: the ripple of two to four pixels that networks leave behind where they enlarge, and that every mesh shows.

Ripple is the fourth difference along rows and along columns, (1, -4, 6, -4, 1) / 16: it passes a wave of period 2 px
whole, a quarter of one of period 4 px, a fiftieth of one of period 8 px, and no polynomial up to the third degree.
Stripes are everywhere and edges are few, so its mean absolute value is taken: in a root mean square one pixel of a
silhouette weighs as much as the stripes of a whole face. A face has ripple too, at lids, lips and nostrils, so a
prediction is held against the truth.

The truth is in steps of 0.32 mm, which ripple as well. They are smoothed away, but no depth is moved by more than half
a step: what is finer than a step goes, what is sharper than a step stays.
"""

import numpy as np
from scipy import ndimage

from facedepth_pipeline.depth import MM_PER_GREY_LEVEL, MM_PER_PNG_LEVEL, DepthMap

RIPPLE = np.array([1.0, -4.0, 6.0, -4.0, 1.0]) / 16
SMOOTHING_PX = 1.5
FLOOR_MM = MM_PER_PNG_LEVEL  # ripple of this size is the step in which depth is kept


def ripple_mm(depth_mm: np.ndarray, known: np.ndarray, inside: np.ndarray) -> float:
    """Mean absolute value of the ripple along rows and columns; NaN where it can be taken nowhere.

    Args:
        depth_mm: (H, W) millimetres.
        known: (H, W) bool, where it may be looked at.
        inside: (H, W) bool, where to average. Only pixels count whose next two on all four sides are known.

    Returns:
        Millimetres: A for a checkerboard of -A and A, half of A for stripes.
    """
    filled = np.where(known, depth_mm, 0).astype(np.float64)
    counted = inside & ndimage.binary_erosion(known, _plus(len(RIPPLE)))
    if not counted.any():
        return float("nan")
    return float(np.mean([np.abs(ndimage.correlate1d(filled, RIPPLE, axis)[counted]).mean() for axis in (0, 1)]))


def _plus(size: int) -> np.ndarray:
    """(size, size) bool: the middle row and the middle column."""
    plus = np.zeros((size, size), bool)
    plus[size // 2] = plus[:, size // 2] = True
    return plus


def smooth_inside(depth_map: DepthMap, sigma_px: float) -> np.ndarray:
    """(H, W) float64 depth blurred inside its mask alone, millimetres; 0 where not valid."""
    weight = depth_map.valid.astype(np.float64)
    summed = ndimage.gaussian_filter(depth_map.depth_mm * weight, sigma_px)
    coverage = ndimage.gaussian_filter(weight, sigma_px)
    return np.divide(summed, coverage, out=np.zeros_like(summed), where=depth_map.valid)


def without_steps(truth: DepthMap) -> np.ndarray:
    """(H, W) float64 truth without its quantisation, millimetres: smoothed by at most half a grey level."""
    half = MM_PER_GREY_LEVEL / 2
    return np.clip(smooth_inside(truth, SMOOTHING_PX), truth.depth_mm - half, truth.depth_mm + half)


def roughness(predicted_mm: np.ndarray, covered: np.ndarray, truth: DepthMap, inside: np.ndarray) -> float:
    """Ripple of a prediction, in units of the ripple of the truth; 0.01 mm of both is forgiven.

    ``sqrt(p^2 + 0.01^2) / sqrt(t^2 + 0.01^2)``: about 1 where both are smooth, above 1 where the prediction has
    stripes, below 1 where the truth has details that the prediction has not.

    Args:
        predicted_mm: (H, W) millimetres.
        covered: (H, W) bool, where there is a prediction.
        truth: What the scanner saw.
        inside: (H, W) bool, where to average.

    Returns:
        A ratio; NaN where it can be taken nowhere.
    """
    own = ripple_mm(predicted_mm, covered, inside)
    true = ripple_mm(without_steps(truth), truth.valid, inside)
    return float(np.hypot(own, FLOOR_MM) / np.hypot(true, FLOOR_MM))
