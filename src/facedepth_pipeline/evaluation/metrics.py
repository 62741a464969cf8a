"""Error of a predicted depth map: every figure the project prints is defined here.

``valid`` is where the scanner saw a surface, ``inner`` is ``valid`` without a margin of ``erosion_px``: a rim that is
off by a pixel is an error of the mask, not of the depth. e is prediction less truth, in millimetres.

* ``mae_mm``, ``rmse_mm``: mean of abs(e), root of the mean of e squared, over ``valid`` (equation 5 of the paper).
* ``mae_mm_eroded``, ``rmse_mm_eroded``: the same over ``inner``.
* ``bias_mm``, ``p95_mm``: mean of e; 95th percentile of abs(e), over ``inner``.
* ``mae_mm_shift_aligned``, ``rmse_mm_shift_aligned``: of e less its mean over ``inner``: only the offset is forgiven.
* ``within_1mm``, ``within_2mm``, ``within_3mm``: share of ``inner`` where abs(e) is at most that.
* ``normal_angle_deg``: mean angle between the normals of the prediction and of the smoothed truth, over ``inner``.
* ``mae_mm_nose`` and so on: mean of abs(e) over ``inner`` in a region, see ``regions``.
* ``nose_protrusion_error_mm``, ``nose_protrusion_bias_mm``: of the nose's height over its sides, unsigned and signed.
* ``fiducial_mae_mm``: mean of abs(e) at the 25 marked points, where the set has them.
* ``mae_normalized``, ``rmse_normalized``: over the whole image, background -1, in units of depth_normalized (40.8 mm).

The last two are what papers without a mask report; they are mostly about the silhouette.
"""

import numpy as np
from scipy import ndimage

from facedepth_pipeline.depth import DepthMap, normalize_depth, surface_normals
from facedepth_pipeline.evaluation.regions import (
    REGIONS,
    FacePoints,
    face_regions,
    fiducial_mae_mm,
    nose_protrusion_mm,
)
from facedepth_pipeline.parameters import Fit

WITHIN_MM = (1, 2, 3)
SMOOTHING_PX = 2.0  # of the truth: one grey level a pixel is a slope of 27 degrees
METRICS = (
    "mae_mm",
    "rmse_mm",
    "mae_mm_eroded",
    "rmse_mm_eroded",
    "bias_mm",
    "p95_mm",
    "mae_mm_shift_aligned",
    "rmse_mm_shift_aligned",
    *(f"within_{limit}mm" for limit in WITHIN_MM),
    "normal_angle_deg",
    *(f"mae_mm_{region}" for region in REGIONS),
    "nose_protrusion_error_mm",
    "nose_protrusion_bias_mm",
    "fiducial_mae_mm",
    "mae_normalized",
    "rmse_normalized",
)


