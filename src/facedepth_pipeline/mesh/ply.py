"""PLY files as bytes: binary little-endian, millimetres, with comments that say where they are from.

Source: Turk, "The PLY Polygon File Format", Stanford University, 1994.
"""

from collections.abc import Mapping

import numpy as np

from facedepth_pipeline.mesh.mesh import LineSet, Mesh
from facedepth_pipeline.mesh.point_cloud import PointCloud

_PLY_TYPES = {"f4": "float", "u1": "uchar", "i4": "int"}
_POSITION = {"x": "f4", "y": "f4", "z": "f4"}
_NORMAL = {"nx": "f4", "ny": "f4", "nz": "f4"}
_COLOUR = {"red": "u1", "green": "u1", "blue": "u1"}


def _comment(name: str, value: str) -> bytes:
    """One line of ASCII, whatever the value: line breaks and other scripts are escaped."""
    escaped = f"{name}: {value}".encode("unicode_escape")  # ASCII, and no line break in it
    return b"comment " + escaped + b"\n"


def _properties(fields: Mapping[str, str]) -> list[bytes]:
    return [f"property {_PLY_TYPES[kind]} {name}\n".encode() for name, kind in fields.items()]


def _table(fields: Mapping[str, str], *columns: np.ndarray) -> bytes:
    """Rows of a PLY element from arrays of shape (N, k), side by side."""
    table = np.zeros(len(columns[0]), dtype=[(name, f"<{kind}") for name, kind in fields.items()])
    values = (column for array in columns for column in array.T)
    for name, column in zip(fields, values, strict=True):
        table[name] = column
    return table.tobytes()


def _header(provenance: Mapping[str, str], elements: list[bytes]) -> bytes:
    lines = [b"ply\n", b"format binary_little_endian 1.0\n", _comment("unit", "millimetre")]
    lines += [_comment(name, value) for name, value in provenance.items()]
    return b"".join([*lines, *elements, b"end_header\n"])


def encode_point_cloud(cloud: PointCloud, provenance: Mapping[str, str]) -> bytes:
    """A PLY file with points, normals and colours.

    Args:
        cloud: Millimetres.
        provenance: Name and value of each further comment.
    """
    fields = _POSITION | _NORMAL | _COLOUR
    elements = [f"element vertex {len(cloud.points)}\n".encode(), *_properties(fields)]
    return _header(provenance, elements) + _table(fields, cloud.points, cloud.normals, cloud.colours)


def encode_line_set(lines: LineSet, provenance: Mapping[str, str]) -> bytes:
    """A PLY file with points and the edges between them.

    Args:
        lines: Millimetres.
        provenance: Name and value of each further comment.
    """
    ends = {"vertex1": "i4", "vertex2": "i4"}
    elements = [
        f"element vertex {len(lines.points)}\n".encode(),
        *_properties(_POSITION),
        f"element edge {len(lines.edges)}\n".encode(),
        *_properties(ends),
    ]
    return _header(provenance, elements) + _table(_POSITION, lines.points) + _table(ends, lines.edges)


def encode_mesh(mesh: Mesh, provenance: Mapping[str, str]) -> bytes:
    """A PLY file with coloured vertices and triangles.

    Args:
        mesh: Millimetres.
        provenance: Name and value of each further comment.
    """
    fields = _POSITION | _COLOUR
    elements = [
        f"element vertex {len(mesh.vertices)}\n".encode(),
        *_properties(fields),
        f"element face {len(mesh.triangles)}\n".encode(),
        b"property list uchar int vertex_indices\n",
    ]
    # A list is its length followed by its values.
    corners = {"length": "u1", "first": "i4", "second": "i4", "third": "i4"}
    lengths = np.full((len(mesh.triangles), 1), 3)
    return (
        _header(provenance, elements)
        + _table(fields, mesh.vertices, mesh.colours)
        + _table(corners, lengths, mesh.triangles)
    )
