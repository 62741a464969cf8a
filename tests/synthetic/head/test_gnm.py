"""The reader of GNM, on MakeHuman's head written in its format."""

import numpy as np
import pytest

from facedepth_pipeline.synthetic.head.foreign import NotThatModelError
from facedepth_pipeline.synthetic.head.gnm import read_gnm
from foreign_heads import gnm_arrays

SPANNED = ("expression/jawOpen", "expression/mouthSmileLeft", "expression/browInnerUp")


@pytest.fixture(scope="module")
def arrays(own):
    identities = np.random.default_rng(2).normal(0, 2, (3, own.count, 3))
    units = np.stack([own.moved(name) for name in SPANNED])
    mixed = np.array([[1, 1, 0], [1, -1, 0], [0, 0, 2.0]])  # no expression of the file is a face unit
    return gnm_arrays(own, identities, np.tensordot(mixed, units, axes=1)), identities


@pytest.fixture(scope="module")
def model(own, arrays, tmp_path_factory):
    path = tmp_path_factory.mktemp("gnm") / "gnm_head.npz"
    np.savez(path, **arrays[0])
    return read_gnm(path, own.head_model)


def test_the_turned_head_looks_ahead_again_in_millimetres(own, model):
    off = (model.vertices[: own.count] - own.true)[own.skin]
    assert np.abs(np.median(off, axis=0)).max() < 0.5
    height = np.polyfit(own.true[own.skin, 1], off[:, 2], 1)[0]
    assert abs(np.rad2deg(height)) < 0.5


def test_each_vertex_of_the_skin_finds_its_own_place(own, model):
    face = own.skin & (own.true[:, 2] > -60) & (own.true[:, 1] > -120)
    error = np.linalg.norm(model.canonical[: own.count][face] - own.true[face], axis=1)
    assert np.median(error) < 0.5
    assert np.quantile(error, 0.95) < 3


def test_inside_of_the_mouth_teeth_and_eyes_keep_their_kind(own, model):
    found = np.array(model.region_names)[model.regions]
    assert (found[: own.count] == own.regions)[~own.skin].all()
    assert found[own.count :].tolist() == ["teeth", "mouth_interior", "mouth_interior"]


def test_identities_of_the_head_alone_are_kept_and_turned(own, arrays, model):
    assert model.source == "gnm"
    assert len(model.dense_names) == 3  # not that of teeth
    moved = model.shape({"identity/001": 1.0}) - model.vertices
    np.testing.assert_allclose(moved[: own.count], arrays[1][1], atol=0.1)


@pytest.mark.parametrize("unit", SPANNED)
def test_face_units_are_mixtures_of_its_expressions(own, model, unit):
    moved = (model.shape({unit: 1.0}) - model.vertices)[: own.count][own.skin]
    wish = own.moved(unit)[own.skin]
    strong = np.linalg.norm(wish, axis=1) > 2
    assert np.linalg.norm((moved - wish)[strong], axis=1).mean() < 0.15 * np.linalg.norm(wish[strong], axis=1).mean()


def test_eyes_turn_although_no_expression_turns_them(own, model):
    moved = (model.shape({"expression/eyeLookUpLeft": 1.0}) - model.vertices)[: own.count]
    left, right = own.region("left_eye"), own.region("right_eye")
    wish = own.moved("expression/eyeLookUpLeft")
    assert np.abs(wish[left]).max() > 2
    np.testing.assert_allclose(moved[left], wish[left], atol=0.6)
    assert np.abs(moved[right]).max() < 0.1


@pytest.mark.parametrize("lacking", ["quads", "skin"])
def test_a_file_of_another_layout_says_where_to_get_it(own, arrays, tmp_path, lacking):
    path = tmp_path / "gnm_head.npz"
    kept = {name: array for name, array in arrays[0].items() if name != lacking}
    names = ["hide" if name == lacking else name for name in kept["vertex_group_names"]]
    np.savez(path, **kept | {"vertex_group_names": np.array(names)})
    with pytest.raises(NotThatModelError, match=lacking):
        read_gnm(path, own.head_model)


def test_a_file_that_is_missing_says_where_to_get_it(own, tmp_path):
    with pytest.raises(NotThatModelError, match=r"github.com/google/GNM \(Apache-2.0 licence\)"):
        read_gnm(tmp_path / "gnm_head.npz", own.head_model)
    (tmp_path / "text.npz").write_text("no archive")
    with pytest.raises(NotThatModelError, match="--params=gnm_path="):
        read_gnm(tmp_path / "text.npz", own.head_model)
