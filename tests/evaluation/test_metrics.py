import numpy as np
import pytest

from facedepth_pipeline.depth import DepthMap, PixelPitch
from facedepth_pipeline.evaluation.metrics import image_metrics, mae_mm, rmse_mm

PITCH = PixelPitch(0.6, 0.9)


def test_errors_ignore_pixels_without_a_surface():
    predicted = np.array([[1.0, -3.0], [7.0, 0.0]])
    valid = np.array([[True, True], [False, True]])
    assert mae_mm(predicted, np.zeros((2, 2)), valid) == pytest.approx(4 / 3)
    assert rmse_mm(predicted, np.zeros((2, 2)), valid) == pytest.approx(np.sqrt(10 / 3))


@pytest.mark.parametrize(
    ("predicted", "valid", "message"),
    [
        (np.zeros((2, 3)), np.ones((2, 2), bool), r"received \(2, 3\), \(2, 2\) and \(2, 2\)"),
        (np.zeros((2, 2)), np.zeros((2, 2), bool), "no pixel"),
        (np.full((2, 2), np.nan), np.ones((2, 2), bool), "NaN"),
    ],
)
def test_an_undefined_error_is_never_a_number(predicted, valid, message):
    with pytest.raises(ValueError, match=message):
        mae_mm(predicted, np.zeros((2, 2)), valid)


@pytest.fixture
def flat():
    depth_mm = np.zeros((40, 40), np.float32)
    depth_mm[10:30, 10:30] = 40.8
    return DepthMap(depth_mm, depth_mm > 0, PITCH)


def test_a_constant_offset_is_the_error_everywhere(flat):
    figures = image_metrics(flat.depth_mm + 2, flat, erosion_px=3)
    assert [figures[name] for name in ("mae_mm", "rmse_mm", "mae_mm_eroded")] == pytest.approx([2, 2, 2])
    assert figures["mae_normalized"] == pytest.approx(2 / 40.8, rel=1e-5)


def test_the_whole_image_counts_background_as_minus_one(flat):
    figures = image_metrics(np.where(flat.valid, flat.depth_mm, 4.08).astype(np.float32), flat, erosion_px=0)
    assert figures["mae_mm"] == 0
    assert figures["mae_normalized"] == pytest.approx(0.1 * (1 - 400 / 1600), rel=1e-5)


def test_erosion_leaves_the_rim_out(flat):
    predicted = flat.depth_mm.copy()
    predicted[10:13] += 8  # three rows of twenty
    assert image_metrics(predicted, flat, 0)["mae_mm"] == pytest.approx(8 * 3 / 20)
    assert image_metrics(predicted, flat, 2)["mae_mm_eroded"] == pytest.approx(8 * 1 / 16)
    assert image_metrics(predicted, flat, 3)["mae_mm_eroded"] == 0
