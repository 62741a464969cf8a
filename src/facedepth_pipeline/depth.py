"""Depth maps: units, pixel pitch, resampling, and the way from a pixel to a point.

One convention for the whole project. A depth map is an *orthographic height field* seen along -z:
``depth_mm`` grows toward the camera, and 0 mm lies 81.6 mm behind the nearest grey level of a
Texas range image. It is neither a distance from a camera nor a ray length.

Axes of points and meshes: x right, y up, z toward the camera (right-handed), millimetres, with the
origin of x and y at the centre of the frame.

Source of the scale: Texas 3D Face Recognition Database (Gupta et al., SSIAI 2010), 0.32 mm in x, y
and z, one 8-bit grey level a step in z.
"""

from dataclasses import dataclass
from functools import cache
from typing import NamedTuple

import numpy as np
from scipy import ndimage

from facedepth_pipeline.parameters import Fit

FRAME_HEIGHT_PX = 751
FRAME_WIDTH_PX = 501
MM_PER_GREY_LEVEL = 0.32
MAX_DEPTH_MM = 255 * MM_PER_GREY_LEVEL  # 81.6
IMAGE_SIZE_PX = 256
MM_PER_PNG_LEVEL = 0.01


class PixelPitch(NamedTuple):
    """Millimetres from one pixel centre to the next, along columns (x) and along rows (y)."""

    x_mm: float
    y_mm: float


FRAME_PITCH = PixelPitch(0.32, 0.32)


@dataclass(frozen=True, eq=False)
class DepthMap:
    """A depth map that knows its own scale.

    Attributes:
        depth_mm: (H, W) float32, millimetres, larger is nearer; 0 where not valid.
        valid: (H, W) bool, True where there is a surface.
        pitch: Millimetres per pixel in x and y.

    Raises:
        ValueError: If the shapes differ or are not two-dimensional, or a valid depth is not finite.
    """

    depth_mm: np.ndarray
    valid: np.ndarray
    pitch: PixelPitch

    def __post_init__(self) -> None:
        if self.depth_mm.ndim != 2 or self.depth_mm.shape != self.valid.shape:
            raise ValueError(
                "depth_mm and valid must share one (height, width) shape; received "
                f"{self.depth_mm.shape} and {self.valid.shape}."
            )
        if min(self.pitch) <= 0:
            raise ValueError(f"pitch must be positive in x and y; received {tuple(self.pitch)}.")
        if not np.isfinite(self.depth_mm[self.valid]).all():
            raise ValueError("depth_mm has values inside valid that are not finite (NaN or inf).")


def depth_from_range(range_grey: np.ndarray) -> DepthMap:
    """Turn a Texas range image into millimetres: ``0.32 * grey``, 0 = no surface.

    Args:
        range_grey: (H, W) uint8 grey levels, near is bright.
    """
    depth_mm = range_grey.astype(np.float32) * np.float32(MM_PER_GREY_LEVEL)
    return DepthMap(depth_mm, range_grey > 0, FRAME_PITCH)


def range_from_depth(depth_mm: np.ndarray, valid: np.ndarray) -> np.ndarray:
    """Quantise millimetres to the 8-bit grey levels of a Texas range image (inverse of the above).

    Valid depths get grey levels 1 to 255; what is deeper than that becomes 0, no surface.

    Returns:
        (H, W) uint8.
    """
    grey = np.rint(depth_mm / MM_PER_GREY_LEVEL)
    return np.where(valid & (grey >= 1), np.minimum(grey, 255), 0).astype(np.uint8)


def normalize_photo(photo: np.ndarray) -> np.ndarray:
    """float32 in [-1, 1] from uint8: ``photo / 127.5 - 1``."""
    return photo.astype(np.float32) / np.float32(127.5) - np.float32(1)


def normalize_depth(depth_mm: np.ndarray, valid: np.ndarray) -> np.ndarray:
    """Network target: ``2 * depth_mm / 81.6 - 1`` in [-1, 1], background -1 (float32)."""
    return np.where(valid, 2 * depth_mm / MAX_DEPTH_MM - 1, -1).astype(np.float32)


def denormalize_depth(depth_normalized: np.ndarray) -> np.ndarray:
    """Millimetres, float32, from the network's [-1, 1]; the inverse of :func:`normalize_depth`."""
    return ((np.asarray(depth_normalized, np.float32) + 1) * np.float32(MAX_DEPTH_MM / 2)).astype(np.float32)


