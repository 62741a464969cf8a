import json
from datetime import UTC, datetime

import keras
import numpy as np
import pytest
import trimesh
from PIL import Image

from facedepth_pipeline.depth import PixelPitch, depth_from_png_levels
from facedepth_pipeline.parameters import ReconstructionParameters
from facedepth_pipeline.photo.refusal import PhotoRefused, RefusalReason
from facedepth_pipeline.reconstruction.files import write_result
from facedepth_pipeline.reconstruction.provenance import Provenance
from facedepth_pipeline.reconstruction.reconstruct import PhotoResult, reconstruct
from facedepth_pipeline.reconstruction.record import Stamp, face_rows
from faces import PORTRAIT, png_bytes, portrait_of_a_sphere

NOW = datetime(2026, 11, 23, tzinfo=UTC)
EVERYTHING = ReconstructionParameters(
    formats=["glb", "ply", "obj", "stl", "html", "point_cloud", "wireframe"], uncertainty_samples=4
)


@pytest.fixture(scope="module")
def result(generator) -> PhotoResult:
    photo = png_bytes(portrait_of_a_sphere())
    (only,) = reconstruct([(PORTRAIT, photo)], generator, Provenance("models:/faces/3", EVERYTHING, run_id="abc"))
    return only


@pytest.fixture(scope="module")
def folder(result, tmp_path_factory):
    folder = tmp_path_factory.mktemp("result")
    write_result(folder, result, Stamp(NOW))
    return folder


def test_a_result_has_every_file_that_was_asked_for_and_no_other(folder):
    assert {path.name for path in folder.iterdir()} == {
        "result.json", "preview.png", "depth.png", "depth.npy", "depth.json", "uncertainty.png", "mesh.glb", "mesh.ply",
        "mesh.obj", "mesh.mtl", "mesh.jpg", "mesh.stl", "mesh.html", "point_cloud.ply", "wireframe.ply",
    }  # fmt: skip


def test_every_format_has_the_same_size_in_its_own_unit(folder):
    sizes_mm = {
        name: trimesh.load_scene(folder / f"mesh.{name}").extents * scale
        for name, scale in (("glb", 1000), ("ply", 1), ("obj", 1), ("stl", 1))
    }
    record = json.loads((folder / "result.json").read_text())["faces"][0]
    said = [record["extent_x_mm"], record["extent_y_mm"], record["extent_z_mm"]]
    for name, size_mm in sizes_mm.items():
        np.testing.assert_allclose(size_mm, said, atol=0.01, err_msg=name)


def test_depth_files_agree(folder):
    sidecar = json.loads((folder / "depth.json").read_text())
    values = np.load(folder / "depth.npy")
    levels = np.asarray(Image.open(folder / "depth.png"))
    depth_map = depth_from_png_levels(levels, PixelPitch(sidecar["pixel_pitch_x_mm"], sidecar["pixel_pitch_y_mm"]))
    np.testing.assert_array_equal(np.isfinite(values), depth_map.valid)
    seen = values > 0.01  # what lies deeper is kept as the first level: 0 means no surface
    assert seen.sum() > 0.99 * depth_map.valid.sum()
    np.testing.assert_allclose(values[seen], depth_map.depth_mm[seen], atol=0.0051)
    uncertainty_levels = np.asarray(Image.open(folder / "uncertainty.png"))
    np.testing.assert_array_equal(uncertainty_levels > 0, depth_map.valid)


def test_what_it_was_made_of_is_inside_the_files(folder, result):
    scene = trimesh.load_scene(folder / "mesh.glb")
    assert scene.metadata["photo_sha256"] == result.photo_sha256
    assert scene.metadata["model"] == "models:/faces/3"
    assert scene.metadata["run_id"] == "abc"
    assert json.loads(scene.metadata["parameters"])["uncertainty_samples"] == 4
    assert scene.metadata["unit"] == "metre"
    header = (folder / "mesh.ply").read_bytes().split(b"end_header")[0].decode()
    for word in (result.photo_sha256, "models:/faces/3", "abc", "millimetre", "0.32 mm per pixel"):
        assert word in header


def test_the_picture_shows_more_than_one_colour(folder):
    picture = np.asarray(Image.open(folder / "preview.png"))
    assert len(np.unique(picture.reshape(-1, 3), axis=0)) > 200


def test_several_faces_lie_in_folders_of_their_own_and_each_has_a_row(result, tmp_path):
    refusal = PhotoRefused(RefusalReason.TOO_SMALL, "The eyes are 9 pixels apart.")
    party = PhotoResult("a/b.jpg", "f" * 64, result.provenance, (*result.outcomes, *result.outcomes, refusal))
    record = write_result(tmp_path, party, Stamp(NOW))
    assert (tmp_path / "mesh.glb").is_file()
    assert (tmp_path / "face_2/mesh.glb").is_file()
    rows = face_rows(record)
    folder = "f" * 16 + "/" + party.provenance.result_key
    assert [row["folder"] for row in rows] == [folder, f"{folder}/face_2", f"{folder}/face_3"]
    assert [row["status"] for row in rows] == ["done", "done", "rejected"]
    assert rows[2]["reason_code"] == "too_small"
    assert {row["photo_id"] for row in rows} == {"f" * 16}
    assert record["parameters"]["mesher"] == "grid"


def test_a_bad_photo_among_good_ones_stops_nobody(generator):
    good = png_bytes(portrait_of_a_sphere())
    photos = [(PORTRAIT, good), ("torn.png", good[:500]), (PORTRAIT, good)]
    results = list(reconstruct(photos, generator, Provenance("m", ReconstructionParameters(batch_size=2))))
    assert [isinstance(each.outcomes[0], PhotoRefused) for each in results] == [False, True, False]
    first, last = (each.outcomes[0].mesh for each in (results[0], results[2]))
    np.testing.assert_allclose(first.vertices, last.vertices, atol=1e-4)
    assert keras.config.dtype_policy().name == "float32"  # the precision of others is theirs
