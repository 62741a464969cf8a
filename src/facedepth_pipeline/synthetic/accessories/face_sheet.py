"""The face as a grid: places in front of the head, numbered alike on every head of one surface.

The grid is laid once on the mean adult, by rays toward an axis inside the head; each of its points is a fixed
mixture of three fine vertices, so that on another head or expression it costs one product.
"""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from scipy.ndimage import distance_transform_edt

from facedepth_pipeline.runtime.open3d_import import o3d
from facedepth_pipeline.synthetic.head.surface import Surface

AXIS_Z_MM = -70.0
AZIMUTH_DEG = np.arange(-100.0, 101.0)  # about the axis; 0 looks forward, positive to the person's left
HEIGHT_MM = np.arange(-115.0, 111.0, 1.75)
RAY_START_MM = 300.0
SEARCH_STEPS = 8


@dataclass(frozen=True, eq=False)
class FaceSheet:
    """Rows go up, columns to the person's left.

    Attributes:
        corners: (R, C, 3) int32 fine vertex numbers.
        shares: (R, C, 3) float32 weights of those vertices.
    """

    corners: np.ndarray
    shares: np.ndarray

    def points(self, vertices: np.ndarray) -> np.ndarray:
        """(R, C, 3) float32 points of the grid on a head with these (W, 3) fine vertices."""
        return np.einsum("rckx,rck->rcx", vertices[self.corners], self.shares)


@lru_cache(maxsize=4)
def face_sheet(surface: Surface) -> FaceSheet:
    """The grid of a surface, laid once and kept."""
    scene = o3d.t.geometry.RaycastingScene(nthreads=1)
    scene.add_triangles(
        o3d.core.Tensor.from_numpy(np.ascontiguousarray(surface.canonical, np.float32)),
        o3d.core.Tensor.from_numpy(surface.triangles.astype(np.uint32)),
    )
    azimuth = np.deg2rad(AZIMUTH_DEG)
    outward = np.stack([np.sin(azimuth), np.zeros_like(azimuth), np.cos(azimuth)], axis=1)
    rays = np.zeros((len(HEIGHT_MM), len(azimuth), 6), np.float32)
    rays[..., :3] = RAY_START_MM * outward + [0, 0, AXIS_Z_MM]
    rays[..., 1] = HEIGHT_MM[:, None]
    rays[..., 3:] = -outward
    answer = scene.cast_rays(o3d.core.Tensor.from_numpy(rays), nthreads=1)
    missed = ~np.isfinite(answer["t_hit"].numpy())
    nearest = tuple(distance_transform_edt(missed, return_distances=False, return_indices=True))
    corners = surface.triangles[answer["primitive_ids"].numpy()[nearest].astype(np.int64)]
    second_third = answer["primitive_uvs"].numpy()[nearest]
    shares = np.concatenate([1 - second_third.sum(axis=-1, keepdims=True), second_third], axis=-1)
    return FaceSheet(corners.astype(np.int32), shares.astype(np.float32))


def height_row(height_mm: float) -> int:
    """Row of the grid at a canonical height."""
    return int(np.argmin(np.abs(HEIGHT_MM - height_mm)))


def azimuth_column(azimuth_deg: float) -> int:
    """Column of the grid at a canonical azimuth."""
    return int(np.argmin(np.abs(AZIMUTH_DEG - azimuth_deg)))


def at_place(grid: np.ndarray, row: np.ndarray, column: np.ndarray) -> np.ndarray:
    """(N, K) values between the points of an (R, C, K) grid; outside it, those of its rim."""
    row = np.clip(row, 0, grid.shape[0] - 1.001)
    column = np.clip(column, 0, grid.shape[1] - 1.001)
    top, left = row.astype(np.intp), column.astype(np.intp)
    down, right = (row - top)[:, None], (column - left)[:, None]
    upper = grid[top, left] * (1 - right) + grid[top, left + 1] * right
    lower = grid[top + 1, left] * (1 - right) + grid[top + 1, left + 1] * right
    return upper * (1 - down) + lower * down


def depth_at(points: np.ndarray, x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """(N,) mm, z of the skin at places in the frontal plane.

    Args:
        points: (R, C, 3) points of the grid on a head.
        x: (N,) mm.
        y: (N,) mm.
    """
    column = np.rad2deg(np.arctan2(x, 95.0)) - AZIMUTH_DEG[0]
    row = (y - HEIGHT_MM[0]) / (HEIGHT_MM[1] - HEIGHT_MM[0])
    found = at_place(points, row, column)
    for _ in range(SEARCH_STEPS):
        row = row + (y - found[:, 1]) / (HEIGHT_MM[1] - HEIGHT_MM[0])
        column = column + 0.7 * (x - found[:, 0]) / 1.6
        found = at_place(points, row, column)
    return found[:, 2]
