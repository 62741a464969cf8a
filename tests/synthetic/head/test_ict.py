"""The reader of ICT-FaceKit, on MakeHuman's head written in its format."""

import numpy as np
import pytest

from facedepth_pipeline.synthetic.head.foreign import NotThatModelError
from facedepth_pipeline.synthetic.head.ict import parse_faces, parse_vertices, read_ict
from facedepth_pipeline.synthetic.head.surface import build_surface
from foreign_heads import write_ict

UNITS = ("jawOpen", "mouthSmile_L", "mouthSmile_R", "browInnerUp_L", "browInnerUp_R", "cheekRaiser_L")


@pytest.fixture(scope="module")
def written(own, tmp_path_factory):
    """The head model that was read, and the number in it of each vertex of the head."""
    folder = tmp_path_factory.mktemp("ict")
    rng = np.random.default_rng(1)
    identities = rng.normal(0, 2, (3, own.count, 3))
    units = dict.fromkeys(UNITS, np.zeros((own.count, 3)))
    units["jawOpen"] = own.moved("expression/jawOpen")
    units["mouthSmile_L"] = own.moved("expression/mouthSmileLeft")
    units["browInnerUp_L"] = np.ones((own.count, 3))
    units["browInnerUp_R"] = np.full((own.count, 3), 2.0)
    number = write_ict(folder, own, identities, units)
    kept = np.concatenate([np.arange(17_039), np.arange(17_607, 18_679), np.arange(19_814, 20_884),
                           np.arange(21_451, 22_221), np.arange(23_021, 23_791)])  # fmt: skip
    return read_ict(folder, own.head_model), np.searchsorted(kept, number), identities


def test_the_turned_head_looks_ahead_again_in_millimetres(own, written):
    model, number, _ = written
    closed = own.true - 0.03 * own.moved("expression/jawOpen")
    off = model.vertices[number[own.skin]] - closed[own.skin]
    assert np.abs(np.median(off, axis=0)).max() < 0.5
    height = np.polyfit(closed[own.skin, 1], off[:, 2], 1)[0]  # a rest of pitch
    assert abs(np.rad2deg(height)) < 0.3


def test_each_vertex_of_the_skin_finds_its_own_place(own, written):
    model, number, _ = written
    face = own.skin & (own.true[:, 2] > -60) & (own.true[:, 1] > -120)
    error = np.linalg.norm(model.canonical[number[face]] - own.true[face], axis=1)
    assert np.median(error) < 0.35
    assert np.quantile(error, 0.95) < 2.5


def test_each_vertex_of_the_skin_is_of_its_own_region(own, written):
    model, number, _ = written
    found = np.array(model.region_names)[model.regions[number]]
    assert (found == own.regions)[own.skin].mean() > 0.95
    assert (found == own.regions)[~own.skin].all()
    np.testing.assert_allclose(model.region_weights.sum(axis=1), 1, atol=1e-5)
    assert (found == "lips").sum() > 150


def test_eyes_are_painted_about_the_centres_of_makehumans(own, written):
    model = written[0]
    surface = build_surface(model)
    np.testing.assert_allclose(surface.eye_centres, own.surface.eye_centres, atol=0.3)
    assert surface.eye_radius_mm == pytest.approx(own.surface.eye_radius_mm, abs=0.3)
    assert surface.region_weights["teeth"].max() == 0  # no quad of this head is of teeth


def test_landmarks_are_those_of_makehuman(own, written):
    model = written[0]
    assert model.landmark_names == own.head_model.landmark_names
    error = np.linalg.norm(model.vertices[model.landmarks] - own.true[own.head_model.landmarks], axis=1)
    assert np.median(error) < 1.5
    assert error.max() < 6


def test_identities_are_turned_with_the_head(written):
    model, number, identities = written
    assert model.dense_names == ("identity/000", "identity/001", "identity/002")
    moved = model.shape({"identity/000": 1.0, "identity/002": -2.0}) - model.vertices
    # The turn back is known to a fraction of a degree: 0.01 of 2 mm.
    np.testing.assert_allclose(moved[number], identities[0] - 2 * identities[2], atol=0.1)


def test_face_units_have_makehumans_names(written):
    model, number, _ = written
    assert set(model.direction_names) == {
        *("expression/jawOpen", "expression/mouthSmileLeft", "expression/mouthSmileRight"),
        *("expression/browInnerUp", "expression/cheekRaiserLeft"),
    }
    both = model.shape({"expression/browInnerUp": 1.0}) - model.vertices
    np.testing.assert_allclose(both[number], 3, atol=0.03)


def test_the_jaw_of_the_model_itself_tells_what_follows_it(own, written):
    model, number, _ = written
    share = build_surface(model).jaw_share[number]
    np.testing.assert_allclose(share[own.skin], own.surface.jaw_share[: own.count][own.skin], atol=0.1)


@pytest.mark.parametrize("what", ["nothing", "another file"])
def test_a_folder_without_the_model_says_where_to_get_it(own, tmp_path, what):
    if what == "another file":
        (tmp_path / "generic_neutral_mesh.obj").write_text("v 1 2 3\nf 1 1 1\n")
        (tmp_path / "vertex_indices.json").write_text("{}")
    with pytest.raises(NotThatModelError) as raised:
        read_ict(tmp_path, own.head_model)
    said = str(raised.value)
    assert str(tmp_path) in said
    assert "github.com/ICT-VGL/ICT-FaceKit (MIT licence)" in said
    assert "--params=ict_root=" in said
    assert "\n" not in said


def test_vertices_are_those_of_the_first_block():
    obj = b"# x\nmtllib a.mtl\nv 1 -2 3e-1\nv 4 5 6\nvt 7 8\nvn 0 0 1\nusemtl M\nf 1/1 2/1 1/1\n"
    assert parse_vertices(obj).tolist() == [[1, -2, 0.3], [4, 5, 6]]


def test_a_triangle_repeats_its_last_corner():
    assert parse_faces(b"f 1/5 2/6 3/7 4/8\nf 3 2 1\n").tolist() == [[0, 1, 2, 3], [2, 1, 0, 0]]
