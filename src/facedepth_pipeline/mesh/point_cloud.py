"""Coloured, oriented point clouds from depth maps."""

from dataclasses import dataclass

import numpy as np

from facedepth_pipeline.depth import DepthMap, back_project, surface_normals
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
