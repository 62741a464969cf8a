"""What may be done to a surface after it was made: fill holes, smooth, thin out, close the back.

Vertices are (V, 3) float32 millimetres, triangles (F, 3) int32, wound toward the camera. Colours and texture
coordinates follow from x and y, so they are given once all this is done (:func:`~.texture.textured_mesh`).
"""

import numpy as np

from facedepth_pipeline.mesh.connectivity import largest_piece, rim_edges, separate_fans
from facedepth_pipeline.mesh.mesh import referenced
from facedepth_pipeline.runtime.open3d_import import o3d

Surface = tuple[np.ndarray, np.ndarray]  # vertices, triangles

RIM_WEIGHT = 10.0  # of the rim in simplification: the silhouette is what the eye misses first


def finish_surface(
    vertices: np.ndarray,
    triangles: np.ndarray,
    fill_holes_mm: float,
    smoothing_iterations: int,
    max_triangles: int | None,
) -> Surface:
    """Fill holes, smooth and thin out, in this order, each if asked for; one piece stays one piece.

    Args:
        vertices: (V, 3) float32, millimetres.
        triangles: (F, 3) int32.
        fill_holes_mm: Holes up to this size are closed, 0 = none.
        smoothing_iterations: Of Taubin's filter, 0 = none.
        max_triangles: Budget, None = as many as there are.
    """
    if fill_holes_mm:
        vertices, triangles = fill_holes(vertices, triangles, fill_holes_mm)
    if smoothing_iterations:
        vertices, triangles = smooth(vertices, triangles, smoothing_iterations)
    if max_triangles is not None and len(triangles) > max_triangles:
        vertices, triangles = simplify(vertices, triangles, max_triangles)
        kept, triangles = referenced(largest_piece(triangles))  # it may cut off a corner
        vertices = vertices[kept]
    return vertices, triangles


def fill_holes(vertices: np.ndarray, triangles: np.ndarray, size_mm: float) -> Surface:
    """Close holes, not the outer rim, by triangles between the vertices around them.

    Args:
        vertices: (V, 3) float32, millimetres.
        triangles: (F, 3) int32.
        size_mm: Diameter of the largest hole that is closed.
    """
    surface = o3d.t.geometry.TriangleMesh(
        o3d.core.Tensor.from_numpy(np.ascontiguousarray(vertices, np.float32)),
        o3d.core.Tensor.from_numpy(np.ascontiguousarray(triangles, np.int32)),
    ).fill_holes(size_mm / 2)  # Open3D compares with the radius of a sphere around the hole
    filled = surface.triangle.indices.numpy().astype(np.int32)
    patches = filled[len(triangles) :, ::-1]  # Open3D appends them, wound the other way
    return surface.vertex.positions.numpy(), np.concatenate([filled[: len(triangles)], patches])


def smooth(vertices: np.ndarray, triangles: np.ndarray, iterations: int) -> Surface:
    """Smooth without shrinking.

    Source: Taubin, "A signal processing approach to fair surface design", SIGGRAPH 1995; Open3D's filter.
    """
    surface = _legacy(vertices, triangles).filter_smooth_taubin(iterations)
    return np.asarray(surface.vertices, np.float32), np.asarray(surface.triangles, np.int32)


def simplify(vertices: np.ndarray, triangles: np.ndarray, max_triangles: int) -> Surface:
    """Thin out to a number of triangles, most where the surface is flat.

    Source: Garland & Heckbert, "Surface simplification using quadric error metrics", SIGGRAPH 1997; Open3D's.
    """
    surface = _legacy(vertices, triangles).simplify_quadric_decimation(max_triangles, boundary_weight=RIM_WEIGHT)
    return np.asarray(surface.vertices, np.float32), np.asarray(surface.triangles, np.int32)


def close_back(vertices: np.ndarray, triangles: np.ndarray, thickness_mm: float) -> Surface:
    """Make a solid that can be printed: walls from the rim down to a flat back.

    Args:
        vertices: (V, 3) float32, millimetres.
        triangles: (F, 3) int32.
        thickness_mm: Of the solid at its thinnest.

    Returns:
        Twice as many triangles, and two for each edge of the rim; closed, wound outward.
    """
    source, front = separate_fans(triangles)
    rim = rim_edges(front)
    top = vertices[source]
    bottom = top.copy()
    bottom[:, 2] = top[:, 2].min() - thickness_mm
    below = len(top)
    start, end = rim.T
    walls = np.concatenate([np.stack([end, start, start + below], 1), np.stack([end, start + below, end + below], 1)])
    solid = np.concatenate([front, front[:, ::-1] + below, walls]).astype(np.int32)
    return np.concatenate([top, bottom]), solid


def _legacy(vertices: np.ndarray, triangles: np.ndarray) -> "o3d.geometry.TriangleMesh":
    return o3d.geometry.TriangleMesh(
        o3d.utility.Vector3dVector(vertices.astype(np.float64)), o3d.utility.Vector3iVector(triangles)
    )
