"""One file of a face, in the format a person asked for; runs in the worker."""

from collections.abc import Callable
from pathlib import Path

from facedepth_pipeline.mesh import export, glb
from facedepth_pipeline.reconstruction.build import ReconstructedFace
from facedepth_pipeline.reconstruction.files import write_depth_png

Provenance = dict[str, str]


def _glb(path: Path, face: ReconstructedFace, origin: Provenance) -> None:
    export.write_mesh_glb(path, face.mesh, glb.encode_texture(face.texture), origin)


def _obj(path: Path, face: ReconstructedFace, origin: Provenance) -> None:
    export.write_mesh_obj(path, face.mesh, glb.encode_texture(face.texture), origin)


WRITERS: dict[str, Callable[[Path, ReconstructedFace, Provenance], None]] = {
    "glb": _glb,
    "obj": _obj,
    "ply": lambda path, face, origin: export.write_mesh_ply(path, face.mesh, origin),
    "stl": lambda path, face, origin: export.write_mesh_stl(path, face.mesh, origin),
    "depth png": lambda path, face, _: write_depth_png(path, face.depth_map),
}


def write_face(path: Path, file_format: str, face: ReconstructedFace, provenance: Provenance) -> None:
    """Write a file; an OBJ has an ``.mtl`` and a ``.jpg`` beside it, a depth PNG a ``.json`` of its scale.

    Args:
        path: In a folder that exists.
        file_format: A key of :data:`WRITERS`.
        face: What to write.
        provenance: Goes into the meshes.

    Raises:
        OSError: If it cannot be written; a file that was there is as it was.
    """
    WRITERS[file_format](path, face, provenance)
