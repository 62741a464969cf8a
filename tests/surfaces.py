"""Depth maps with a closed form, to compare with."""

import numpy as np

from facedepth_pipeline.depth import DepthMap, PixelPitch, back_project

STRETCH_PITCH = PixelPitch(0.6263, 0.9388)
SPHERE_RADIUS_MM = 60.0
SPHERE_CENTRE_Z_MM = 10.0


def plane(slope_x: float, slope_y: float, pitch: PixelPitch = STRETCH_PITCH, size: int = 64) -> DepthMap:
    """z = 40 + slope_x * x + slope_y * y, valid everywhere."""
    flat = DepthMap(np.zeros((size, size), np.float32), np.ones((size, size), bool), pitch)
    x, y, _ = np.moveaxis(back_project(flat).astype(np.float64), -1, 0)
    return DepthMap((40 + slope_x * x + slope_y * y).astype(np.float32), flat.valid, pitch)


def sphere(pitch: PixelPitch = STRETCH_PITCH, size: int = 256) -> DepthMap:
    """The near half of a sphere, valid within 50 of its 60 mm of radius."""
    flat = DepthMap(np.zeros((size, size), np.float32), np.ones((size, size), bool), pitch)
    x, y, _ = np.moveaxis(back_project(flat).astype(np.float64), -1, 0)
    valid = np.hypot(x, y) < 50
    z = SPHERE_CENTRE_Z_MM + np.sqrt(np.maximum(SPHERE_RADIUS_MM**2 - x**2 - y**2, 0))
    return DepthMap(np.where(valid, z, 0).astype(np.float32), valid, pitch)


def distance_to_sphere_mm(points: np.ndarray) -> np.ndarray:
    """Signed distance of (N, 3) points to the sphere above."""
    return np.linalg.norm(points - np.array([0, 0, SPHERE_CENTRE_Z_MM]), axis=1) - SPHERE_RADIUS_MM


def photo_of_positions(depth_map: DepthMap) -> np.ndarray:
    """(H, W, 3) uint8: red grows to the right, green upwards, blue is 77."""
    height, width = depth_map.depth_mm.shape
    columns, rows = np.meshgrid(np.arange(width), np.arange(height))
    red, green = 255 * columns / (width - 1), 255 * (1 - rows / (height - 1))
    return np.rint(np.stack([red, green, np.full_like(red, 77)], axis=-1)).astype(np.uint8)
