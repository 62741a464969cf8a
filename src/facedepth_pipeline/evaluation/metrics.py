"""Error of a predicted depth map: every figure the project prints is defined here.

``valid`` is where the scanner saw a surface, ``inner`` is ``valid`` without a margin of ``erosion_px``: a rim that is
off by a pixel is an error of the mask, not of the depth. ``near`` is ``inner`` within 75 mm of the nose tip, in x and
y. e is prediction less truth, in millimetres. Where a prediction has a hole nothing is measured, and ``coverage`` says
how much of ``near`` is left.

* ``mae_mm_aligned``: mean of abs(e) over ``near``, after the shift in z and the tilts about x and y that fit best
  there, see :mod:`~facedepth_pipeline.evaluation.alignment`; no scale.
* ``normal_angle_deg``: mean angle between the normals of the aligned prediction and of the smoothed truth, over
  ``near``.
* ``roughness``: mean absolute ripple of the prediction over that of the truth, over ``near``, see
  :mod:`~facedepth_pipeline.evaluation.roughness`.
* ``coverage``: share of ``near`` that has a prediction.

* ``mae_mm``, ``rmse_mm``: mean of abs(e), root of the mean of e squared, over ``valid`` (equation 5 of the paper).
* ``mae_mm_eroded``, ``rmse_mm_eroded``: the same over ``inner``.
* ``bias_mm``, ``p95_mm``: mean of e; 95th percentile of abs(e), over ``inner``.
* ``mae_mm_shift_aligned``, ``rmse_mm_shift_aligned``: of e less its mean over ``inner``: only the offset is forgiven.
* ``within_1mm``, ``within_2mm``, ``within_3mm``: share of ``inner`` where abs(e) is at most that.
* ``mae_mm_nose`` and so on: mean of abs(e) over ``inner`` in a region, see ``regions``.
* ``nose_protrusion_error_mm``, ``nose_protrusion_bias_mm``: of the nose's height over its sides, unsigned and signed.
* ``fiducial_mae_mm``: mean of abs(e) at the 25 marked points, where the set has them.
* ``mae_normalized``, ``rmse_normalized``: over the whole image, background and holes -1, in units of
  depth_normalized (40.8 mm).

The last two are what papers without a mask report; they are mostly about the silhouette.
"""

import numpy as np
from scipy import ndimage

from facedepth_pipeline.depth import DepthMap, normalize_depth, surface_normals
from facedepth_pipeline.evaluation.alignment import align_depth, nose_tip_px, within_reach
from facedepth_pipeline.evaluation.regions import (
    REGIONS,
    FacePoints,
    face_regions,
    fiducial_mae_mm,
    nose_protrusion_mm,
)
from facedepth_pipeline.evaluation.roughness import roughness, smooth_inside
from facedepth_pipeline.parameters import Fit

