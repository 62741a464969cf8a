"""Rays against the head, by Open3D (Embree), on one thread: rendering runs in processes of its own."""

from typing import NamedTuple

import numpy as np

from facedepth_pipeline.depth import FRAME_HEIGHT_PX, FRAME_PITCH, FRAME_WIDTH_PX
from facedepth_pipeline.runtime.open3d_import import o3d
from facedepth_pipeline.synthetic.imaging.view import PARALLEL, View

HALF_WIDTH_MM = FRAME_WIDTH_PX / 2 * FRAME_PITCH.x_mm
HALF_HEIGHT_MM = FRAME_HEIGHT_PX / 2 * FRAME_PITCH.y_mm


class Hits(NamedTuple):
    """Where N rays meet the surface.

    Attributes:
        hit: (N,) bool.
        depth_mm: (N,) float32, z of the point; 0 without a hit.
        corners: (H, 3) int32 vertex numbers of the triangle hit, for the rays that hit alone.
        shares: (H, 3) float32 barycentric weights of those vertices.
    """

    hit: np.ndarray
    depth_mm: np.ndarray
    corners: np.ndarray
    shares: np.ndarray


class Scene:
    """A triangle mesh in frame coordinates (mm, origin at the frame's centre, z toward the camera)."""

    def __init__(self, vertices: np.ndarray, triangles: np.ndarray, view: View = PARALLEL) -> None:
        self.view, self._vertices = view, vertices
        self.triangles = visible_triangles(vertices, triangles, view)
        self._scene = o3d.t.geometry.RaycastingScene(nthreads=1)
        self._scene.add_triangles(
            o3d.core.Tensor.from_numpy(np.ascontiguousarray(vertices, dtype=np.float32)),
            o3d.core.Tensor.from_numpy(np.ascontiguousarray(self.triangles, dtype=np.uint32)),
        )

    def cast(self, column: np.ndarray, row: np.ndarray) -> Hits:
        """Cast rays through positions in pixels of the 501x751 frame; pixel centres are whole numbers."""
        rays = self.view.rays(column, row)
        answer = self._scene.cast_rays(o3d.core.Tensor.from_numpy(rays), nthreads=1)
        distance = answer["t_hit"].numpy()
        hit = np.isfinite(distance)
        depth_mm = np.where(hit, rays[:, 2] + rays[:, 5] * np.where(hit, distance, 0), 0).astype(np.float32)
        second_third = answer["primitive_uvs"].numpy()[hit]
        shares = np.concatenate([1 - second_third.sum(axis=1, keepdims=True), second_third], axis=1)
        return Hits(hit, depth_mm, self.triangles[answer["primitive_ids"].numpy()[hit]], shares)

    def points(self, hits: Hits) -> np.ndarray:
        """(H, 3) float32 mm of the points that rays hit."""
        return interpolate(hits.corners, hits.shares, self._vertices)

    def unblocked(self, origins: np.ndarray, directions: np.ndarray) -> np.ndarray:
        """(N, K) bool: whether a ray from each of (N, 3) origins along each of (K, 3) directions meets nothing."""
        free = np.zeros((len(origins), len(directions)), dtype=bool)
        rays = np.zeros((len(origins), 6), dtype=np.float32)
        rays[:, :3] = origins
        for number, direction in enumerate(directions):
            rays[:, 3:] = direction
            blocked = self._scene.test_occlusions(o3d.core.Tensor.from_numpy(rays), nthreads=1)
            free[:, number] = ~blocked.numpy()
        return free

    @staticmethod
    def in_frame(points: np.ndarray, margin_mm: float = 5.0) -> np.ndarray:
        """(N,) bool: which of (N, 3) points lie inside the frame, or just outside it."""
        inside = np.abs(points[:, 0]) < HALF_WIDTH_MM + margin_mm
        return inside & (np.abs(points[:, 1]) < HALF_HEIGHT_MM + margin_mm)


def visible_triangles(vertices: np.ndarray, triangles: np.ndarray, view: View = PARALLEL) -> np.ndarray:
    """Those of (T, 3) triangles that face the camera and reach into the frame: a third, on a head.

    They are all that the camera can see, and enough to cast shadows on one another: light that goes
    through a part of the head turned away from the camera comes out on a side that is not.
    """
    x, y = _seen_from(vertices, view)
    x, y = x[triangles], y[triangles]
    twice_area = (x[:, 1] - x[:, 0]) * (y[:, 2] - y[:, 0]) - (x[:, 2] - x[:, 0]) * (y[:, 1] - y[:, 0])
    beside = (np.abs(x).min(axis=1) > HALF_WIDTH_MM) | (np.abs(y).min(axis=1) > HALF_HEIGHT_MM)
    return triangles[(twice_area > 0) & ~beside]


def _seen_from(vertices: np.ndarray, view: View) -> tuple[np.ndarray, np.ndarray]:
    """Positions x and y in millimetres at which the frame shows each vertex."""
    if view.eye_mm is None:
        return vertices[:, 0], vertices[:, 1]
    column, row = view.project(vertices).T
    return (column - (FRAME_WIDTH_PX - 1) / 2) * FRAME_PITCH.x_mm, ((FRAME_HEIGHT_PX - 1) / 2 - row) * FRAME_PITCH.y_mm


def interpolate(corners: np.ndarray, shares: np.ndarray, attributes: np.ndarray) -> np.ndarray:
    """(H, C) float32 at points in triangles (see ``Hits``), from (W, C) float32 at the vertices."""
    value = attributes[corners[:, 0]] * shares[:, :1]
    value += attributes[corners[:, 1]] * shares[:, 1:2]
    value += attributes[corners[:, 2]] * shares[:, 2:]
    return value
