import numpy as np
import pytest

from facedepth_pipeline.depth import DepthMap, PixelPitch
from facedepth_pipeline.evaluation.alignment import align_depth, nose_tip_px, within_reach
from surfaces import sphere

TRUTH = sphere()
ROWS, COLUMNS = np.indices(TRUTH.valid.shape)


def aligned_error(predicted_mm, inside=TRUTH.valid):
    aligned_mm = align_depth(predicted_mm, TRUTH.depth_mm, inside, TRUTH.pitch)
    return np.abs(aligned_mm - TRUTH.depth_mm)[inside]


def test_a_shifted_and_tilted_copy_has_no_error():
    moved = TRUTH.depth_mm - 37 + 0.12 * COLUMNS - 0.08 * ROWS
    assert aligned_error(moved).max() < 1e-4


def test_a_patch_that_is_wrong_by_centimetres_does_not_bend_the_fit():
    patch = (ROWS < 100) & TRUTH.valid  # all of it on one side
    wrong = TRUTH.depth_mm + 5 + 0.1 * COLUMNS + 40 * patch
    share = patch.sum() / TRUTH.valid.sum()
    assert 0.1 < share < 0.3
    error = aligned_error(wrong)
    assert error[~patch[TRUTH.valid]].mean() < 0.2
    assert error.mean() == pytest.approx(40 * share, rel=0.02)


def test_size_is_not_forgiven():
    flat = 0.5 * TRUTH.depth_mm
    half_of_the_relief = 0.5 * TRUTH.depth_mm[TRUTH.valid]
    spread = np.abs(half_of_the_relief - np.median(half_of_the_relief)).mean()  # the least that a shift can leave
    assert aligned_error(flat).mean() == pytest.approx(spread, rel=0.05)
    assert spread > 2


def test_what_lies_outside_is_not_looked_at():
    outside = np.where(TRUTH.valid, TRUTH.depth_mm + 3, np.nan)
    assert aligned_error(outside).max() < 1e-4


@pytest.mark.parametrize(
    ("predicted", "inside", "message"),
    [
        (TRUTH.depth_mm, np.zeros_like(TRUTH.valid), "no pixel to align on"),
        (np.full_like(TRUTH.depth_mm, np.nan), TRUTH.valid, "NaN or infinite where they are to be aligned"),
    ],
)
def test_nothing_is_aligned_on_nothing(predicted, inside, message):
    with pytest.raises(ValueError, match=message):
        align_depth(predicted, TRUTH.depth_mm, inside, TRUTH.pitch)


def test_a_nose_is_where_it_is_marked_or_the_nearest_point_near_the_middle():
    depth_mm = TRUTH.depth_mm.copy()
    depth_mm[140, 118] = 75  # a nose
    depth_mm[35, 128] = 80  # a fringe, 87 mm above the middle
    valid = TRUTH.valid.copy()
    valid[35, 128] = True
    truth = DepthMap(depth_mm, valid, TRUTH.pitch)
    assert nose_tip_px(truth, None, "stretch") == (118, 140)
    marked = np.zeros((25, 2))
    marked[18] = [250, 375]  # the middle of the frame
    assert nose_tip_px(truth, marked, "stretch") == pytest.approx((127.5, 127.5))
    with pytest.raises(ValueError, match="no surface within 40 mm of the middle"):
        nose_tip_px(DepthMap(depth_mm, np.zeros_like(valid), TRUTH.pitch), None, "stretch")


def test_reach_is_in_millimetres_on_both_axes():
    wide = DepthMap(np.ones((301, 301), np.float32), np.ones((301, 301), bool), PixelPitch(1.0, 1.5))
    near = within_reach(wide.valid, wide, (150, 150))
    rows, columns = np.nonzero(near)
    assert (columns.min(), columns.max(), rows.min(), rows.max()) == (75, 225, 100, 200)