def mae_mm(predicted_mm: np.ndarray, target_mm: np.ndarray, valid: np.ndarray) -> float:
    """Mean absolute error over valid pixels.

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
    return _root_mean_square(_valid_error(predicted_mm, target_mm, valid))


def _root_mean_square(error: np.ndarray) -> float:
    return float(np.sqrt(np.mean(np.square(error))))


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


def normal_angle_deg(predicted_mm: np.ndarray, truth: DepthMap, inside: np.ndarray) -> float:
    """Mean angle between the normals of a prediction and those of the truth, smoothed by 2 px; degrees.

    Args:
        predicted_mm: (H, W) predicted depth, millimetres, taken as it is.
        truth: Its quantisation alone would be an angle, so it is smoothed inside its mask.
        inside: (H, W) bool, where to average.
    """
    weight = truth.valid.astype(np.float64)
    summed = ndimage.gaussian_filter(truth.depth_mm * weight, SMOOTHING_PX)
    coverage = ndimage.gaussian_filter(weight, SMOOTHING_PX)
    smooth_mm = np.divide(summed, coverage, out=np.zeros_like(summed), where=truth.valid)
    normals = [
        surface_normals(DepthMap(depth_mm.astype(np.float32), truth.valid, truth.pitch))[inside].astype(np.float64)
        for depth_mm in (predicted_mm, smooth_mm)
    ]
    # from the distance between the tips: the arc cosine of a dot product has no digits left near 0
    chord = np.linalg.norm(normals[0] - normals[1], axis=-1)
    return float(np.degrees(2 * np.arcsin(np.clip(chord / 2, 0, 1))).mean())


def image_metrics(
    predicted_mm: np.ndarray,
    truth: DepthMap,
    erosion_px: int,
    points: FacePoints,
    fiducials_px: np.ndarray | None = None,
    fit: Fit = "stretch",
) -> dict[str, float]:
    """All figures of one image.

    Args:
        predicted_mm: (H, W) predicted depth at every pixel, millimetres.
        truth: What the scanner saw.
        erosion_px: Margin that ``inner`` leaves out.
        points: Of this face, for regions and nose.
        fiducials_px: (25, 2) marked points in the 751x501 frame, or None.
        fit: How the frame became the image; matters for fiducials alone.

    Returns:
        METRICS. A figure is NaN where this image cannot say it: no fiducials, no pixel of a region, a hole beside
        the nose.

    Raises:
        ValueError: If shapes differ, a mask is empty, or the prediction is not finite.
    """
    inner = _eroded(truth.valid, erosion_px)
    error = _valid_error(predicted_mm, truth.depth_mm, inner)
    aligned = error - error.mean()
    everywhere = np.ones_like(truth.valid)
    predicted_normalized = normalize_depth(predicted_mm, everywhere)
    target_normalized = normalize_depth(truth.depth_mm, truth.valid)
    absolute = np.abs(predicted_mm.astype(np.float64) - truth.depth_mm)
    regions = face_regions(points, truth.pitch, truth.depth_mm.shape)
    nose_error = nose_protrusion_mm(predicted_mm - truth.depth_mm, truth, points)  # it is linear in depth
    return {
        "mae_mm": mae_mm(predicted_mm, truth.depth_mm, truth.valid),
        "rmse_mm": rmse_mm(predicted_mm, truth.depth_mm, truth.valid),
        "mae_mm_eroded": float(np.abs(error).mean()),
        "rmse_mm_eroded": _root_mean_square(error),
        "bias_mm": float(error.mean()),
        "p95_mm": float(np.quantile(np.abs(error), 0.95)),
        "mae_mm_shift_aligned": float(np.abs(aligned).mean()),
        "rmse_mm_shift_aligned": _root_mean_square(aligned),
        **{f"within_{limit}mm": float((np.abs(error) <= limit).mean()) for limit in WITHIN_MM},
        "normal_angle_deg": normal_angle_deg(predicted_mm, truth, inner),
        **{f"mae_mm_{region}": _mean_inside(absolute, regions[region] & inner) for region in REGIONS},
        "nose_protrusion_error_mm": abs(nose_error),
        "nose_protrusion_bias_mm": nose_error,
        "fiducial_mae_mm": (
            float("nan") if fiducials_px is None else fiducial_mae_mm(predicted_mm, truth, fiducials_px, fit)
        ),
        "mae_normalized": mae_mm(predicted_normalized, target_normalized, everywhere),
        "rmse_normalized": rmse_mm(predicted_normalized, target_normalized, everywhere),
    }


def _eroded(valid: np.ndarray, erosion_px: int) -> np.ndarray:
    if erosion_px == 0:
        return valid
    square = ndimage.generate_binary_structure(2, 2)
    inner = np.asarray(ndimage.binary_erosion(valid, square, iterations=erosion_px), bool)
    if valid.any() and not inner.any():
        raise ValueError(f"No valid pixel is left {erosion_px} pixels from the rim: lower evaluate.erosion_px.")
    return inner


def _mean_inside(values: np.ndarray, mask: np.ndarray) -> float:
    return float(values[mask].mean()) if mask.any() else float("nan")
