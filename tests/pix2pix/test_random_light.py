import numpy as np
import pytest

from facedepth_pipeline.pix2pix.draws import Draws
from facedepth_pipeline.pix2pix.random_light import (
    AMBIENT_LIMITS,
    LAMP_LIMITS,
    LIGHT_NUMBERS,
    Ambient,
    draw_light,
    irradiance_of,
    white_at,
)
from facedepth_pipeline.synthetic.lighting import light as reference
from facedepth_pipeline.synthetic.people import captures

KINDS = [captures.studio_light, *captures.RANDOM_LIGHTS.values()]


@pytest.mark.parametrize("number", range(len(KINDS)))
def test_lamps_of_each_kind_are_those_of_the_stand_in(number):
    rng = np.random.default_rng(number)
    limits = LAMP_LIMITS[number]
    for _ in range(40):
        lighting = KINDS[number](rng)
        assert len(lighting.lights) == (limits[:, 3, 1] > 0).sum()
        for lamp, (azimuth, elevation, radius, brightness) in zip(lighting.lights, limits):
            either_side = (lamp.azimuth_deg, -lamp.azimuth_deg)
            assert any(azimuth[0] - 1e-3 <= side <= azimuth[1] + 1e-3 for side in either_side)
            assert elevation[0] <= lamp.elevation_deg <= elevation[1]
            assert radius[0] - 1e-3 <= lamp.radius_deg <= radius[1] + 1e-3
            assert brightness[0] - 1e-3 <= np.mean(lamp.colour) <= brightness[1] + 1e-3
        low, high = AMBIENT_LIMITS[number, 2]
        assert low - 1e-3 <= np.mean(lighting.ambient[0]) <= high + 1e-3


def test_light_from_everywhere_is_that_of_the_nine_harmonics():
    directions = reference.even_directions(50, lowest_z=-1.0)
    coefficients = captures._ambient((0.4, 0.4, 0.4), (70.0, 20.0), 0.6)
    expected = reference.ambient_irradiance(coefficients, directions)[:, 0]
    toward = reference.direction_to(70.0, 20.0)[None]
    ambient = Ambient(toward, np.array([0.6], np.float32), np.ones((1, 3), np.float32))
    np.testing.assert_allclose(
        0.4 * np.asarray(irradiance_of(ambient, directions[None, None]))[0, 0, :, 0], expected, atol=1e-5
    )


def test_black_bodies_have_the_colours_of_the_stand_in():
    kelvin = np.array([2700.0, 5500.0, 8500.0], np.float32)
    np.testing.assert_allclose(white_at(kelvin), [reference.white_at(float(k)) for k in kelvin], rtol=1e-4)


def test_lamps_come_from_both_sides_and_lights_are_as_bright_as_their_kinds_allow():
    light = draw_light(Draws(500, LIGHT_NUMBERS, 3))
    directions, colours = np.asarray(light.directions), np.asarray(light.colours)
    np.testing.assert_allclose(np.linalg.norm(directions, axis=-1), 1, rtol=1e-4)
    lamps = colours.mean(axis=-1) > 0
    assert np.bincount(lamps.sum(axis=1), minlength=4)[:4].min() > 20  # none, one, two and three lamps
    assert 0.4 < (directions[lamps][:, 0] > 0).mean() < 0.6
    everywhere = np.sum([np.asarray(part.colour) for part in light.ambient], axis=0).mean(axis=1)
    assert everywhere.min() >= 0.05 * 0.99
    assert everywhere.max() <= 0.9 * 1.01