def fitted_pitch(fit: Fit) -> PixelPitch:
    """Pixel pitch of the 256x256 image that ``fit`` makes of the 751x501 frame.

    ``stretch`` squeezes both axes (the paper), ``pad`` keeps the whole height and adds empty
    columns, ``crop`` keeps the whole width and drops rows above and below; the last two are
    isotropic. All three keep the centre of the frame at the centre of the image.
    """
    whole_width = FRAME_PITCH.x_mm * FRAME_WIDTH_PX / IMAGE_SIZE_PX
    whole_height = FRAME_PITCH.y_mm * FRAME_HEIGHT_PX / IMAGE_SIZE_PX
    return {
        "stretch": PixelPitch(whole_width, whole_height),
        "pad": PixelPitch(whole_height, whole_height),
        "crop": PixelPitch(whole_width, whole_width),
    }[fit]


@cache
def _area_weights(source_px: int, target_px: int, step: float) -> np.ndarray:
    """(target_px, source_px) share of each target pixel that each source pixel covers.

    A target pixel is ``step`` source pixels long; both axes share their centre. Rows sum to 1 where
    the target pixel lies wholly on the source, to less where it reaches beyond it.
    """
    start = (source_px - target_px * step) / 2 + step * np.arange(target_px)[:, None]
    left = np.arange(source_px)[None, :]
    overlap = np.minimum(start + step, left + 1) - np.maximum(start, left)
    return (np.clip(overlap, 0, None) / step).astype(np.float32)


def _fit_weights(shape: tuple[int, ...], fit: Fit) -> tuple[np.ndarray, np.ndarray]:
    if shape[:2] != (FRAME_HEIGHT_PX, FRAME_WIDTH_PX):
        raise ValueError(
            f"The frame must be {FRAME_HEIGHT_PX} rows x {FRAME_WIDTH_PX} columns; received "
            f"{shape[0]} x {shape[1]}. Align the photo into the frame first."
        )
    pitch = fitted_pitch(fit)
    rows = _area_weights(FRAME_HEIGHT_PX, IMAGE_SIZE_PX, pitch.y_mm / FRAME_PITCH.y_mm)
    columns = _area_weights(FRAME_WIDTH_PX, IMAGE_SIZE_PX, pitch.x_mm / FRAME_PITCH.x_mm)
    return rows, columns


def fit_depth(frame: DepthMap, fit: Fit) -> DepthMap:
    """Resample a 751x501 depth map to 256x256 by area, with the mask as weight.

    Depth is averaged over the valid part of each target pixel alone, so no value is invented
    between the face and the background; a pixel is valid when at least half of it is covered.
    """
    rows, columns = _fit_weights(frame.depth_mm.shape, fit)
    weight = frame.valid.astype(np.float32)
    coverage = rows @ weight @ columns.T
    summed = rows @ (frame.depth_mm * weight) @ columns.T
    valid = coverage >= 0.5 - 1e-4  # float32 sums: exactly half must count as half
    depth_mm = np.divide(summed, coverage, out=np.zeros_like(summed), where=valid)
    return DepthMap(depth_mm, valid, fitted_pitch(fit))


def fit_photo(frame_photo: np.ndarray, fit: Fit) -> np.ndarray:
    """Resample a (751, 501, 3) uint8 photo to (256, 256, 3) uint8 by area; empty parts are black."""
    rows, columns = _fit_weights(frame_photo.shape, fit)
    coverage = np.outer(rows.sum(1), columns.sum(1))[..., None]
    colour = np.einsum("ij,jkc,lk->ilc", rows, frame_photo.astype(np.float32), columns, optimize=True)
    colour = np.divide(colour, coverage, out=np.zeros_like(colour), where=coverage > 0.5)
    return np.clip(np.rint(colour), 0, 255).astype(np.uint8)


def fit_points(points_px: np.ndarray, fit: Fit) -> np.ndarray:
    """Where points of the 751x501 frame come to lie in the 256x256 image.

    Args:
        points_px: (N, 2) x along columns and y down rows, whole numbers at pixel centres.
        fit: How the frame became the image.

    Returns:
        (N, 2) float64 in pixels of the image, likewise; they may lie outside of it.
    """
    frame_centre = np.array([FRAME_WIDTH_PX - 1, FRAME_HEIGHT_PX - 1]) / 2
    scale = np.array(FRAME_PITCH) / np.array(fitted_pitch(fit))
    return (np.asarray(points_px, np.float64) - frame_centre) * scale + (IMAGE_SIZE_PX - 1) / 2


