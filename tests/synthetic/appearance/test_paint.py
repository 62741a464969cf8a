import dataclasses

import numpy as np
import pytest

from facedepth_pipeline.synthetic.appearance.eyes import eye_albedo, lash_weight
from facedepth_pipeline.synthetic.appearance.hair import brow_weight, hair_relief, scalp_hair
from facedepth_pipeline.synthetic.appearance.paint import ENAMEL, material_at, paint_subject, painted_vertices
from facedepth_pipeline.synthetic.head.relief import crease_relief_mm
from facedepth_pipeline.synthetic.noise import nearest_in_tile, noise_tile, sample_tile, smooth_step, waves
from facedepth_pipeline.synthetic.people.subjects import sample_subject


@pytest.fixture(scope="module")
def subject():
    return dataclasses.replace(sample_subject(np.random.default_rng(2), "001"), tone=0.3)


def test_smooth_step_by_hand():
    np.testing.assert_allclose(smooth_step(0, 2, np.array([-1, 0, 0.5, 1, 3])), [0, 0, 0.15625, 0.5, 1])
    np.testing.assert_allclose(smooth_step(2, 0, np.array([-1.0, 1, 3])), [1, 0.5, 0])


def test_tiles_repeat_without_a_seam():
    tile = noise_tile(np.random.default_rng(0))
    assert tile.mean() == pytest.approx(0, abs=1e-6)
    assert tile.std() == pytest.approx(1, abs=1e-3)
    place = np.array([3.0, 200.5]), np.array([7.0, 90.25])
    np.testing.assert_allclose(sample_tile(tile, *place), sample_tile(tile, place[0] - 256, place[1] + 512))
    assert sample_tile(tile, *place)[0] == nearest_in_tile(tile, *place)[0] == tile[7, 3]


def test_waves_have_deviation_one():
    position = np.random.default_rng(1).uniform(-500, 500, (20_000, 3)).astype(np.float32)
    noise = waves(np.random.default_rng(2), position, wavelength_mm=(10, 40), count=16)
    assert noise.mean() == pytest.approx(0, abs=0.1)
    assert noise.std() == pytest.approx(1, abs=0.1)


def test_paint_is_a_reflectance_and_repeats(renderer, subject):
    first, second = (paint_subject(renderer.surface, subject) for _ in range(2))
    assert np.array_equal(first.albedo, second.albedo)
    assert first.albedo.min() >= 0
    assert first.albedo.max() <= 1


def test_lips_and_cheeks_are_redder_than_the_forehead(renderer, subject):
    surface = renderer.surface
    albedo = paint_subject(surface, dataclasses.replace(subject, lip_tint=0.0, ruddiness=1.0)).albedo
    redness = albedo[:, 0] / albedo[:, 1]
    x, y, z = surface.canonical.T
    forehead = redness[(np.abs(x) < 25) & (np.abs(y - 40) < 8) & (z > 0)].mean()
    cheek = redness[(np.abs(np.abs(x) - 40) < 6) & (np.abs(y + 36) < 6) & (z > -20)].mean()
    assert redness[surface.region_weights["lips"] > 0.95].mean() > cheek > forehead


def test_a_darker_tone_is_darker_everywhere_on_the_skin(renderer, subject):
    skin = renderer.surface.region_weights["skin"] > 0.95
    light, dark = (paint_subject(renderer.surface, dataclasses.replace(subject, tone=tone)) for tone in (0.1, 0.9))
    assert (dark.albedo[skin] < light.albedo[skin]).mean() > 0.999


def test_hair_covers_the_crown_and_leaves_the_face(renderer):
    x, y, z = renderer.surface.canonical.T
    hair = scalp_hair(renderer.surface, hairline_mm=0.0, seed=3)
    assert hair[(y > 100) & (z < -20)].min() == 1
    assert hair[(np.abs(x) < 40) & (np.abs(y) < 30) & (z > 0)].max() == 0
    assert (hair_relief(renderer.surface, hair, seed=3)[hair == 0] == 0).all()
    receded = scalp_hair(renderer.surface, hairline_mm=12.0, seed=3)
    assert receded.sum() < hair.sum()


