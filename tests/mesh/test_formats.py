import base64
import io
import json
import re
import struct
from types import SimpleNamespace
from typing import get_args

import numpy as np
import pytest
import trimesh

from facedepth_pipeline.mesh import glb
from facedepth_pipeline.mesh.formats import DEPTH_PNG, FORMATS, write_format
from facedepth_pipeline.mesh.grid import grid_mesh
from facedepth_pipeline.mesh.mesh import Mesh
from facedepth_pipeline.mesh.point_cloud import point_cloud
from facedepth_pipeline.mesh.wireframe import wireframe
from facedepth_pipeline.parameters import Output
from surfaces import photo_of_positions, sphere

JPEG = glb.encode_texture(photo_of_positions(sphere()))
PROVENANCE = {"photo_sha256": "ab12", "model": "modèle\nend_header 1", "tool": "a\\b\r"}


@pytest.fixture(scope="module")
def mesh() -> Mesh:
    return grid_mesh(sphere(), photo_of_positions(sphere()), max_depth_jump_mm=8)


def face(mesh: Mesh, **more) -> SimpleNamespace:
    return SimpleNamespace(mesh=mesh, texture_jpeg=JPEG, **more)


def test_the_table_has_a_row_for_every_format_that_the_parameters_know():
    assert set(FORMATS) - {DEPTH_PNG} == set(get_args(Output))


def header_of(path):
    return path.read_bytes().split(b"end_header\n")[0].decode("ascii").splitlines()


def test_mesh_survives_ply_in_millimetres(mesh, tmp_path):
    path = tmp_path / "face.ply"
    write_format("ply", path, face(mesh), PROVENANCE)
    read = trimesh.load_mesh(path, process=False)
    np.testing.assert_array_equal(read.vertices, mesh.vertices)
    np.testing.assert_array_equal(read.faces, mesh.triangles)
    np.testing.assert_array_equal(read.visual.vertex_colors[:, :3], mesh.colours)
    assert read.extents[:2] == pytest.approx([100, 100], abs=2)
    assert read.face_normals[:, 2].min() > 0


def test_ply_comments_are_one_line_of_ascii_each(mesh, tmp_path):
    path = tmp_path / "face.ply"
    write_format("ply", path, face(mesh), PROVENANCE)
    comments = [line for line in header_of(path) if line.startswith("comment")]
    assert comments == [
        "comment unit: millimetre",
        "comment photo_sha256: ab12",
        r"comment model: mod\xe8le\nend_header 1",
        r"comment tool: a\\b\r",
    ]


def test_point_cloud_survives_ply(tmp_path):
    cloud = point_cloud(sphere(), photo_of_positions(sphere()))
    path = tmp_path / "cloud.ply"
    write_format("point_cloud", path, SimpleNamespace(point_cloud=cloud), PROVENANCE)
    read = trimesh.load(path)
    np.testing.assert_array_equal(read.vertices, cloud.points)
    np.testing.assert_array_equal(read.colors[:, :3], cloud.colours)
    raw = read.metadata["_ply_raw"]["vertex"]["data"]
    normals = np.column_stack([raw[name].ravel() for name in ("nx", "ny", "nz")])
    np.testing.assert_array_equal(normals, cloud.normals)


def test_wireframe_survives_ply(tmp_path):
    lines = wireframe(sphere(), max_depth_jump_mm=8, stride=8)
    path = tmp_path / "wireframe.ply"
    write_format("wireframe", path, SimpleNamespace(wireframe=lines), PROVENANCE)
    header = header_of(path)
    assert f"element edge {len(lines.edges)}" in header
    body = path.read_bytes().split(b"end_header\n")[1]
    points = np.frombuffer(body, "<f4", 3 * len(lines.points)).reshape(-1, 3)
    np.testing.assert_array_equal(points, lines.points)
    np.testing.assert_array_equal(np.frombuffer(body, "<i4", offset=points.nbytes).reshape(-1, 2), lines.edges)


