import numpy as np
import pytest

from facedepth_pipeline.depth import MM_PER_GREY_LEVEL, DepthMap
from facedepth_pipeline.evaluation.metrics import eroded
from facedepth_pipeline.evaluation.roughness import ripple_mm, roughness, without_steps
from surfaces import plane, sphere

CLEAN = sphere()
STEPS = DepthMap(
    (np.rint(CLEAN.depth_mm / MM_PER_GREY_LEVEL) * MM_PER_GREY_LEVEL).astype(np.float32), CLEAN.valid, CLEAN.pitch
)
INSIDE = eroded(CLEAN.valid, 3)
EVERYWHERE = np.ones_like(CLEAN.valid)
ROWS, COLUMNS = np.indices(CLEAN.valid.shape)
WHOLE_SPHERE_MM = 10 + np.sqrt(
    np.maximum(60**2 - ((COLUMNS - 127.5) * CLEAN.pitch.x_mm) ** 2 - ((ROWS - 127.5) * CLEAN.pitch.y_mm) ** 2, 0)
)


def rough(predicted_mm):
    return roughness(predicted_mm, EVERYWHERE, STEPS, INSIDE)


@pytest.mark.parametrize(
    ("period", "share"), [(2, 1.0), (4, 0.25), (8, np.sin(np.pi / 8) ** 4)], ids=["2 px", "4 px", "8 px"]
)
def test_short_waves_pass_and_long_ones_do_not(period, share):
    wave = np.cos(2 * np.pi * COLUMNS / period)
    along_rows_alone = np.abs(wave).mean() / 2
    assert ripple_mm(wave, EVERYWHERE, EVERYWHERE) == pytest.approx(along_rows_alone * share, rel=0.02)


def test_a_plane_has_no_ripple_and_a_checkerboard_its_height():
    tilted = plane(0.8, -0.5)
    assert ripple_mm(tilted.depth_mm, tilted.valid, tilted.valid) < 1e-5
    checkers = 0.1 * (-1.0) ** (ROWS + COLUMNS)
    assert ripple_mm(checkers, EVERYWHERE, EVERYWHERE) == pytest.approx(0.1)


def test_a_clean_sphere_is_as_rough_as_its_truth_and_stripes_show():
    assert ripple_mm(STEPS.depth_mm, STEPS.valid, INSIDE) > 0.02  # what the steps alone would hide
    clean = rough(WHOLE_SPHERE_MM)
    assert clean == pytest.approx(1, abs=0.1)
    assert rough(WHOLE_SPHERE_MM + 0.1 * (-1.0) ** (ROWS + COLUMNS)) > 8
    assert rough(WHOLE_SPHERE_MM + 0.1 * (-1.0) ** COLUMNS) > 4.5
    assert rough(WHOLE_SPHERE_MM + 0.1 * np.cos(2 * np.pi * COLUMNS / 16)) < 1.2  # a wave, no stripe


def test_steps_are_smoothed_by_half_a_step_at_most():
    smooth = without_steps(STEPS)
    assert np.abs(smooth - STEPS.depth_mm)[STEPS.valid].max() <= MM_PER_GREY_LEVEL / 2 + 1e-5  # in float32
    assert np.abs(smooth - CLEAN.depth_mm)[INSIDE].mean() < np.abs(STEPS.depth_mm - CLEAN.depth_mm)[INSIDE].mean()
    edge = DepthMap(np.where(COLUMNS < 128, 40, 30).astype(np.float32), EVERYWHERE, CLEAN.pitch)
    assert without_steps(edge)[128, 127] - without_steps(edge)[128, 128] > 9.6  # an edge is no step


def test_the_rim_of_holes_is_no_ripple():
    covered = COLUMNS > 100
    holed = np.where(covered, WHOLE_SPHERE_MM, np.nan)
    assert roughness(holed, covered, STEPS, INSIDE) == pytest.approx(1, abs=0.1)
    assert np.isnan(ripple_mm(holed, ~EVERYWHERE, INSIDE))
