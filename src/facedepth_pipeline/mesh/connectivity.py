"""Which triangles hang together, and where a surface ends."""

import numpy as np
from scipy import sparse


def largest_piece(triangles: np.ndarray) -> np.ndarray:
    """The triangles of the piece, joined through shared edges, that has the most of them.

    Pieces that touch in one vertex only are two: they would come apart in any other program.

    Args:
        triangles: (F, 3) indices of vertices.
    """
    if not len(triangles):
        return triangles
    edge_of_corner, triangle_of_corner = _edge_of_corner(triangles), np.repeat(np.arange(len(triangles)), 3)
    # a graph of triangles and edges: two triangles of one edge are linked through it
    size = len(triangles) + int(edge_of_corner.max()) + 1
    piece = _components(triangle_of_corner, len(triangles) + edge_of_corner, size)[: len(triangles)]
    return triangles[piece == np.bincount(piece).argmax()]


def separate_fans(triangles: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Give each fan of triangles around a vertex a vertex of its own.

    Where two parts of a surface touch in a point alone, that point is not a surface: walls that are built on its rim
    would share an edge four times.

    Args:
        triangles: (F, 3) indices of vertices, at most two triangles an edge.

    Returns:
        source: (W,) which vertex each new one is a copy of.
        separated: (F, 3) int32 indices of the new vertices.
    """
    corner = np.arange(3 * len(triangles)).reshape(-1, 3)
    edge_of_corner = _edge_of_corner(triangles)
    # corner k of a triangle starts its edge k, the next corner ends it
    start, end = corner.ravel(), corner[:, [1, 2, 0]].ravel()
    order = np.argsort(edge_of_corner, kind="stable")
    twin = edge_of_corner[order][1:] == edge_of_corner[order][:-1]
    one, other = order[:-1][twin], order[1:][twin]
    flat = triangles.ravel()
    # wound alike, the two run along their edge in opposite directions
    opposite = flat[start[one]] == flat[end[other]]
    first = np.concatenate([start[one], end[one]])
    second = np.concatenate(
        [np.where(opposite, end[other], start[other]), np.where(opposite, start[other], end[other])]
    )
    fan = _components(first, second, corner.size)
    source = np.zeros(int(fan.max()) + 1 if fan.size else 0, np.int64)
    source[fan] = flat
    return source, fan.reshape(-1, 3).astype(np.int32)


def rim_edges(triangles: np.ndarray) -> np.ndarray:
    """(E, 2) edges of one triangle only, in the direction in which that triangle runs along them."""
    edge_of_corner = _edge_of_corner(triangles)
    directed = triangles[:, [[0, 1], [1, 2], [2, 0]]].reshape(-1, 2)
    return directed[np.bincount(edge_of_corner)[edge_of_corner] == 1]


def _edge_of_corner(triangles: np.ndarray) -> np.ndarray:
    """(3 F,) number of the edge from each corner to the next, the same for both triangles of an edge."""
    edges = np.sort(triangles[:, [[0, 1], [1, 2], [2, 0]]], axis=2).reshape(-1, 2).astype(np.int64)
    key = edges[:, 0] * (int(triangles.max()) + 1) + edges[:, 1]  # unique on numbers is ten times that on rows
    return np.unique(key, return_inverse=True)[1].ravel()


def _components(first: np.ndarray, second: np.ndarray, size: int) -> np.ndarray:
    links = sparse.coo_array((np.ones(len(first), bool), (first, second)), shape=(size, size))
    labels: np.ndarray = sparse.csgraph.connected_components(links, directed=False)[1]
    return labels
