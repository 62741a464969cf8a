"""STL files as bytes: binary, millimetres; the format has no field for a unit, so the header says it.

Source: 3D Systems, "StereoLithography Interface Specification", 1988.
"""

from collections.abc import Mapping

import trimesh

from facedepth_pipeline.mesh.mesh import Mesh

HEADER_BYTES = 80


def encode_mesh(mesh: Mesh, provenance: Mapping[str, str]) -> bytes:
    """A binary STL file.

    Args:
        mesh: Millimetres.
        provenance: Names and values for the header; what does not fit into its 80 bytes is cut off.
    """
    content: bytes = trimesh.exchange.stl.export_stl(trimesh.Trimesh(mesh.vertices, mesh.triangles, process=False))
    # "solid" at its start would mark a text file
    words = ["unit: millimetre", *(f"{name}: {value}" for name, value in provenance.items())]
    header = "; ".join(words).encode("ascii", "replace")[:HEADER_BYTES].ljust(HEADER_BYTES)
    return header + content[HEADER_BYTES:]
