"""The wireframe: edges of the direct mesh, thinned until the eye can follow them."""

import numpy as np

from facedepth_pipeline.depth import DepthMap, back_project
from facedepth_pipeline.mesh.grid import lattice_triangles
from facedepth_pipeline.mesh.mesh import LineSet, referenced


def unique_edges(triangles: np.ndarray) -> np.ndarray:
    """(E, 2) edges of (F, 3) triangles, each once, its smaller index first, in ascending order."""
    edges = triangles[:, [[0, 1], [1, 2], [2, 0]]].reshape(-1, 2)
    return np.unique(np.sort(edges, axis=1), axis=0)


def wireframe(depth_map: DepthMap, max_depth_jump_mm: float, stride: int) -> LineSet:
    """Lines between every ``stride``-th pixel of a depth map, along rows, columns and diagonals.

    Args:
        depth_map: (H, W) depth.
        max_depth_jump_mm: As in the direct mesh, for each pixel of the stride.
        stride: 1 gives every edge of the direct mesh.
    """
    kept, edges = referenced(unique_edges(lattice_triangles(depth_map, max_depth_jump_mm, stride)))
    return LineSet(back_project(depth_map).reshape(-1, 3)[kept], edges)
