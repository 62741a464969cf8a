from collections import Counter

import numpy as np
import pytest

from facedepth_pipeline.synthetic.lighting.light import ambient_irradiance, even_directions
from facedepth_pipeline.synthetic.people.captures import RANDOM_LIGHTS, sample_capture
from facedepth_pipeline.synthetic.people.expressions import EXPRESSIONS


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
