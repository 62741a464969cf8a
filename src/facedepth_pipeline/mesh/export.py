"""Geometry into files, whole or not at all. One of the modules that open files."""

import os
import uuid
from collections.abc import Mapping
from pathlib import Path

import numpy as np

from facedepth_pipeline.mesh import glb, ply
from facedepth_pipeline.mesh.mesh import LineSet, Mesh
from facedepth_pipeline.mesh.point_cloud import PointCloud


def write_atomically(path: Path, content: bytes) -> None:
    """Write a file so that no reader, and no crash, ever sees a part of it.

    The bytes go to a temporary name in the same folder, are flushed to the disk, and take the
    file's name in one step. After an error the old file, if any, is as it was.

    Args:
        path: In a folder that exists.
        content: The whole file.
    """
    temporary = path.with_name(f".{path.name}.{uuid.uuid4().hex}.tmp")
    try:
        with open(temporary, "xb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        os.replace(temporary, path)
    except BaseException:  # an interrupt from the keyboard leaves nothing behind either
        temporary.unlink(missing_ok=True)
        raise


def write_point_cloud_ply(path: Path, cloud: PointCloud, provenance: Mapping[str, str]) -> None:
    """Write points, normals and colours as binary PLY in millimetres."""
    write_atomically(path, ply.encode_point_cloud(cloud, provenance))


def write_line_set_ply(path: Path, lines: LineSet, provenance: Mapping[str, str]) -> None:
    """Write a wireframe as binary PLY with edges, in millimetres."""
    write_atomically(path, ply.encode_line_set(lines, provenance))


def write_mesh_ply(path: Path, mesh: Mesh, provenance: Mapping[str, str]) -> None:
    """Write a mesh with vertex colours as binary PLY in millimetres."""
    write_atomically(path, ply.encode_mesh(mesh, provenance))


def write_mesh_glb(path: Path, mesh: Mesh, texture: np.ndarray, provenance: Mapping[str, str]) -> None:
    """Write a mesh with the photo as texture, as GLB in metres."""
    write_atomically(path, glb.encode_mesh(mesh, texture, provenance))