def test_mesh_survives_glb_in_metres_with_texture_and_extras(mesh, tmp_path):
    path = tmp_path / "face.glb"
    texture = photo_of_positions(sphere())
    write_format("glb", path, face(mesh), PROVENANCE)
    scene = trimesh.load_scene(path, process=False)
    (read,) = scene.geometry.values()
    np.testing.assert_allclose(read.vertices, mesh.vertices / 1000, atol=1e-7)
    np.testing.assert_allclose(read.visual.uv, mesh.uv, atol=1e-6)
    assert read.face_normals[:, 2].min() > 0
    assert read.body_count == 1
    shown = np.asarray(read.visual.material.baseColorTexture)[..., :3].astype(int)
    assert np.abs(shown - texture).max() <= 4  # JPEG
    # Where a vertex lies on a pixel, the texture has its colour there: neither flipped nor shifted.
    columns, rows = (read.visual.uv * [256, -256] + [0, 256]).T
    assert np.abs(shown[rows.astype(int), columns.astype(int)] - mesh.colours).max() <= 4


def test_glb_extras_say_unit_and_provenance(mesh, tmp_path):
    path = tmp_path / "face.glb"
    write_format("glb", path, face(mesh), PROVENANCE)
    content = path.read_bytes()
    (length,) = struct.unpack_from("<I", content, 12)
    document = json.loads(content[20 : 20 + length])
    assert document["scenes"][0]["extras"] == PROVENANCE | {"unit": "metre"}
    assert document["materials"][0]["pbrMetallicRoughness"]["metallicFactor"] == 0


def test_a_mesh_without_texture_coordinates_makes_no_glb(mesh, tmp_path):
    bare = Mesh(mesh.vertices, mesh.triangles, mesh.colours)
    with pytest.raises(ValueError, match="uv is None"):
        write_format("glb", tmp_path / "face.glb", face(bare), {})
    assert list(tmp_path.iterdir()) == []


def test_triangles_that_name_a_missing_vertex_are_refused():
    with pytest.raises(ValueError, match="vertex 3; there are 3"):
        Mesh(np.zeros((3, 3), np.float32), np.array([[0, 1, 3]], np.int32), np.zeros((3, 3), np.uint8))


def test_mesh_survives_obj_with_its_texture(mesh, tmp_path):
    path = tmp_path / "face.obj"
    write_format("obj", path, face(mesh), PROVENANCE)
    assert {file.name for file in tmp_path.iterdir()} == {"face.obj", "face.mtl", "face.jpg"}
    read = trimesh.load_mesh(path, process=False, maintain_order=True)
    np.testing.assert_allclose(read.vertices, mesh.vertices, atol=1e-4)
    np.testing.assert_array_equal(read.faces, mesh.triangles)
    np.testing.assert_allclose(read.visual.uv, mesh.uv, atol=1e-4)
    assert read.visual.material.image.size == (256, 256)
    text = path.read_text("ascii")
    assert text.startswith("# unit: millimetre\n# photo_sha256: ab12\n# model: mod\\xe8le\\nend_header 1\n")
    assert all(line[:2] in ("# ", "v ", "vt", "vn", "f ", "mt", "us", "") for line in text.splitlines())


def test_mesh_survives_stl_in_millimetres(mesh, tmp_path):
    path = tmp_path / "face.stl"
    write_format("stl", path, face(mesh), PROVENANCE)
    content = path.read_bytes()
    assert content.startswith(b"unit: millimetre; photo_sha256: ab12")
    assert len(content) == 84 + 50 * len(mesh.triangles)
    read = trimesh.load_mesh(path, process=False)
    np.testing.assert_array_equal(read.triangles, mesh.vertices[mesh.triangles])
    assert read.face_normals[:, 2].min() > 0


def test_the_page_holds_everything_it_shows(mesh, tmp_path):
    path = tmp_path / "face.html"
    lines = wireframe(sphere(), max_depth_jump_mm=8, stride=8)
    write_format("html", path, face(mesh, wireframe=lines), {"scale": "assumed: <eyes>"})
    page = path.read_text("utf-8")
    assert 'src="http' not in page
    assert "link rel" not in page
    assert "100 x 99 x 27 mm (assumed: &lt;eyes&gt;)" in page
    (encoded,) = re.findall(r'base64_data="([A-Za-z0-9+/=]+)"', page)
    scene = trimesh.load_scene(io.BytesIO(base64.b64decode(encoded)), file_type="glb")
    (read,) = scene.geometry.values()
    assert len(read.faces) == len(mesh.triangles)
    assert page.count("data-view=") == 4
    (points,) = re.findall(r'Float32Array\(bytes\("([A-Za-z0-9+/=]+)"', page)
    np.testing.assert_allclose(
        np.frombuffer(base64.b64decode(points), "<f4").reshape(-1, 3), lines.points / 1000, atol=1e-7
    )
    assert "var camera,controls,scene" in page  # what the buttons reach for
