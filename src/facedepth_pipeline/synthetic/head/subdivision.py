"""Catmull-Clark subdivision of a quad mesh as one sparse matrix, so that each new shape costs a product."""

import numpy as np
from scipy import sparse


def subdivision_matrix(quads: np.ndarray, vertex_count: int, levels: int) -> tuple[sparse.csr_array, np.ndarray]:
    """Weights that turn the vertices of a quad mesh into those of the subdivided mesh.

    Args:
        quads: (Q, 4) int, vertex numbers; a triangle repeats its third corner.
        vertex_count: Number V of vertices of the coarse mesh.
        levels: How often each quad is split into four, and each triangle into three quads; at least 0.

    Returns:
        A (W, V) float32 matrix whose rows sum to 1, and the (Q', 4) int32 quads of the fine mesh, where Q' is
        Q * 4**levels without triangles.

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
    real = sides[..., 0] != sides[..., 1]  # a triangle has no third side
    face_of_side = np.nonzero(real)[0]
    edges, edge_of_side = np.unique(np.sort(sides[real], axis=1), axis=0, return_inverse=True)
    edge_count = len(edges)
    faces = _average(quads[real], face_of_side, quad_count, vertex_count)
    midpoints = _average(edges.ravel(), np.repeat(np.arange(edge_count), 2), edge_count, vertex_count)
    touching = _incidence(edge_of_side.ravel(), face_of_side, edge_count, quad_count)
    on_rim = touching.sum(axis=1) < 2
    edge_points = _scale(~on_rim * 0.5, midpoints) + _scale(~on_rim * 0.25, touching @ faces)
    edge_points += _scale(on_rim * 1.0, midpoints)
    moved = _moved_vertices(
        _incidence(quads[real], face_of_side, vertex_count, quad_count), edges, on_rim, faces, midpoints
    )
    matrix = sparse.csr_array(sparse.vstack([moved, edge_points, faces]))
    edge_id = np.zeros(quads.shape, dtype=np.intp)
    edge_id[real] = vertex_count + edge_of_side.ravel()
    edge_before = np.where(np.roll(real, 1, axis=1), np.roll(edge_id, 1, axis=1), np.roll(edge_id, 2, axis=1))
    face_id = np.broadcast_to((vertex_count + edge_count + np.arange(quad_count))[:, None], quads.shape)
    split = np.stack([quads, edge_id, face_id, edge_before], axis=-1)
    return matrix, split[real]


def _moved_vertices(
    per_face: sparse.csr_array,
    edges: np.ndarray,
    on_rim: np.ndarray,
    faces: sparse.csr_array,
    midpoints: sparse.csr_array,
) -> sparse.csr_array:
    """Catmull-Clark's vertex rule inside, the cubic spline's along an open rim."""
    count = faces.shape[1]
    identity = sparse.eye_array(count, format="csr")
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


def _average(members: np.ndarray, group_of_member: np.ndarray, groups: int, vertex_count: int) -> sparse.csr_array:
    """(groups, vertex_count) matrix of the mean of each group's vertices."""
    counts = np.bincount(group_of_member, minlength=groups)
    return _scale(1 / np.maximum(counts, 1), _incidence(group_of_member, members, groups, vertex_count))


def _scale(factors: np.ndarray | float, matrix: sparse.csr_array) -> sparse.csr_array:
    """Multiply each row by its own factor."""
    diagonal = np.broadcast_to(np.asarray(factors, dtype=np.float64), (matrix.shape[0],))
    return sparse.csr_array(sparse.diags_array(diagonal) @ matrix)
