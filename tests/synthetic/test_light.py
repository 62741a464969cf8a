import numpy as np
import pytest

from facedepth_pipeline.synthetic.light import Light, Lighting, linear_from_srgb, shade, srgb_from_linear

FRONT = Lighting((Light(0, 0, (1.0, 1.0, 1.0)),), ambient=0.0)


def shaded(normal, gloss=0.0, lighting=FRONT):
    normals = np.array([normal], np.float32)
    wet = np.array([False])
    return shade(np.full((1, 3), 0.5, np.float32), normals, np.array([gloss], np.float32), wet, lighting)[0]


def test_direction_of_a_light():
    np.testing.assert_allclose(Light(0, 0, (1, 1, 1)).direction, [0, 0, 1], atol=1e-7)
    np.testing.assert_allclose(Light(90, 0, (1, 1, 1)).direction, [1, 0, 0], atol=1e-7)
    np.testing.assert_allclose(Light(0, 90, (1, 1, 1)).direction, [0, 1, 0], atol=1e-7)


def test_facing_the_light_returns_the_albedo_and_turning_away_nothing():
    np.testing.assert_allclose(shaded([0, 0, 1]), 0.5, rtol=1e-6)
    np.testing.assert_allclose(shaded([0, 0, -1]), 0)


def test_gloss_adds_a_highlight_where_the_mirror_points():
    np.testing.assert_allclose(shaded([0, 0, 1], gloss=0.2), 0.7, rtol=1e-6)


def test_sky_is_brighter_from_above():
    sky = Lighting((), ambient=0.4)
    assert shaded([0, 1, 0], lighting=sky)[0] == pytest.approx(0.2)
    assert shaded([0, -1, 0], lighting=sky)[0] == pytest.approx(0.1)


def test_srgb_round_trip_and_known_value():
    values = np.linspace(0, 1, 11)
    np.testing.assert_allclose(srgb_from_linear(linear_from_srgb(values)), values, atol=1e-6)
    assert linear_from_srgb(np.array(0.5)) == pytest.approx(0.21404, abs=1e-5)
