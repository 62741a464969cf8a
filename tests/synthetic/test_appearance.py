import dataclasses

import numpy as np
import pytest

from facedepth_pipeline.synthetic.appearance import brow_weight, hair_weight, paint_subject, skin_tone, smooth_step
from facedepth_pipeline.synthetic.subjects import sample_subject


@pytest.fixture(scope="module")
def subject():
    return dataclasses.replace(sample_subject(np.random.default_rng(2), "001"), hairline_mm=0.0, beard=0.0)


def test_smooth_step_by_hand():
    np.testing.assert_allclose(smooth_step(0, 2, np.array([-1, 0, 0.5, 1, 3])), [0, 0, 0.15625, 0.5, 1])
    np.testing.assert_allclose(smooth_step(2, 0, np.array([-1.0, 1, 3])), [1, 0.5, 0])


def test_skin_darkens_with_melanin():
    brightness = [skin_tone(melanin, 0.0).sum() for melanin in np.linspace(0, 1, 11)]
    assert (np.diff(brightness) < 0).all()


def test_paint_is_a_reflectance_and_repeats(renderer, subject):
    first, second = (paint_subject(renderer.surface, subject) for _ in range(2))
    assert np.array_equal(first.albedo, second.albedo)
    assert first.albedo.min() >= 0
    assert first.albedo.max() <= 1
    assert first.tile.mean() == pytest.approx(0, abs=0.05)
    assert first.tile.std() == pytest.approx(1, abs=1e-3)


def test_hair_covers_the_crown_and_leaves_the_face(renderer, subject):
    x, y, z = renderer.surface.canonical.T
    hair = hair_weight(renderer.surface, subject)
    assert hair[(y > 100) & (z < -20)].min() == 1
    assert hair[(np.abs(x) < 40) & (np.abs(y) < 30) & (z > 0)].max() == 0
    paint = paint_subject(renderer.surface, subject)
    assert (paint.hair_displacement_mm[hair == 0] == 0).all()


def test_brows_are_two_bands_above_the_eyes():
    along = np.linspace(-60, 60, 241)
    position = np.stack([along, np.full_like(along, 16.5), np.zeros_like(along)], axis=1)
    weight = brow_weight(position, np.zeros(len(along)))
    np.testing.assert_allclose(weight, weight[::-1], atol=1e-6)
    assert weight[np.abs(along) < 4].max() < 0.05
    assert weight[np.abs(np.abs(along) - 25) < 2].min() > 0.5
    assert weight[np.abs(along) > 56].max() == 0
