"""Coloured, oriented point clouds from depth maps."""

from dataclasses import dataclass

import numpy as np

from facedepth_pipeline.depth import DepthMap, back_project
from facedepth_pipeline.mesh.texture import check_photo


@dataclass(frozen=True, eq=False)
class PointCloud:
    """Points of a surface, one for each valid pixel.

    Attributes:
        points: (N, 3) float32, millimetres; x right, y up, z toward the camera.
        normals: (N, 3) float32 unit vectors with z > 0.
        colours: (N, 3) uint8 RGB.
    """

    points: np.ndarray
    normals: np.ndarray
    colours: np.ndarray


def _slope(depth_mm: np.ndarray, valid: np.ndarray, step_mm: float) -> np.ndarray:
    """Change of depth per millimetre along the last axis, (H, W) float64.

    Central where both neighbours are valid, one-sided where one is, 0 where none is.
    """
    rise = np.where(valid[:, 1:] & valid[:, :-1], np.diff(depth_mm.astype(np.float64), axis=1), np.nan)
    gap = np.full((len(depth_mm), 1), np.nan)
    both = np.stack([np.hstack([gap, rise]), np.hstack([rise, gap])])
    known = np.isfinite(both)
    return np.nansum(both, axis=0) / np.maximum(known.sum(axis=0), 1) / step_mm


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


def point_cloud(depth_map: DepthMap, photo: np.ndarray) -> PointCloud:
    """One point with normal and colour for each valid pixel, row by row.

    Args:
        depth_map: (H, W) depth.
        photo: (H, W, 3) uint8 RGB, pixel on pixel over the depth map.

    Raises:
        ValueError: If the photo does not match the depth map.
    """
    check_photo(depth_map, photo)
    valid = depth_map.valid
    return PointCloud(back_project(depth_map)[valid], surface_normals(depth_map)[valid], photo[valid])
