import keras
import numpy as np
import pytest

from facedepth_pipeline.data.layers import GLOSS_OF_SKIN
from facedepth_pipeline.pix2pix.random_light import Ambient, Light
from facedepth_pipeline.pix2pix.relighting import Lit, Look, composed, normals_of, relight, shade, surface_slopes
from surfaces import SPHERE_RADIUS_MM, STRETCH_PITCH, plane, sphere

BALL = sphere()
FRONT = (0.0, 0.0, 1.0)
MIDDLE = np.hypot(*np.meshgrid((np.arange(256) - 127.5) * 0.6263, (np.arange(256) - 127.5) * 0.9388)) < 45


def lit(reflectance=0.5, gloss=0, skin=0, coverage=255, visibility=255) -> Lit:
    """One ball of even colour."""
    albedo = np.full((1, 256, 256, 3), 255 * reflectance ** (1 / 2.2), np.float32)
    surface = np.broadcast_to(np.array([gloss, skin, coverage], np.float32), (1, 256, 256, 3))
    seen = np.full((1, 128, 128, 16), visibility, np.float32)
    valid = BALL.valid[None, ..., None].astype(np.float32)
    return Lit(*map(keras.ops.convert_to_tensor, (albedo, surface, seen, BALL.depth_mm[None, ..., None], valid)))


def light(direction=FRONT, brightness=1.0, ambient=0.0, toward=(0.0, 1.0, 0.0), lean=0.0) -> Light:
    """One lamp, two dark ones, and light from everywhere."""
    directions = np.array([[direction, FRONT, FRONT]], np.float32)
    colours = np.zeros((1, 3, 3), np.float32)
    colours[0, 0] = brightness
    everywhere = Ambient(
        np.array([toward], np.float32), np.array([lean], np.float32), np.full((1, 3), ambient, np.float32)
    )
    return Light(directions, np.full((1, 3), 10, np.float32), colours, (everywhere,))


def shaded(layers: Lit, lamps: Light, flatness: float = 0.0) -> np.ndarray:
    """(256, 256, 3) light from the ball with the tone it is painted in."""
    one, gains = np.ones(1, np.float32), np.ones((1, 3), np.float32)
    look = Look(one, gains, gains, gains, one, 16 * one, 0 * one, flatness * one)
    person, _ = shade(layers, lamps, look, np.zeros((1, 256, 256, 1), np.float32), STRETCH_PITCH)
    return np.asarray(person)[0]


def true_normals() -> np.ndarray:
    """(256, 256, 3) of the sphere."""
    x, y = np.meshgrid((np.arange(256) - 127.5) * 0.6263, (127.5 - np.arange(256)) * 0.9388)
    z = np.sqrt(np.maximum(SPHERE_RADIUS_MM**2 - x**2 - y**2, 0))
    return np.stack([x, y, z], axis=-1) / SPHERE_RADIUS_MM


def test_normals_of_a_sphere_point_away_from_its_centre():
    layers = lit()
    normals = np.asarray(normals_of(surface_slopes(layers.depth_mm, layers.valid, STRETCH_PITCH)))[0]
    np.testing.assert_allclose(normals[MIDDLE], true_normals()[MIDDLE], atol=0.01)


def test_slopes_of_a_plane_are_true_up_to_its_rim_and_a_step_changes_none():
    tilted = plane(0.5, -0.25, size=32)
    depth_mm = tilted.depth_mm.copy()
    depth_mm[:, 16:] += 20
    valid = np.ones((1, 32, 32, 1), np.float32)
    valid[:, :4] = 0
    slopes = np.asarray(surface_slopes(depth_mm[None, ..., None] * valid, valid, STRETCH_PITCH))[0, 4:]
    np.testing.assert_allclose(slopes[..., 0], -0.5, atol=1e-4)
    np.testing.assert_allclose(slopes[..., 1], 0.25, atol=1e-4)


@pytest.mark.parametrize("direction", [FRONT, (0.6, 0.0, 0.8), (0.0, 0.6, 0.8)])
def test_a_lamp_lights_a_sphere_by_the_cosine(direction):
    expected = 0.5 * np.clip(true_normals() @ np.array(direction), 0, None)
    seen = shaded(lit(reflectance=0.5), light(direction))
    np.testing.assert_allclose(seen[MIDDLE], np.repeat(expected[..., None], 3, axis=-1)[MIDDLE], atol=0.01)


