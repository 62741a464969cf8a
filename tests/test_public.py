import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
import trimesh
from PIL import Image

import facedepth_pipeline
from facedepth_pipeline.photo.refusal import PhotoRefused
from facedepth_pipeline.public import Generator, Reconstruction
from faces import PORTRAIT, png_bytes, portrait_of_a_sphere

PLAIN = {"precision": "float32", "alignment": "none"}


@pytest.fixture(scope="module")
def warm(generator) -> Generator:
    return Generator(generator, "faces/1")


@pytest.fixture(scope="module")
def face(warm) -> Reconstruction:
    return warm.reconstruct(portrait_of_a_sphere(), **PLAIN)


def test_path_bytes_picture_and_array_give_the_same_face(warm, face, tmp_path):
    content = png_bytes(portrait_of_a_sphere())
    path = tmp_path / PORTRAIT
    path.write_bytes(content)
    for photo in (path, str(path), content, Image.open(path)):
        again = warm.reconstruct(photo, **PLAIN)
        np.testing.assert_array_equal(again.depth_mm, face.depth_mm)
        np.testing.assert_array_equal(again.mesh.vertices, face.mesh.vertices)


def test_depth_mesh_and_words_are_in_millimetres(face):
    assert face.depth_mm[face.valid].max() == pytest.approx(70, abs=0.5)
    assert face.mesh.vertices[:, 2].max() == pytest.approx(70, abs=0.5)
    assert face.pixel_pitch_mm == pytest.approx((0.6263, 0.9388), abs=1e-4)
    assert face.uncertainty_mm is None
    assert repr(face).startswith("<Reconstruction 1")
    assert len(repr(face)) < 120
    assert '<img src="data:image/png;base64,' in face._repr_html_()


@pytest.mark.parametrize("name", ["face.glb", "face.ply", "face.obj", "face.stl"])
def test_a_face_is_saved_by_its_suffix_with_its_provenance(face, tmp_path, name):
    path = face.save(tmp_path / name)
    scale = 1000 if name.endswith("glb") else 1
    np.testing.assert_allclose(trimesh.load_scene(path).extents * scale, np.ptp(face.mesh.vertices, axis=0), atol=0.01)
    if name == "face.glb":
        assert trimesh.load_scene(path).metadata["model"] == "faces/1"


def test_a_format_may_be_named_and_an_unknown_one_is_refused(face, tmp_path):
    assert b"element edge" in face.save(tmp_path / "lines.ply", format="wireframe").read_bytes()
    with pytest.raises(ValueError, match=r"No format for 'face\.fbx'.*\.glb"):
        face.save(tmp_path / "face.fbx")


def test_threads_share_a_generator(warm, face):
    with ThreadPoolExecutor(4) as threads:
        faces = list(threads.map(lambda _: warm.reconstruct(portrait_of_a_sphere(), **PLAIN), range(8)))
    for again in faces:
        np.testing.assert_array_equal(again.depth_mm, face.depth_mm)


def test_mistakes_are_said(warm):
    with pytest.raises(ValueError, match="did you mean 'mesher'"):
        warm.reconstruct(portrait_of_a_sphere(), meshes="grid")
    with pytest.raises(ValueError, match=r"received float64 \(4, 4\)"):
        warm.reconstruct(np.zeros((4, 4)))
    with pytest.raises(PhotoRefused, match="no image that is known"):
        warm.reconstruct(b"no photo")
    with pytest.raises(FileNotFoundError):
        warm.reconstruct("nowhere.jpg")


def test_the_package_offers_four_names_and_imports_nothing_heavy():
    lines = (
        "import sys, facedepth_pipeline; "
        "print(sorted({'tensorflow', 'keras', 'open3d', 'pandas', 'scipy', 'mlflow', 'kedro'} & set(sys.modules)))"
    )
    assert subprocess.check_output([sys.executable, "-c", lines], text=True).strip() == "[]"
    assert facedepth_pipeline.__all__ == ["Reconstruction", "__version__", "load_generator", "reconstruct"]
    assert facedepth_pipeline.Reconstruction is Reconstruction
    assert set(facedepth_pipeline.__all__) <= set(dir(facedepth_pipeline))
