import numpy as np
import pytest

from facedepth_pipeline.synthetic.head.carry_over import TISSUES, RawHead, carry_over
from facedepth_pipeline.synthetic.head.places import places_on


@pytest.fixture(scope="module")
def stretched(own):
    """MakeHuman's own head, a little wider, longer and with a larger nose, and what is carried over to it."""
    vertices = own.true * [1.04, 1.03, 1.0]
    nose = np.exp(-np.sum((own.true - own.true[own.head_model.landmark("pronasale")]) ** 2, axis=1) / 300)
    vertices = vertices + nose[:, None] * [0, -2, 4]
    tissue = np.zeros(own.count, dtype=int)
    for name in ("mouth_interior", "right_eye", "left_eye"):
        tissue[own.region(name)] = TISSUES.index(name)
    goals = {name: place for name, place in places_on(own.surface).items() if not name.startswith("found_")}
    skin = np.flatnonzero(own.skin)
    places = {name: int(skin[np.linalg.norm(own.true[skin] - place, axis=1).argmin()]) for name, place in goals.items()}
    return vertices, carry_over(RawHead(vertices, own.head_model.quads, tissue, places), own.surface)


def test_another_shape_finds_the_same_places(own, stretched):
    vertices, carried = stretched
    face = own.skin & (own.true[:, 2] > -30) & (own.true[:, 1] > -115)
    before = np.linalg.norm(vertices - own.true, axis=1)[face]
    after = np.linalg.norm(carried.canonical - own.true, axis=1)[face]
    assert np.median(after) < 1.2 < 0.6 * np.median(before) + 1
    assert np.median(after) < 0.6 * np.median(before)


def test_edges_of_what_is_painted_do_not_jump(own, stretched):
    vertices, carried = stretched
    quads = own.head_model.quads[own.skin[own.head_model.quads].all(axis=1)]
    ends = np.concatenate([quads[:, :2], quads[:, 1:3]])
    length = np.linalg.norm(vertices[ends[:, 0]] - vertices[ends[:, 1]], axis=1)
    painted = np.linalg.norm(carried.canonical[ends[:, 0]] - carried.canonical[ends[:, 1]], axis=1)
    assert (painted < 2 * length + 1).all()


def test_what_lies_in_the_mouth_moves_with_the_lips(own, stretched):
    _, carried = stretched
    mouth = own.region("mouth_interior")
    assert np.linalg.norm(carried.canonical[mouth] - own.true[mouth], axis=1).mean() < 2
    assert (np.array(carried.region_names)[carried.regions[mouth]] == "mouth_interior").all()


def test_an_eyeball_of_another_size_is_scaled_about_its_centre(own, stretched):
    _, carried = stretched
    eye = carried.canonical[own.region("left_eye")]
    low, high = eye.min(axis=0), eye.max(axis=0)
    np.testing.assert_allclose((low + high) / 2, own.surface.eye_centres[1], atol=1e-3)
    assert high[0] - low[0] == pytest.approx(2 * own.surface.eye_radius_mm, abs=1e-3)


def test_shares_of_regions_are_shares(stretched):
    weights = stretched[1].region_weights
    assert weights.min() >= 0
    np.testing.assert_allclose(weights.sum(axis=1), 1, atol=1e-5)
    assert stretched[1].region_names[-1] == "teeth"