def test_even_light_from_everywhere_lights_all_sides_alike_and_a_leaning_one_its_own():
    even = shaded(lit(reflectance=0.3), light(brightness=0, ambient=0.8))
    np.testing.assert_allclose(even[MIDDLE], 0.3 * 0.8, rtol=0.01)
    leaning = shaded(lit(reflectance=0.3), light(brightness=0, ambient=0.8, lean=0.5))[..., 0]
    assert leaning[100, 128] > even[100, 128, 0] > leaning[155, 128]


def test_a_surface_that_sees_nothing_stays_dark_and_one_half_hidden_gets_back_some_of_its_own_light():
    assert shaded(lit(visibility=0), light(ambient=0.5))[MIDDLE].max() == pytest.approx(0, abs=1e-5)
    half = shaded(lit(reflectance=0.5, visibility=127.5), light(brightness=0, ambient=1.0))
    np.testing.assert_allclose(half[MIDDLE], 0.5 * 0.5 / (1 - 0.5 * 0.5), rtol=0.01)


def test_gloss_adds_light_where_the_lamp_is_mirrored_and_there_alone():
    matt, shining = (shaded(lit(gloss=gloss), light()) for gloss in (0, GLOSS_OF_SKIN))
    added = (shining - matt)[..., 0]
    assert np.unravel_index(np.where(MIDDLE, added, 0).argmax(), added.shape) == pytest.approx((128, 128), abs=2)
    assert added[128, 128] == pytest.approx(0.028 * 24 / 8, rel=0.02)  # Fresnel's share and the norm of the lobe
    assert added[128, 190] < 0.1 * added[128, 128]


def test_red_light_spreads_farther_in_skin_than_blue_and_none_is_lost():
    layers = lit(skin=255)
    shadow = np.full((1, 128, 128, 16), 255, np.float32)
    shadow[:, :, 64:] = 0
    seen = shaded(layers._replace(visibility=shadow), light())
    dark_side = seen[128, 129:132].sum(axis=0)
    assert dark_side[0] > 1.2 * dark_side[2]
    plain = shaded(lit()._replace(visibility=shadow), light())
    np.testing.assert_allclose(
        seen[100:156, 100:156].sum(axis=(0, 1)), plain[100:156, 100:156].sum(axis=(0, 1)), rtol=0.02
    )


def test_flat_light_is_the_mean_of_the_light_on_the_skin_everywhere():
    layers = lit(reflectance=0.5, skin=255, gloss=GLOSS_OF_SKIN)
    matt = lit(reflectance=0.5, skin=255)
    mean = shaded(matt, light((0.6, 0.0, 0.8))).mean()
    np.testing.assert_allclose(shaded(layers, light((0.6, 0.0, 0.8)), flatness=1.0)[MIDDLE], mean, rtol=0.01)


def test_a_pixel_half_covered_is_half_backdrop():
    person, backdrop = np.full((1, 4, 4, 3), 0.8, np.float32), np.full((1, 4, 4, 3), 0.2, np.float32)
    surface = np.zeros((1, 4, 4, 3), np.float32)
    surface[..., 2] = 127.5
    np.testing.assert_allclose(np.asarray(composed(person, surface, backdrop)), 0.5, rtol=1e-5)


def test_where_nobody_is_only_the_backdrop_is_seen():
    bright, dark = (np.asarray(relight(lit(reflectance, coverage=0), STRETCH_PITCH, 5)) for reflectance in (0.9, 0.1))
    np.testing.assert_array_equal(bright, dark)


def test_every_photo_is_another_one_within_range_and_the_seed_decides():
    several = Lit(*(keras.ops.repeat(layer, 8, axis=0) for layer in lit(skin=255, gloss=100)))
    first, same, other = (
        np.asarray(relight(several, STRETCH_PITCH, keras.random.SeedGenerator(seed))) for seed in (1, 1, 2)
    )
    np.testing.assert_array_equal(first, same)
    assert np.abs(first - other).mean() > 0.05
    assert first.shape == (8, 256, 256, 3)
    assert np.isfinite(first).all()
    assert np.abs(first).max() <= 1
    assert np.abs(first[1:] - first[:-1]).mean(axis=(1, 2, 3)).min() > 0.02
    # faces are exposed as faces are: neither black nor white
    assert (np.abs(first[:, 90:160, 100:156].mean(axis=(1, 2, 3))) < 0.8).all()