def unfit_points(points_px: np.ndarray, fit: Fit) -> np.ndarray:
    """Where points of the 256x256 image lie in the 751x501 frame: the inverse of :func:`fit_points`.

    Args:
        points_px: (N, 2) x along columns and y down rows, whole numbers at pixel centres.
        fit: How the frame became the image.

    Returns:
        (N, 2) float64 in pixels of the frame.
    """
    frame_centre = np.array([FRAME_WIDTH_PX - 1, FRAME_HEIGHT_PX - 1]) / 2
    scale = np.array(fitted_pitch(fit)) / np.array(FRAME_PITCH)
    return (np.asarray(points_px, np.float64) - (IMAGE_SIZE_PX - 1) / 2) * scale + frame_centre


def depth_to_png_levels(depth_map: DepthMap) -> np.ndarray:
    """(H, W) uint16 for a 16-bit PNG: 0.01 mm a level, 0 = not valid, valid depths at least 1."""
    levels = np.clip(np.rint(depth_map.depth_mm / MM_PER_PNG_LEVEL), 1, 65535)
    return np.where(depth_map.valid, levels, 0).astype(np.uint16)


def depth_from_png_levels(levels: np.ndarray, pitch: PixelPitch) -> DepthMap:
    """The inverse of :func:`depth_to_png_levels`, exact to half a level (0.005 mm)."""
    return DepthMap(levels.astype(np.float32) * np.float32(MM_PER_PNG_LEVEL), levels > 0, pitch)


def largest_without_holes(mask: np.ndarray) -> np.ndarray:
    """(H, W) bool: the largest piece of a mask, joined along rows and columns, its holes filled."""
    pieces, count = ndimage.label(mask)
    if not count:
        return np.zeros(mask.shape, bool)
    largest = np.bincount(pieces.ravel())[1:].argmax() + 1
    return np.asarray(ndimage.binary_fill_holes(pieces == largest), bool)


def back_project(depth_map: DepthMap) -> np.ndarray:
    """(H, W, 3) float32 points in millimetres: x right, y up, z = depth, origin at the centre.

    Orthographic: x and y depend on the pixel alone. Pixels that are not valid get a point too
    (with z = 0), so index the result with ``valid``.
    """
    height, width = depth_map.depth_mm.shape
    x_mm = (np.arange(width) - (width - 1) / 2) * depth_map.pitch.x_mm
    y_mm = ((height - 1) / 2 - np.arange(height)) * depth_map.pitch.y_mm
    x_grid, y_grid = np.meshgrid(x_mm, y_mm)
    return np.stack([x_grid, y_grid, depth_map.depth_mm], axis=-1).astype(np.float32)


def surface_normals(depth_map: DepthMap) -> np.ndarray:
    """Unit normals of a depth map by finite differences that never cross the rim of ``valid``.

    Returns:
        (H, W, 3) float32 with z > 0; (0, 0, 1) where nothing is valid.
    """
    slope_x = _slope(depth_map.depth_mm, depth_map.valid, depth_map.pitch.x_mm)
    slope_down = _slope(depth_map.depth_mm.T, depth_map.valid.T, depth_map.pitch.y_mm).T
    # The surface z(x, y) has the normal (-dz/dx, -dz/dy, 1), and y grows against the rows.
    normals = np.stack([-slope_x, slope_down, np.ones_like(slope_x)], axis=-1)
    normals[~depth_map.valid] = (0, 0, 1)
    return (normals / np.linalg.norm(normals, axis=-1, keepdims=True)).astype(np.float32)


def _slope(depth_mm: np.ndarray, valid: np.ndarray, step_mm: float) -> np.ndarray:
    """Change of depth per millimetre along the last axis, (H, W) float64.

    Central where both neighbours are valid, one-sided where one is, 0 where none is.
    """
    rise = np.where(valid[:, 1:] & valid[:, :-1], np.diff(depth_mm.astype(np.float64), axis=1), np.nan)
    gap = np.full((len(depth_mm), 1), np.nan)
    both = np.stack([np.hstack([gap, rise]), np.hstack([rise, gap])])
    known = np.isfinite(both)
    return np.nansum(both, axis=0) / np.maximum(known.sum(axis=0), 1) / step_mm
