import numpy as np
import pytest

from facedepth_pipeline.synthetic.lighting.raycasting import Scene
from facedepth_pipeline.synthetic.people.expressions import sample_face_units
from facedepth_pipeline.synthetic.people.eyes import (
    cover_eyes,
    eyes_follow,
    set_eyes,
    strength_of_closing,
    turn_eyes,
    units_of,
)
from facedepth_pipeline.synthetic.people.subjects import sample_subject

EYES = ("right_eye", "left_eye")


def shape_of(seed):
    return sample_subject(np.random.default_rng(seed), "001").shape


def seen_of_eyes(surface, head):
    """Points of the eyeballs that one sees from the front."""
    column, row = (grid.ravel() for grid in np.mgrid[80:420, 320:420].astype(np.float32))
    hits = Scene(head, surface.triangles).cast(column, row)
    return sum(int((surface.region_weights[name][hits.corners].min(axis=1) > 0.5).sum()) for name in EYES)


def head_with(renderer, shape, face_units):
    units = units_of(renderer.head_model, shape, face_units)
    fine = renderer.surface.refine @ renderer.head_model.shape(shape | units)
    return set_eyes(renderer.head_model, renderer.surface, fine, face_units)


@pytest.mark.parametrize("seed", range(6))
def test_closed_eyes_are_closed_and_half_closed_ones_half(renderer, seed):
    shape, surface = shape_of(seed), renderer.surface
    rng = np.random.default_rng(seed)
    seen = {
        name: seen_of_eyes(surface, head_with(renderer, shape, sample_face_units(rng, name)))
        for name in ("neutral", "half-closed", "closed eyes")
    }
    assert seen["closed eyes"] < 0.04 * seen["neutral"]
    assert 0.1 * seen["neutral"] < seen["half-closed"] < 0.85 * seen["neutral"]


def test_a_wink_closes_one_eye(renderer):
    rng = np.random.default_rng(0)
    both = seen_of_eyes(renderer.surface, renderer.surface.refine @ renderer.head_model.shape(shape_of(0)))
    wink = seen_of_eyes(renderer.surface, head_with(renderer, shape_of(0), sample_face_units(rng, "left wink")))
    assert wink == pytest.approx(both / 2, rel=0.25)


def test_wider_eyes_need_more_to_close(head_model):
    shape = shape_of(1)
    wide = {"expression/eyeWideLeft": 1.0}
    assert strength_of_closing(head_model, shape | wide, "Left") > 1.05 * strength_of_closing(head_model, shape, "Left")


def test_units_that_a_head_does_not_know_are_left_out(head_model):
    units = {"expression/jawOpen": 0.3, "expression/tongueOut": 1.0}
    assert units_of(head_model, shape_of(0), units) == {"expression/jawOpen": 0.3}


def test_a_head_whose_lids_stay_open_stays_as_it_is(renderer):
    head = renderer.surface.refine @ renderer.head_model.shape(shape_of(2))
    assert set_eyes(renderer.head_model, renderer.surface, head, {"expression/jawOpen": 0.3}) is head


def test_lids_that_sink_into_an_eye_come_to_lie_on_it(renderer):
    surface = renderer.surface
    head = head_with(renderer, shape_of(3), {"expression/eyeBlinkLeft": 1.0, "expression/eyeBlinkRight": 1.0})
    bulging = head.copy()
    for name in EYES:
        eye = surface.region_weights[name] > 0.5
        centre = (head[eye].min(axis=0) + head[eye].max(axis=0)) / 2
        bulging[eye] = centre + 1.25 * (head[eye] - centre)
    assert seen_of_eyes(surface, bulging) > 500
    assert seen_of_eyes(surface, cover_eyes(surface, bulging)) < 0.05 * seen_of_eyes(surface, bulging)


def test_eyes_turn_about_their_centres(renderer):
    surface, head = renderer.surface, renderer.surface.canonical
    turned = turn_eyes(surface, head, {"expression/eyeLookOutLeft": 1.0, "expression/eyeLookUpRight": 1.0})
    left, right = (surface.region_weights[name] > 0.5 for name in ("left_eye", "right_eye"))
    front_left = np.argmax(np.where(left, head[:, 2], -np.inf))
    front_right = np.argmax(np.where(right, head[:, 2], -np.inf))
    assert (turned - head)[front_left, 0] == pytest.approx(surface.eye_radius_mm * np.sin(np.deg2rad(19)), abs=0.5)
    assert (turned - head)[front_right, 1] == pytest.approx(surface.eye_radius_mm * np.sin(np.deg2rad(13)), abs=0.5)
    assert np.array_equal(turned[~(left | right)], head[~(left | right)])


def test_the_eyes_of_the_head_that_ships_follow_its_units(head_model):
    assert eyes_follow(head_model)
