import numpy as np
import pytest

from facedepth_pipeline.synthetic.people.expressions import (
    EXPRESSIONS,
    WILD_EXPRESSIONS,
    sample_face_units,
    sample_gaze,
)


@pytest.mark.parametrize("name", WILD_EXPRESSIONS)
def test_the_head_that_ships_knows_every_unit(head_model, name):
    units = sample_face_units(np.random.default_rng(0), name)
    assert all(head_model.knows(unit) for unit in units)
    assert bool(units) == (name != "neutral")


def test_the_wild_has_all_expressions_of_the_studio():
    assert WILD_EXPRESSIONS.items() >= EXPRESSIONS.items()


def test_both_sides_move_unless_one_is_named():
    wink = sample_face_units(np.random.default_rng(1), "left wink")
    assert {name for name in wink if "Blink" in name} == {"expression/eyeBlinkLeft"}
    smile = sample_face_units(np.random.default_rng(1), "smile")
    assert {"expression/mouthSmileLeft", "expression/mouthSmileRight"} <= smile.keys()


def test_closed_lids_are_closed_whatever_the_strength():
    for seed in range(20):
        closed = sample_face_units(np.random.default_rng(seed), "closed eyes")
        assert set(closed.values()) == {1.0}
        half = sample_face_units(np.random.default_rng(seed), "half-closed")
        assert all(0.2 < value < 0.75 for value in half.values())


def test_most_eyes_look_at_the_camera_from_a_turned_head():
    towards = 0
    for seed in range(200):
        gaze = sample_gaze(np.random.default_rng(seed), (12.0, 0.0, 0.0))  # turned to the person's left
        towards += gaze.get("expression/eyeLookOutRight", 0) > 0.3
        assert all(0 <= value <= 1 for value in gaze.values())
    assert 0.5 < towards / 200 < 0.8


def test_eyes_turn_together():
    gaze = sample_gaze(np.random.default_rng(1), (-8.0, 6.0, 0.0))
    assert gaze["expression/eyeLookOutLeft"] == gaze["expression/eyeLookInRight"] > 0
    assert gaze["expression/eyeLookUpLeft"] == gaze["expression/eyeLookUpRight"] > 0