WITHIN_MM = (1, 2, 3)
SMOOTHING_PX = 2.0  # of the truth: one grey level a pixel is a slope of 27 degrees
ALIGNED_METRICS = ("mae_mm_aligned", "normal_angle_deg", "roughness", "coverage")
METRICS = (
    "mae_mm",
    "rmse_mm",
    "mae_mm_eroded",
    "rmse_mm_eroded",
    "bias_mm",
    "p95_mm",
    "mae_mm_shift_aligned",
    "rmse_mm_shift_aligned",
    *ALIGNED_METRICS,
    *(f"within_{limit}mm" for limit in WITHIN_MM),
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
        predicted_mm: (H, W) predicted depth, millimetres, taken as it is; NaN where there is none.
        truth: Its quantisation alone would be an angle, so it is smoothed inside its mask.
        inside: (H, W) bool, where to average; the prediction is known there.
    """
    covered = np.isfinite(predicted_mm) & truth.valid
    surfaces = (
        DepthMap(np.where(covered, predicted_mm, 0).astype(np.float32), covered, truth.pitch),
        DepthMap(smooth_inside(truth, SMOOTHING_PX).astype(np.float32), truth.valid, truth.pitch),
    )
    normals = [surface_normals(surface)[inside].astype(np.float64) for surface in surfaces]
    # from the distance between the tips: the arc cosine of a dot product has no digits left near 0
    chord = np.linalg.norm(normals[0] - normals[1], axis=-1)
    return float(np.degrees(2 * np.arcsin(np.clip(chord / 2, 0, 1))).mean())


def measured_place(
    truth: DepthMap, erosion_px: int, fiducials_px: np.ndarray | None = None, fit: Fit = "stretch"
) -> np.ndarray:
    """``near``: (H, W) bool, the mask of the truth without its rim, within 75 mm of the nose tip.

    Raises:
        ValueError: If nothing is left, or the nose tip cannot be found.
    """
    tip_px = nose_tip_px(truth, fiducials_px, fit)
    near = within_reach(eroded(truth.valid, erosion_px), truth, tip_px)
    if not near.any():
        raise ValueError(
            f"The truth has no surface within 75 mm of the nose tip at x {tip_px[0]:.0f}, y {tip_px[1]:.0f}: expected "
            "the nose tip of the face in the image."
        )
    return near


def aligned_metrics(predicted_mm: np.ndarray, truth: DepthMap, near: np.ndarray) -> dict[str, float]:
    """ALIGNED_METRICS of one image; NaN where the prediction covers nothing of ``near``.

    Args:
        predicted_mm: (H, W) millimetres; NaN where there is no prediction.
        truth: What the scanner saw.
        near: Mask from :func:`measured_place`.
    """
    covered = np.isfinite(predicted_mm)
    measured = near & covered
    if not measured.any():
        return dict.fromkeys(ALIGNED_METRICS, float("nan")) | {"coverage": 0.0}
    aligned_mm = align_depth(predicted_mm, truth.depth_mm, measured, truth.pitch)
    return {
        "mae_mm_aligned": mae_mm(aligned_mm, truth.depth_mm, measured),
        "normal_angle_deg": normal_angle_deg(aligned_mm, truth, measured),
        "roughness": roughness(predicted_mm, covered, truth, near),
        "coverage": float(covered[near].mean()),
    }


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
        predicted_mm: (H, W) predicted depth, millimetres; NaN where there is none.
        truth: What the scanner saw.
        erosion_px: Margin that ``inner`` leaves out.
        points: Of this face, for regions and nose.
        fiducials_px: (25, 2) marked points in the 751x501 frame, or None.
        fit: How the frame became the image; matters for fiducials alone.

    Returns:
        METRICS. A figure is NaN where this image cannot say it: no fiducials, no pixel of a region, a hole beside
        the nose.

    Raises:
        ValueError: If shapes differ, a mask is empty, or the prediction is infinite or covers nothing of a mask.
    """
    covered = ~np.isnan(predicted_mm)
    valid = _covered(truth.valid, covered)
    inner = _covered(eroded(truth.valid, erosion_px), covered)
    error = _valid_error(predicted_mm, truth.depth_mm, inner)
    aligned = error - error.mean()
    everywhere = np.ones_like(truth.valid)
    predicted_normalized = normalize_depth(predicted_mm, covered)
    target_normalized = normalize_depth(truth.depth_mm, truth.valid)
    absolute = np.abs(predicted_mm.astype(np.float64) - truth.depth_mm)
    regions = face_regions(points, truth.pitch, truth.depth_mm.shape)
    nose_error = nose_protrusion_mm(predicted_mm - truth.depth_mm, truth, points)  # it is linear in depth
    return {
        "mae_mm": mae_mm(predicted_mm, truth.depth_mm, valid),
        "rmse_mm": rmse_mm(predicted_mm, truth.depth_mm, valid),
        "mae_mm_eroded": float(np.abs(error).mean()),
        "rmse_mm_eroded": _root_mean_square(error),
        "bias_mm": float(error.mean()),
        "p95_mm": float(np.quantile(np.abs(error), 0.95)),
        "mae_mm_shift_aligned": float(np.abs(aligned).mean()),
        "rmse_mm_shift_aligned": _root_mean_square(aligned),
        **aligned_metrics(predicted_mm, truth, measured_place(truth, erosion_px, fiducials_px, fit)),
        **{f"within_{limit}mm": float((np.abs(error) <= limit).mean()) for limit in WITHIN_MM},
        **{f"mae_mm_{region}": _mean_inside(absolute, regions[region] & inner) for region in REGIONS},
        "nose_protrusion_error_mm": abs(nose_error),
        "nose_protrusion_bias_mm": nose_error,
        "fiducial_mae_mm": (
            float("nan") if fiducials_px is None else fiducial_mae_mm(predicted_mm, truth, fiducials_px, fit)
        ),
        "mae_normalized": mae_mm(predicted_normalized, target_normalized, everywhere),
        "rmse_normalized": rmse_mm(predicted_normalized, target_normalized, everywhere),
    }


def eroded(valid: np.ndarray, erosion_px: int) -> np.ndarray:
    """``inner``: (H, W) bool, a mask without a margin of ``erosion_px``.

    Raises:
        ValueError: If nothing is left of it.
    """
    if erosion_px == 0:
        return valid
    square = ndimage.generate_binary_structure(2, 2)
    inner = np.asarray(ndimage.binary_erosion(valid, square, iterations=erosion_px), bool)
    if valid.any() and not inner.any():
        raise ValueError(f"No valid pixel is left {erosion_px} pixels from the rim: lower evaluate.erosion_px.")
    return inner


def _covered(mask: np.ndarray, covered: np.ndarray) -> np.ndarray:
    if mask.shape == covered.shape and mask.any() and not (mask & covered).any():
        raise ValueError("The prediction is NaN at every pixel of the true mask: there is nothing to measure.")
    return mask & covered if mask.shape == covered.shape else mask


def _mean_inside(values: np.ndarray, mask: np.ndarray) -> float:
    return float(values[mask].mean()) if mask.any() else float("nan")
