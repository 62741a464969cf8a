import dataclasses

import numpy as np
import pytest

from facedepth_pipeline.synthetic.imaging.scanner import Scanner, scan

PERFECT = Scanner(smoothing_px=0.0, ripple_mm=0.0, noise_mm=0.0, hole_share=0.0, rim_px=0.0, seed=3)
SHAPE = (160, 140)


@pytest.fixture
def disc():
    row, column = np.indices(SHAPE)
    hit = (row - 80) ** 2 + (column - 70) ** 2 < 60**2
    depth_mm = np.where(hit, 40 + 0.1 * row - 0.05 * column, 0).astype(np.float32)
    return depth_mm, hit, np.zeros(SHAPE, np.float32), np.ones(SHAPE, np.float32)


def test_a_scanner_without_errors_changes_nothing(disc):
    depth_mm, seen = scan(*disc, PERFECT)
    np.testing.assert_allclose(depth_mm, disc[0], atol=1e-5)
    assert np.array_equal(seen, disc[1])


def test_smoothing_keeps_a_plane_and_does_not_reach_over_the_rim(disc):
    depth_mm, seen = scan(*disc, dataclasses.replace(PERFECT, smoothing_px=2.0))
    inside = np.hypot(*(np.indices(SHAPE) - np.array([80, 70])[:, None, None])) < 50
    np.testing.assert_allclose(depth_mm[inside], disc[0][inside], atol=1e-3)
    np.testing.assert_allclose(depth_mm[seen], disc[0][seen], atol=0.5)  # no pull toward the background


def test_hair_gets_holes_and_skin_does_not(disc):
    depth_mm, hit, hairiness, slope = disc
    hairiness[:60] = 1
    _, seen = scan(depth_mm, hit, hairiness, slope, dataclasses.replace(PERFECT, hole_share=0.6))
    assert 0.35 < 1 - seen[:60][hit[:60]].mean() < 0.85
    assert seen[60:][hit[60:]].all()


def test_steep_surface_is_lost_more_often(disc):
    depth_mm, hit, hairiness, slope = disc
    slope[:, :70] = 0.02
    _, seen = scan(depth_mm, hit, hairiness, slope, PERFECT)
    assert seen[:, :70][hit[:, :70]].mean() < 0.9
    assert seen[:, 70:][hit[:, 70:]].all()


def test_the_rim_is_eaten_by_about_what_is_asked_and_no_surface_is_invented(disc):
    _, seen = scan(*disc, dataclasses.replace(PERFECT, rim_px=4.0))
    assert not (seen & ~disc[1]).any()
    radius = np.sqrt(seen.sum() / np.pi)
    assert 60 - 8 < radius < 60 - 2


def test_ripple_and_noise_have_the_deviation_asked_for_and_repeat(disc):
    rough = dataclasses.replace(PERFECT, ripple_mm=0.3, noise_mm=0.1)
    depth_mm, seen = scan(*disc, rough)
    assert 0.1 < (depth_mm - disc[0])[seen].std() < 0.6
    assert np.array_equal(depth_mm, scan(*disc, rough)[0])
    assert not np.array_equal(depth_mm, scan(*disc, dataclasses.replace(rough, seed=4))[0])
