from collections import Counter

import numpy as np
import pytest

from facedepth_pipeline.synthetic.lighting.light import ambient_irradiance, even_directions
from facedepth_pipeline.synthetic.people.captures import (
    CAMERA_DISTANCE_MM,
    RANDOM_LIGHTS,
    WILD_POSE_DEG,
    sample_capture,
)
from facedepth_pipeline.synthetic.people.expressions import EXPRESSIONS, WILD_EXPRESSIONS


def captures(preset: str, count: int, range_realism: str = "clean"):
    return [
        sample_capture(np.random.default_rng(seed), first=False, preset=preset, range_realism=range_realism)
        for seed in range(count)
    ]


def test_most_takes_are_neutral_and_every_expression_comes_up():
    counts = Counter(capture.expression for capture in captures("studio", 400))
    assert counts.keys() == EXPRESSIONS.keys()
    assert 0.55 < counts["neutral"] / 400 < 0.7


def test_the_first_take_is_neutral():
    for seed in range(20):
        capture = sample_capture(np.random.default_rng(seed), first=True, preset="randomised", range_realism="clean")
        assert capture.expression == "neutral"
        assert capture.face_units == {}


def test_a_studio_has_one_light_and_randomisation_all_kinds():
    assert {capture.light for capture in captures("studio", 50)} == {"studio"}
    assert {capture.light for capture in captures("randomised", 200)} == set(RANDOM_LIGHTS)


def test_takes_repeat_with_their_seed():
    assert captures("randomised", 5) == captures("randomised", 5)


def test_a_scanner_is_there_only_if_asked_for():
    assert all(capture.scanner is None for capture in captures("studio", 5))
    assert all(capture.scanner is not None for capture in captures("studio", 5, "scanner"))


@pytest.mark.parametrize("preset", ["studio", "randomised"])
def test_light_is_never_negative_and_never_absent(preset):
    normals = even_directions(200, lowest_z=-0.2)
    for capture in captures(preset, 100):
        ambient = ambient_irradiance(capture.lighting.ambient, normals)
        lamps = sum(np.mean(light.colour) for light in capture.lighting.lights)
        assert ambient.min() >= 0
        assert all(min(light.colour) >= 0 for light in capture.lighting.lights)
        assert lamps + ambient.mean() > 0.3


def test_randomised_takes_vary_more_than_the_studio_s():
    def spread(preset, measure):
        return np.std([measure(capture) for capture in captures(preset, 100)])

    measures = [
        lambda capture: capture.pose_deg[0],
        lambda capture: capture.nose_tip_px[0],
        lambda capture: capture.camera.noise_grey,
        lambda capture: capture.camera.white_balance[2],
        lambda capture: capture.camera.exposure,
    ]
    assert all(spread("randomised", measure) > 1.5 * spread("studio", measure) for measure in measures)


# What was drawn before there was a third preset: expression, light, pose, seeds of camera and scanner.
RECORDED = [
    ("studio", 0, "neutral", "studio", (-1.245911, -0.732267, -0.544259), 2735729615, 3267007164),
    ("studio", 1, "neutral", "studio", (0.598846, 0.039722, -0.292457), 4082210491, 2497840476),
    ("studio", 2, "neutral", "studio", (-0.099198, 0.545289, -0.607186), 1282009699, 2718431334),
    ("randomised", 0, "neutral", "overcast", (2.367702, -1.759338, -3.163554), 2454701931, 3029423468),
    ("randomised", 1, "neutral", "overcast", (0.911431, 0.735331, 0.071056), 3662030156, 1333769099),
    ("randomised", 2, "neutral", "soft box", (-1.980367, 1.137395, -0.247995), 1558760805, 842543356),
    ("studio", 4, "press", "studio", (-0.656285, -0.672015, 0.380189), 4182162834, 733278990),
    ("studio", 5, "smile", "studio", (-0.589431, 0.409638, 0.829855), 3298814398, 62432848),
    ("randomised", 4, "press", "two lamps", (-0.275147, 3.706428, -4.57401), 338100471, 4250958586),
    ("randomised", 5, "smile", "overcast", (-0.20924, -2.908065, -1.57322), 953004104, 1416146565),
]


@pytest.mark.parametrize(("preset", "seed", "expression", "light", "pose_deg", "camera_seed", "scanner_seed"), RECORDED)
def test_older_presets_draw_what_they_always_drew(preset, seed, expression, light, pose_deg, camera_seed, scanner_seed):
    capture = sample_capture(np.random.default_rng(seed), first=seed == 0, preset=preset, range_realism="scanner")
    assert (capture.expression, capture.light) == (expression, light)
    assert capture.pose_deg == pytest.approx(pose_deg, abs=1e-6)
    assert (capture.camera.seed, capture.scanner.seed) == (camera_seed, scanner_seed)
    assert (capture.camera_distance_mm, capture.glasses, capture.strands) == (None, None, None)


def test_the_wild_has_its_shares_of_everything():
    takes = captures("wild", 800)
    counts = Counter(take.expression for take in takes)
    assert counts.keys() == WILD_EXPRESSIONS.keys()
    assert counts["neutral"] / 800 == pytest.approx(0.3, abs=0.05)
    assert counts["closed eyes"] / 800 == pytest.approx(0.06, abs=0.025)
    assert np.mean([take.glasses is not None for take in takes]) == pytest.approx(0.18, abs=0.04)
    assert np.mean([take.strands is not None for take in takes]) == pytest.approx(0.20, abs=0.04)


def test_heads_in_the_wild_turn_within_their_limits():
    pose = np.array([take.pose_deg for take in captures("wild", 300)])
    assert np.all(np.abs(pose) <= WILD_POSE_DEG)
    np.testing.assert_allclose(pose.std(axis=0), np.array(WILD_POSE_DEG) / 2, rtol=0.2)


def test_cameras_in_the_wild_stand_as_often_in_each_octave_of_their_distance():
    distance = np.array([take.camera_distance_mm for take in captures("wild", 400)])
    share = (np.log(distance) - np.log(CAMERA_DISTANCE_MM[0])) / np.diff(np.log(CAMERA_DISTANCE_MM))
    np.testing.assert_allclose(np.histogram(share, bins=4, range=(0, 1))[0] / 400, 0.25, atol=0.07)


def test_the_nose_tip_stays_near_white_and_near_its_place():
    takes = captures("wild", 200)
    assert all(246 <= take.nose_tip_grey <= 250 for take in takes)
    offset = np.array([take.nose_tip_px for take in takes]) - [252, 369]
    assert np.abs(offset).max() <= 20
    np.testing.assert_allclose(offset.std(axis=0), 8, rtol=0.2)


def test_a_first_take_in_the_wild_is_as_any_other():
    first = [
        sample_capture(np.random.default_rng(seed), first=True, preset="wild", range_realism="clean")
        for seed in range(5)
    ]
    assert first == captures("wild", 5)
