"""What geometry is made of here: triangles and lines on points, in millimetres."""

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True, eq=False)
class Mesh:
    """A triangle mesh: x right, y up, z toward the camera, wound toward +z.

    Attributes:
        vertices: (V, 3) float32, millimetres.
        triangles: (F, 3) int32, counter-clockwise seen from the camera.
        colours: (V, 3) uint8 RGB.
        uv: (V, 2) float32 texture coordinates, origin in the lower left corner of the photo, or None.
    """

    vertices: np.ndarray
    triangles: np.ndarray
    colours: np.ndarray
    uv: np.ndarray | None = None

    def __post_init__(self) -> None:
        lengths = {len(self.vertices), len(self.colours)} | ({len(self.uv)} if self.uv is not None else set())
        if len(lengths) != 1:
            raise ValueError(f"vertices, colours and uv must be equally long; received {sorted(lengths)}.")
        if self.triangles.size and self.triangles.max() >= len(self.vertices):
            raise ValueError(f"triangles name vertex {self.triangles.max()}; there are {len(self.vertices)} vertices.")


@dataclass(frozen=True, eq=False)
class LineSet:
    """Straight lines between points.

    Attributes:
        points: (V, 3) float32, millimetres.
        edges: (E, 2) int32, indices into points.
    """

    points: np.ndarray
    edges: np.ndarray


def referenced(indices: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Drop the points that no triangle (or edge) uses.

    Args:
        indices: (F, 3) or (E, 2) integers.

    Returns:
        kept: (V,) indices of the used points, ascending.
        renumbered: Like ``indices``, int32, pointing into ``kept``.
    """
    kept, renumbered = np.unique(indices, return_inverse=True)
    return kept, renumbered.reshape(indices.shape).astype(np.int32)


def vertex_normals(vertices: np.ndarray, triangles: np.ndarray) -> np.ndarray:
    """(V, 3) float64 unit normals, each the mean of its triangles' normals, larger triangles counting more."""
    a, b, c = (vertices[triangles[:, corner]].astype(np.float64) for corner in range(3))
    weighted = np.cross(b - a, c - a)
    summed = np.stack(
        [np.bincount(triangles.ravel(), np.repeat(weighted[:, axis], 3), len(vertices)) for axis in range(3)], axis=1
    )
    return summed / np.maximum(np.linalg.norm(summed, axis=1, keepdims=True), 1e-12)
