"""Where a face is measured, and the shift and tilts that are forgiven there.

A photo does not say how far away a face is, and hardly where it looks: a degree of tilt is a millimetre at the cheek.
``mae_mm_aligned`` and recovered identity are therefore taken after the rigid alignment that fits best: a shift in z and
tilts about x and y. Size is never fitted: a face that is too flat stays too flat.
"""

import numpy as np

from facedepth_pipeline.data.texas.fiducials import NOSE_TIP
from facedepth_pipeline.depth import DepthMap, PixelPitch, fit_points
from facedepth_pipeline.parameters import Fit

REACH_MM = 75.0  # from the nose tip, in x and y
NOSE_FROM_MIDDLE_MM = 40.0
OUTLIER_MM = 3.0
MAX_ROUNDS = 50
CONVERGED_MM = 1e-6


def nose_tip_px(truth: DepthMap, fiducials_px: np.ndarray | None, fit: Fit) -> tuple[float, float]:
    """Place of the nose tip, (x, y) in pixels of the image.

    Args:
        truth: The nearest of its points within 40 mm of the middle of the frame is taken where no point is marked.
        fiducials_px: (25, 2) marked points in pixels of the 751x501 frame, or None.
        fit: How the frame became the image.

    Raises:
        ValueError: If no point is marked and the truth has no surface near the middle.
    """
    if fiducials_px is not None:
        x_px, y_px = fit_points(fiducials_px[NOSE_TIP], fit)
        return float(x_px), float(y_px)
    height, width = truth.depth_mm.shape
    middle = (width - 1) / 2, (height - 1) / 2
    central = truth.valid & (_distance_mm(truth, middle) <= NOSE_FROM_MIDDLE_MM)
    if not central.any():
        raise ValueError(
            f"The truth has no surface within {NOSE_FROM_MIDDLE_MM:.0f} mm of the middle of the frame, so its nose tip "
            "is unknown: expected a face in the middle, or marked points."
        )
    row, column = np.unravel_index(np.where(central, truth.depth_mm, -np.inf).argmax(), central.shape)
    return float(column), float(row)


def within_reach(inner: np.ndarray, truth: DepthMap, tip_px: tuple[float, float]) -> np.ndarray:
    """The part of a mask within 75 mm of the nose tip, in x and y.

    Args:
        inner: (H, W) bool, the mask without its rim.
        truth: Its pitch tells millimetres.
        tip_px: The nose tip, (x, y) in pixels.

    Returns:
        (H, W) bool.
    """
    return inner & (_distance_mm(truth, tip_px) <= REACH_MM)


def _distance_mm(truth: DepthMap, from_px: tuple[float, float]) -> np.ndarray:
    rows, columns = np.indices(truth.depth_mm.shape)
    return np.hypot((columns - from_px[0]) * truth.pitch.x_mm, (rows - from_px[1]) * truth.pitch.y_mm)


def align_depth(predicted_mm: np.ndarray, target_mm: np.ndarray, inside: np.ndarray, pitch: PixelPitch) -> np.ndarray:
    """A prediction after the shift in z and the tilts about x and y that bring it nearest to a target.

    A height field that turns by a small angle gains a plane, so the motion is fitted as one:
    ``target - predicted ~ a + b x + c y``. Robustly: least squares are repeated with the Cauchy weights
    ``1 / (1 + (residual / 3 mm)^2)`` of the residuals before, so that a patch that is wrong by centimetres does not
    bend the fit. There is no scale.

    Args:
        predicted_mm: (H, W) millimetres; not looked at outside of ``inside``.
        target_mm: (H, W) millimetres, likewise.
        inside: (H, W) bool, where to fit.
        pitch: Millimetres per pixel.

    Returns:
        (H, W) float64 millimetres: the prediction plus the plane, at every pixel.

    Raises:
        ValueError: If there is no pixel to fit, or a value there is not finite.
    """
    residual = target_mm[inside].astype(np.float64) - predicted_mm[inside]
    if not residual.size:
        raise ValueError("There is no pixel to align on: prediction and truth do not overlap near the nose tip.")
    if not np.isfinite(residual).all():
        raise ValueError("The prediction or the target is NaN or infinite where they are to be aligned.")
    x_mm, y_mm = _from_middle_mm(inside.shape, pitch)
    shift, tilt_x, tilt_y = _fit_plane(x_mm[inside], y_mm[inside], residual)
    return predicted_mm + (shift + tilt_x * x_mm + tilt_y * y_mm)


def _from_middle_mm(shape: tuple[int, ...], pitch: PixelPitch) -> tuple[np.ndarray, np.ndarray]:
    """Place of each pixel along x and y in millimetres from the middle of the image, y downward; (H, W) each."""
    rows, columns = np.indices(shape)
    return (columns - (shape[1] - 1) / 2) * pitch.x_mm, (rows - (shape[0] - 1) / 2) * pitch.y_mm


def _fit_plane(x_mm: np.ndarray, y_mm: np.ndarray, residual: np.ndarray) -> np.ndarray:
    """(3,) coefficients of 1, x and y; the arguments are (P,) millimetres."""
    terms = (np.ones_like(residual), x_mm, y_mm)
    weights, fitted = np.ones_like(residual), np.full_like(residual, np.inf)
    for _ in range(MAX_ROUNDS):
        weighted = [weights * term for term in terms]
        # sums and no matrix products: these would set all threads of BLAS on three numbers
        squares = np.array([[np.sum(one * other) for other in terms] for one in weighted])
        coefficients = np.linalg.lstsq(squares, np.array([np.sum(one * residual) for one in weighted]))[0]
        before, fitted = fitted, coefficients[0] + coefficients[1] * x_mm + coefficients[2] * y_mm
        if np.abs(fitted - before).max() < CONVERGED_MM:
            break
        weights = 1 / (1 + np.square((residual - fitted) / OUTLIER_MM))
    return coefficients
