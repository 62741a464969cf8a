"""A face in a formula, for measuring meshes: an ellipsoid with nose, brow, eye sockets, lips and chin."""

import numpy as np
from scipy import ndimage

from facedepth_pipeline.depth import IMAGE_SIZE_PX, DepthMap, back_project, fitted_pitch
from facedepth_pipeline.mesh.texture import pixels_of_points

PITCH = fitted_pitch("stretch")
MARGIN_PX = 4  # of the rim, where a mesh ends and no distance is taken
STEP_MM = 1e-4


def height_mm(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Z of the surface, millimetres, from x to the right and y up."""

    def bump(height: float, x0: float, y0: float, wide: float, high: float) -> np.ndarray:
        return height * np.exp(-(((x - x0) / wide) ** 2) - ((y - y0) / high) ** 2)

    ellipsoid = 8 + 62 * np.sqrt(np.maximum(1 - (x / 72) ** 2 - ((y + 5) / 108) ** 2, 0))
    nose = bump(20, 0, -12, 9, 16) / (1 + np.exp(-(y + 24) / 2.5))  # it ends below the tip
    sockets = bump(-7, 31, 16, 12, 8) + bump(-7, -31, 16, 12, 8)
    mouth = bump(4, 0, -42, 18, 4) + bump(4, 0, -51, 16, 4)
    return ellipsoid + nose + sockets + mouth + bump(4, 0, 30, 40, 7) + bump(5, 0, -75, 20, 12)


def depth_map() -> DepthMap:
    """The surface, sampled as a generator would give it, without its steepest rim."""
    shape = (IMAGE_SIZE_PX, IMAGE_SIZE_PX)
    flat = DepthMap(np.zeros(shape, np.float32), np.ones(shape, bool), PITCH)
    x, y, _ = np.moveaxis(back_project(flat).astype(np.float64), -1, 0)
    valid = (x / 72) ** 2 + ((y + 5) / 108) ** 2 < 0.93
    return DepthMap(np.where(valid, height_mm(x, y), 0).astype(np.float32), valid, PITCH)


def distance_mm(vertices: np.ndarray) -> np.ndarray:
    """Distance of (V, 3) points from the surface's tangent plane above or below them, away from the rim."""
    inner = ndimage.binary_erosion(depth_map().valid, iterations=MARGIN_PX)
    rows, columns = np.rint(pixels_of_points(vertices, inner.shape, PITCH)).astype(int)
    in_image = (rows >= 0) & (rows < IMAGE_SIZE_PX) & (columns >= 0) & (columns < IMAGE_SIZE_PX)
    in_image[in_image] &= inner[rows[in_image], columns[in_image]]
    x, y, z = vertices[in_image].astype(np.float64).T
    slope_x = (height_mm(x + STEP_MM, y) - height_mm(x, y)) / STEP_MM
    slope_y = (height_mm(x, y + STEP_MM) - height_mm(x, y)) / STEP_MM
    return np.abs(z - height_mm(x, y)) / np.sqrt(1 + slope_x**2 + slope_y**2)
