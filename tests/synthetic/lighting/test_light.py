import numpy as np
import pytest

from facedepth_pipeline.synthetic.lighting.light import (
    AreaLight,
    Lighting,
    Shading,
    ambient_irradiance,
    even_directions,
    harmonics,
    highlight,
    linear_from_srgb,
    srgb_from_linear,
    white_at,
)

SPHERE = even_directions(20_000, lowest_z=-1.0)
DARK = ((0.0, 0.0, 0.0),) * 9


def test_harmonics_are_orthonormal():
    values = harmonics(SPHERE)
    np.testing.assert_allclose(values.T @ values / len(SPHERE), np.eye(9), atol=2e-3)


def test_ambient_irradiance_is_the_integral_over_the_hemisphere():
    rng = np.random.default_rng(0)
    ambient = tuple(tuple(row) for row in np.vstack([np.ones((1, 3)), rng.uniform(-0.1, 0.1, (8, 3))]).tolist())
    radiance = harmonics(SPHERE) @ np.array(ambient)
    normals = SPHERE[::4000]
    cosine = np.clip(normals @ SPHERE.T, 0, None)
    expected = 4 * cosine @ radiance / len(SPHERE)  # (1 / pi) times the integral over the sphere, of area 4 pi
    np.testing.assert_allclose(ambient_irradiance(ambient, normals), expected, atol=5e-3)


def test_samples_of_a_light_fill_its_disc():
    light = AreaLight(35, 20, 10, (1, 1, 1))
    samples = light.sample_directions()
    angle_deg = np.rad2deg(np.arccos(np.clip(samples @ light.direction, -1, 1)))
    np.testing.assert_allclose(np.linalg.norm(samples, axis=1), 1, atol=1e-6)
    assert 7 < angle_deg.max() <= 10.1
    middle = samples.mean(axis=0)
    assert middle / np.linalg.norm(middle) @ light.direction > np.cos(np.deg2rad(1.5))


def test_highlight_peaks_where_the_surface_mirrors_the_light_into_the_camera():
    light = AreaLight(40, 0, 1, (1, 1, 1))
    tilt = np.deg2rad(np.linspace(-60, 60, 121))
    normals = np.stack([np.sin(tilt), np.zeros_like(tilt), np.cos(tilt)], axis=1).astype(np.float32)
    count = len(normals)
    shading = Shading(np.ones((count, 3)), np.ones(count), np.zeros((count, 2)), np.ones((count, 1)))
    for wet in (False, True):
        glint = highlight(normals, np.ones(count), np.full(count, wet), Lighting((light,), DARK), shading)
        assert np.rad2deg(tilt[glint[:, 0].argmax()]) == pytest.approx(20, abs=2.1)
    hidden = shading._replace(visibility=np.zeros((count, 1)))
    assert not highlight(normals, np.ones(count), np.full(count, False), Lighting((light,), DARK), hidden).any()


def test_lamps_turn_from_red_to_blue():
    np.testing.assert_allclose(white_at(5500), 1)
    warm, cold = white_at(2800), white_at(9000)
    assert warm[0] > warm[1] > warm[2]
    assert cold[0] < cold[1] < cold[2]
    assert warm.mean() == pytest.approx(cold.mean())


def test_display_values_and_linear_light_are_inverse():
    values = np.linspace(0, 1, 101)
    np.testing.assert_allclose(srgb_from_linear(linear_from_srgb(values)), values, atol=1e-6)
    assert srgb_from_linear(np.array([0.2140])) == pytest.approx(0.5, abs=1e-3)
    assert linear_from_srgb(np.array([0.5])) == pytest.approx(0.2140, abs=1e-3)
