"""The mesh of a thing that is worn, and the tubes that most of it is made of."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from facedepth_pipeline.synthetic.lighting.light import normalized

SIDES = 8  # of a tube's cross-section


@dataclass(frozen=True, eq=False)
class Accessory:
    """A thing in front of the face, in the coordinates of the head before it is posed.

    Attributes:
        vertices: (N, 3) float32, mm.
        normals: (N, 3) float32, unit length.
        triangles: (T, 3) int32, wound toward the outside; what has no thickness is there twice, once for each side.
        albedo: (N, 3) float32 linear reflectance; of a lens, the share of the light from behind that it lets through.
        gloss: (N,) float32, strength of the highlight; 1 is skin of common oiliness.
        lens: Whether one sees through it; its highlight is a small spot, as on an eye.
        tint: Share of the light that a lens takes where it is darkest; 0 for all else.
    """

    vertices: np.ndarray
    normals: np.ndarray
    triangles: np.ndarray
    albedo: np.ndarray
    gloss: np.ndarray
    lens: bool = False
    tint: float = 0.0


@dataclass(frozen=True, eq=False)
class Piece:
    """Part of a thing: (N, 3) float32 vertices and normals, (T, 3) int32 triangles."""

    vertices: np.ndarray
    normals: np.ndarray
    triangles: np.ndarray


def join(pieces: Sequence[Piece]) -> Piece:
    """One mesh of several."""
    starts = np.cumsum([0, *(len(piece.vertices) for piece in pieces[:-1])])
    return Piece(
        np.concatenate([piece.vertices for piece in pieces]).astype(np.float32),
        np.concatenate([piece.normals for piece in pieces]).astype(np.float32),
        np.concatenate([piece.triangles + start for piece, start in zip(pieces, starts, strict=True)]).astype(np.int32),
    )


def mirrored(piece: Piece) -> Piece:
    """The same piece on the other side of the plane x = 0."""
    flip = np.array([-1, 1, 1], np.float32)
    return Piece(piece.vertices * flip, piece.normals * flip, piece.triangles[:, ::-1])


def tube(path: np.ndarray, across: np.ndarray, half_mm: np.ndarray, *, closed: bool) -> Piece:
    """A tube of elliptic cross-section along a path.

    Args:
        path: (K, 3) points of its middle, mm.
        across: (K, 3) unit vectors from the middle along the first axis of the ellipse; the second axis is
            perpendicular to it and to the path.
        half_mm: (K, 2) half axes of the ellipse.
        closed: Whether the last point is joined to the first; an open tube ends in flat caps.
    """
    if not closed:
        path, across = (np.concatenate([each[:1], each, each[-1:]]) for each in (path, across))
        half_mm = np.concatenate([0 * half_mm[:1], half_mm, 0 * half_mm[-1:]])
    along = _tangents(path, closed)
    second = normalized(np.cross(along, across))
    first = np.cross(second, along)
    angle = np.linspace(0, 2 * np.pi, SIDES, endpoint=False)
    cosine, sine = np.cos(angle)[None, :, None], np.sin(angle)[None, :, None]
    width, depth = half_mm[:, None, :1], half_mm[:, None, 1:]
    vertices = path[:, None] + cosine * width * first[:, None] + sine * depth * second[:, None]
    normals = normalized(cosine * depth * first[:, None] + sine * width * second[:, None])
    if not closed:
        normals[0], normals[-1] = -along[0], along[-1]
    triangles = lattice(len(path), SIDES, rows_closed=closed, columns_closed=True)
    return Piece(vertices.reshape(-1, 3), normals.reshape(-1, 3), triangles)


def lattice(rows: int, columns: int, *, rows_closed: bool, columns_closed: bool) -> np.ndarray:
    """(T, 3) int32 triangles of a grid of vertices, row after row.

    Seen from their outside, columns go right where rows go up.
    """
    number = np.arange(rows * columns, dtype=np.int32).reshape(rows, columns)
    if rows_closed:
        number = np.concatenate([number, number[:1]])
    if columns_closed:
        number = np.concatenate([number, number[:, :1]], axis=1)
    a, b, c, d = number[:-1, :-1], number[1:, :-1], number[1:, 1:], number[:-1, 1:]
    return np.concatenate([np.stack([a, d, c], -1).reshape(-1, 3), np.stack([a, c, b], -1).reshape(-1, 3)])


def both_sides(triangles: np.ndarray) -> np.ndarray:
    """(2 T, 3) the triangles, and the same wound the other way."""
    return np.concatenate([triangles, triangles[:, ::-1]])


def _tangents(path: np.ndarray, closed: bool) -> np.ndarray:
    """(K, 3) unit vectors along a path, of which only the ends may repeat a point."""
    if closed:
        return normalized(np.roll(path, -1, axis=0) - np.roll(path, 1, axis=0))
    inner = np.gradient(path[1:-1], axis=0)
    return normalized(np.concatenate([inner[:1], inner, inner[-1:]]))
