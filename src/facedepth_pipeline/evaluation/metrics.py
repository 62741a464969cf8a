"""Error of a predicted depth map. All figures are in millimetres and inside ``valid`` unless named otherwise."""

import numpy as np
from scipy import ndimage

from facedepth_pipeline.depth import DepthMap, normalize_depth


def mae_mm(predicted_mm: np.ndarray, target_mm: np.ndarray, valid: np.ndarray) -> float:
    """Mean absolute error over valid pixels (equation 5 of the paper, in millimetres).

    Args:
        predicted_mm: (H, W) z-depth, millimetres.
        target_mm: (H, W) z-depth of the scanner, millimetres.
        valid: (H, W) bool, True where the scanner saw a surface.

    Raises:
        ValueError: If shapes differ, no pixel is valid, or a valid error is not finite.
    """
    return float(np.mean(np.abs(_valid_error(predicted_mm, target_mm, valid))))


def rmse_mm(predicted_mm: np.ndarray, target_mm: np.ndarray, valid: np.ndarray) -> float:
    """Root of the mean squared error over valid pixels; arguments and errors as in :func:`mae_mm`."""
    return float(np.sqrt(np.mean(np.square(_valid_error(predicted_mm, target_mm, valid)))))


def _valid_error(predicted_mm: np.ndarray, target_mm: np.ndarray, valid: np.ndarray) -> np.ndarray:
    if not predicted_mm.shape == target_mm.shape == valid.shape:
        raise ValueError(
            "predicted_mm, target_mm and valid must share one shape; received "
            f"{predicted_mm.shape}, {target_mm.shape} and {valid.shape}."
        )
    if not valid.any():
        raise ValueError("valid selects no pixel: the error inside an empty mask is undefined.")
    error = predicted_mm[valid].astype(np.float64) - target_mm[valid]
    if not np.isfinite(error).all():
        raise ValueError("The prediction or the target is NaN or infinite inside valid.")
    return error


def image_metrics(predicted_mm: np.ndarray, truth: DepthMap, erosion_px: int) -> dict[str, float]:
    """All figures of one image.

    Args:
        predicted_mm: (H, W) predicted depth at every pixel, millimetres.
        truth: What the scanner saw.
        erosion_px: Margin of ``mae_mm_eroded``: pixels this close to the rim of ``valid`` do not
            count, because a rim that is off by a pixel is an error of the mask, not of the depth.

    Returns:
        ``mae_mm``, ``rmse_mm``, ``mae_mm_eroded`` and, over the whole image with background -1 and
        in units of depth_normalized (1 unit = 40.8 mm), ``mae_normalized`` and ``rmse_normalized``,
        which is what papers without a mask report.
    """
    valid = truth.valid
    structure = ndimage.generate_binary_structure(2, 2)
    eroded = ndimage.binary_erosion(valid, structure, iterations=erosion_px) if erosion_px else valid
    everywhere = np.ones_like(valid)
    predicted_normalized = normalize_depth(predicted_mm, everywhere)
    target_normalized = normalize_depth(truth.depth_mm, valid)
    return {
        "mae_mm": mae_mm(predicted_mm, truth.depth_mm, valid),
        "rmse_mm": rmse_mm(predicted_mm, truth.depth_mm, valid),
        "mae_mm_eroded": mae_mm(predicted_mm, truth.depth_mm, eroded),
        "mae_normalized": mae_mm(predicted_normalized, target_normalized, everywhere),
        "rmse_normalized": rmse_mm(predicted_normalized, target_normalized, everywhere),
    }
