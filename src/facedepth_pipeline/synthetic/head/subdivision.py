"""Catmull-Clark subdivision of a quad mesh as one sparse matrix, so that each new shape costs a product."""

import numpy as np
from scipy import sparse


def subdivision_matrix(quads: np.ndarray, vertex_count: int, levels: int) -> tuple[sparse.csr_array, np.ndarray]:
    """Weights that turn the vertices of a quad mesh into those of the subdivided mesh.

    Args:
        quads: (Q, 4) int, vertex numbers.
        vertex_count: Number V of vertices of the coarse mesh.
        levels: How often each quad is split into four, at least 0.

    Returns:
        A (W, V) float32 matrix whose rows sum to 1, and the (Q * 4**levels, 4) int32 quads of the fine mesh.

    Raises:
        ValueError: If ``levels`` is negative.
    """
    if levels < 0:
        raise ValueError(f"levels must be 0 or more; received {levels}.")
    total = sparse.csr_array(sparse.eye_array(vertex_count, dtype=np.float64))
    for _ in range(levels):
        step, quads = _split_once(quads, total.shape[0])
        total = step @ total
    return sparse.csr_array(total.astype(np.float32)), quads.astype(np.int32)


def _split_once(quads: np.ndarray, vertex_count: int) -> tuple[sparse.csr_array, np.ndarray]:
    """One level: new vertices are the moved old ones, then edge points, then face points."""
    quad_count = len(quads)
    sides = np.stack([quads, np.roll(quads, -1, axis=1)], axis=-1)  # (Q, 4, 2)
    edges, edge_of_side = np.unique(np.sort(sides.reshape(-1, 2), axis=1), axis=0, return_inverse=True)
    edge_of_side = edge_of_side.reshape(quad_count, 4)
    edge_count = len(edges)
    faces = _average(quads, vertex_count)
    midpoints = _average(edges, vertex_count)
    face_of_side = np.repeat(np.arange(quad_count), 4)
    touching = _incidence(edge_of_side.ravel(), face_of_side, edge_count, quad_count)
    on_rim = touching.sum(axis=1) < 2
    edge_points = _scale(~on_rim * 0.5, midpoints) + _scale(~on_rim * 0.25, touching @ faces)
    edge_points += _scale(on_rim * 1.0, midpoints)
    moved = _moved_vertices(quads, edges, on_rim, faces, midpoints)
    matrix = sparse.csr_array(sparse.vstack([moved, edge_points, faces]))
    edge_id = vertex_count + edge_of_side
    face_id = vertex_count + edge_count + np.arange(quad_count)
    split = [np.stack([quads[:, k], edge_id[:, k], face_id, edge_id[:, k - 1]], axis=1) for k in range(4)]
    return matrix, np.stack(split, axis=1).reshape(-1, 4)


def _moved_vertices(
    quads: np.ndarray,
    edges: np.ndarray,
    on_rim: np.ndarray,
    faces: sparse.csr_array,
    midpoints: sparse.csr_array,
) -> sparse.csr_array:
    """Catmull-Clark's vertex rule inside, the cubic spline's along an open rim."""
    count = faces.shape[1]
    identity = sparse.eye_array(count, format="csr")
    per_face = _incidence(quads.ravel(), np.repeat(np.arange(len(quads)), 4), count, len(quads))
    per_edge = _incidence(edges.ravel(), np.repeat(np.arange(len(edges)), 2), count, len(edges))
    valence = np.maximum(per_edge.sum(axis=1), 1)
    inside = _scale(1 / np.maximum(per_face.sum(axis=1), 1) / valence, per_face @ faces)
    inside = inside + _scale(2 / valence**2, per_edge @ midpoints) + _scale((valence - 3) / valence, identity)
    per_rim_edge = sparse.csr_array(per_edge.multiply(on_rim[None, :]))
    rim_count = per_rim_edge.sum(axis=1)
    along_rim = _scale(0.5 / np.maximum(rim_count, 1), per_rim_edge @ midpoints) + _scale(0.5, identity)
    is_rim = rim_count > 0
    return _scale(~is_rim * 1.0, inside) + _scale(is_rim * 1.0, along_rim)


def _incidence(rows: np.ndarray, columns: np.ndarray, height: int, width: int) -> sparse.csr_array:
    return sparse.csr_array((np.ones(len(rows)), (rows, columns)), shape=(height, width))


def _average(groups: np.ndarray, vertex_count: int) -> sparse.csr_array:
    """Matrix of the mean of each row's vertices."""
    rows = np.repeat(np.arange(len(groups)), groups.shape[1])
    return _incidence(rows, groups.ravel(), len(groups), vertex_count) * (1 / groups.shape[1])


def _scale(factors: np.ndarray | float, matrix: sparse.csr_array) -> sparse.csr_array:
    """Multiply each row by its own factor."""
    diagonal = np.broadcast_to(np.asarray(factors, dtype=np.float64), (matrix.shape[0],))
    return sparse.csr_array(sparse.diags_array(diagonal) @ matrix)
