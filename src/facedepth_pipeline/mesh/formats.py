"""The formats in which a face is saved: one table for the pipeline, the command line, the window and Python callers.

The table itself is light: encoders are imported when a face is encoded.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from facedepth_pipeline.storage.whole_files import write_atomically

if TYPE_CHECKING:
    from facedepth_pipeline.depth import DepthMap
    from facedepth_pipeline.mesh.mesh import LineSet, Mesh
    from facedepth_pipeline.mesh.point_cloud import PointCloud


class Geometry(Protocol):
    """What can be saved of a face; geometry in millimetres."""

    @property
    def depth_map(self) -> "DepthMap":
        """(256, 256) depth."""

    @property
    def mesh(self) -> "Mesh":
        """The mesh with texture coordinates."""

    @property
    def texture_jpeg(self) -> bytes:
        """The texture as a JPEG file."""

    @property
    def point_cloud(self) -> "PointCloud":
        """One point per pixel."""

    @property
    def wireframe(self) -> "LineSet":
        """Lines of the thinned lattice."""


Provenance = Mapping[str, str]  # names and values that go into the file
Encode = Callable[[Geometry, Provenance, str], dict[str, bytes]]


@dataclass(frozen=True)
class Format:
    """A row of the table.

    Attributes:
        suffix: Ending of the file, with its dot.
        sentence: What the file holds, for people.
        encode: Function from a face, its provenance and the stem of the file name to contents by file name; the
            file that names others comes last.
        stem: Stem of the file in a folder of results.
        in_window: Whether the window offers it.
    """

    suffix: str
    sentence: str
    encode: Encode
    stem: str = "mesh"
    in_window: bool = True


def _glb(face: Geometry, provenance: Provenance, stem: str) -> dict[str, bytes]:
    from facedepth_pipeline.mesh import glb

    return {f"{stem}.glb": glb.encode_mesh(face.mesh, face.texture_jpeg, provenance)}


def _obj(face: Geometry, provenance: Provenance, stem: str) -> dict[str, bytes]:
    from facedepth_pipeline.mesh import obj

    return {
        f"{stem}.jpg": face.texture_jpeg,
        f"{stem}.mtl": obj.encode_material(f"{stem}.jpg", provenance),
        f"{stem}.obj": obj.encode_mesh(face.mesh, f"{stem}.mtl", provenance),
    }


def _ply(face: Geometry, provenance: Provenance, stem: str) -> dict[str, bytes]:
    from facedepth_pipeline.mesh import ply

    return {f"{stem}.ply": ply.encode_mesh(face.mesh, provenance)}


def _stl(face: Geometry, provenance: Provenance, stem: str) -> dict[str, bytes]:
    from facedepth_pipeline.mesh import stl

    return {f"{stem}.stl": stl.encode_mesh(face.mesh, provenance)}


def _html(face: Geometry, provenance: Provenance, stem: str) -> dict[str, bytes]:
    from facedepth_pipeline.mesh import viewer

    return {f"{stem}.html": viewer.encode_page(face.mesh, face.wireframe, face.texture_jpeg, provenance)}


def _point_cloud(face: Geometry, provenance: Provenance, stem: str) -> dict[str, bytes]:
    from facedepth_pipeline.mesh import ply

    return {f"{stem}.ply": ply.encode_point_cloud(face.point_cloud, provenance)}


def _wireframe(face: Geometry, provenance: Provenance, stem: str) -> dict[str, bytes]:
    from facedepth_pipeline.mesh import ply

    return {f"{stem}.ply": ply.encode_line_set(face.wireframe, provenance)}


def _depth_png(face: Geometry, _: Provenance, stem: str) -> dict[str, bytes]:
    from facedepth_pipeline.mesh import pictures

    return {f"{stem}.png": pictures.depth_png(face.depth_map), f"{stem}.json": pictures.depth_scale(face.depth_map)}


DEPTH_PNG = "depth png"
FORMATS = {
    "glb": Format(".glb", "Mesh with the photo in one file, metres. For viewers, Blender, the web.", _glb),
    "obj": Format(".obj", "Mesh with .mtl and .jpg beside it, millimetres. For modelling programs.", _obj),
    "ply": Format(".ply", "Mesh with a colour at each vertex, millimetres. For MeshLab, Open3D.", _ply),
    "stl": Format(".stl", "The shape alone, millimetres. For printing.", _stl),
    "html": Format(".html", "A page in which the mesh can be turned. For browsers.", _html, in_window=False),
    "point_cloud": Format(".ply", "Points with normals and colours, millimetres.", _point_cloud, "point_cloud", False),
    "wireframe": Format(".ply", "Lines between every few pixels, millimetres.", _wireframe, "wireframe", False),
    DEPTH_PNG: Format(
        ".png", "The depth map, 16 bit, 0.01 mm per level, with a .json that says so.", _depth_png, "depth"
    ),
}
WINDOW_FORMATS = {name: row for name, row in FORMATS.items() if row.in_window}


def write_format(name: str, path: Path, face: Geometry, provenance: Provenance) -> None:
    """Save a face in a format; files that belong to it lie beside it.

    Args:
        name: Key of :data:`FORMATS`.
        path: Path of the file; its suffix is that of the format.
        face: Face to save.
        provenance: Names and values that go into the file, beside its unit.

    Raises:
        OSError: If it cannot be written; a file that was there is as it was.
    """
    for file_name, content in FORMATS[name].encode(face, provenance, path.stem).items():
        write_atomically(path.with_name(file_name), content)