def test_brows_are_two_bands_above_the_eyes():
    along = np.linspace(-60, 60, 241)
    position = np.stack([along, np.full_like(along, 16.5), np.zeros_like(along)], axis=1)
    weight = brow_weight(position)
    np.testing.assert_allclose(weight, weight[::-1], atol=1e-6)
    assert weight[np.abs(along) < 4].max() < 0.05
    assert weight[np.abs(np.abs(along) - 25) < 2].min() > 0.5
    assert weight[np.abs(along) > 56].max() == 0


def test_creases_are_shallow_grow_with_depth_and_stay_on_the_front_of_the_skin(renderer):
    surface = renderer.surface
    young, old = (crease_relief_mm(surface, depth_mm, seed=5) for depth_mm in (0.1, 0.7))
    assert old.min() < 3 * young.min() < 0
    assert -1.2 < old.min() < old.max() < 0.3
    assert not old[(surface.region_weights["skin"] == 0) | (surface.canonical[:, 2] < -35)].any()


def test_teeth_of_a_head_that_has_them_are_white_and_the_gums_near_them_pink(renderer, subject):
    surface = renderer.surface
    mouth = surface.region_weights["mouth_interior"]
    teeth = mouth * (surface.canonical[:, 0] > 5)
    weights = surface.region_weights | {"teeth": teeth, "mouth_interior": mouth - teeth}
    albedo = paint_subject(dataclasses.replace(surface, region_weights=weights), subject).albedo
    np.testing.assert_allclose(albedo[teeth == 1] / ENAMEL, 0.9, atol=0.25)
    assert np.ptp(albedo[teeth == 1], axis=0).max() < 1e-6
    gums = (mouth == 1) & (teeth == 0)
    near, far = (albedo[gums & (surface.canonical[:, 0] > x - 4) & (surface.canonical[:, 0] < x)] for x in (5, -15))
    assert near[:, 0].mean() > 1.5 * far[:, 0].mean()
    assert np.all(near[:, 0] > 1.5 * near[:, 1])


def test_no_beard_grows_in_the_mouth(renderer, subject):
    surface = renderer.surface
    bearded = dataclasses.replace(subject, beard=1.0, beard_mm=8.0)
    paint = paint_subject(surface, bearded)
    inside = surface.region_weights["mouth_interior"] > 0.9
    assert np.all(paint.beard[inside] < -0.8)
    assert paint.beard.max() > 0.9
    gains, shirt = np.full(3, 1.3, np.float32), np.zeros(3, np.float32)
    material = material_at(paint, surface, painted_vertices(paint, surface), gains, shirt, 8.0)
    np.testing.assert_array_equal(material.albedo[inside], paint.albedo[inside])
    assert not material.bump[inside].any()


def test_lashes_darken_the_rims_of_the_upper_lids_most(renderer):
    surface = renderer.surface
    weight = lash_weight(surface)
    offset = surface.canonical - surface.eye_centres[1]
    rim = (np.abs(offset[:, 0]) < 6) & (np.linalg.norm(offset, axis=1) - surface.eye_radius_mm < 1) & (offset[:, 2] > 8)
    rim &= surface.region_weights["eyelid"] > 0.8
    assert weight[rim & (offset[:, 1] > 1.5)].min() > 0.8
    assert weight[rim & (offset[:, 1] < -4)].max() < 0.3
    assert weight[(surface.canonical[:, 1] < -30)].max() == 0


def test_an_eye_is_black_in_the_middle_then_coloured_then_white():
    from_centre = np.array([[0, 0, 17], [4.5, 0, 16], [9, 0, 14]], np.float32)
    pupil, iris, sclera = eye_albedo(from_centre, np.array([0.05, 0.1, 0.3], np.float32))
    assert pupil.max() < 0.02
    assert iris[2] > 2 * iris[0]
    assert sclera.min() > 0.3
