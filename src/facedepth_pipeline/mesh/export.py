"""Geometry into files, whole or not at all."""

from collections.abc import Mapping
from pathlib import Path

import numpy as np

from facedepth_pipeline.mesh import glb, obj, ply, stl, viewer
from facedepth_pipeline.mesh.mesh import LineSet, Mesh
from facedepth_pipeline.mesh.point_cloud import PointCloud
from facedepth_pipeline.storage.whole_files import write_atomically


def write_point_cloud_ply(path: Path, cloud: PointCloud, provenance: Mapping[str, str]) -> None:
    """Write points, normals and colours as binary PLY in millimetres."""
    write_atomically(path, ply.encode_point_cloud(cloud, provenance))


def write_line_set_ply(path: Path, lines: LineSet, provenance: Mapping[str, str]) -> None:
    """Write a wireframe as binary PLY with edges, in millimetres."""
    write_atomically(path, ply.encode_line_set(lines, provenance))


def write_mesh_ply(path: Path, mesh: Mesh, provenance: Mapping[str, str]) -> None:
    """Write a mesh with vertex colours as binary PLY in millimetres."""
    write_atomically(path, ply.encode_mesh(mesh, provenance))


def write_mesh_stl(path: Path, mesh: Mesh, provenance: Mapping[str, str]) -> None:
    """Write a mesh as binary STL, in millimetres."""
    write_atomically(path, stl.encode_mesh(mesh, provenance))


def write_mesh_glb(path: Path, mesh: Mesh, texture_jpeg: bytes, provenance: Mapping[str, str]) -> None:
    """Write a mesh with the photo as texture, as GLB in metres."""
    write_atomically(path, glb.encode_mesh(mesh, texture_jpeg, provenance))


def write_mesh_html(path: Path, mesh: Mesh, lines: LineSet, texture_jpeg: bytes, provenance: Mapping[str, str]) -> None:
    """Write one HTML file in which the mesh can be turned, with the photo, in clay or as wireframe."""
    width, height, depth = np.ptp(mesh.vertices, axis=0)
    about = f"{width:.0f} x {height:.0f} x {depth:.0f} mm ({provenance['scale']})"
    page = viewer.viewer_page(glb.face_scene(mesh, texture_jpeg, provenance), lines, "A face in 3-D", about)
    write_atomically(path, page.encode("utf-8"))


def write_mesh_obj(path: Path, mesh: Mesh, texture_jpeg: bytes, provenance: Mapping[str, str]) -> None:
    """Write a mesh as OBJ in millimetres, and beside it the MTL and the JPEG that it names, the OBJ last."""
    material, texture = path.with_suffix(".mtl"), path.with_suffix(".jpg")
    write_atomically(texture, texture_jpeg)
    write_atomically(material, obj.encode_material(texture.name, provenance))
    write_atomically(path, obj.encode_mesh(mesh, material.name, provenance))
