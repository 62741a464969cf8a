import numpy as np
import pytest

from facedepth_pipeline.depth import DepthMap, PixelPitch
from facedepth_pipeline.evaluation.metrics import (
    METRICS,
    aligned_metrics,
    image_metrics,
    mae_mm,
    measured_place,
    normal_angle_deg,
    rmse_mm,
)
from facedepth_pipeline.evaluation.regions import FacePoints
from surfaces import plane, sphere

PITCH = PixelPitch(0.6, 0.9)
POINTS = FacePoints(eyes=(20, 12), nose_tip=(20, 20), mouth=(20, 30))


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
    figures = image_metrics(flat.depth_mm + 2, flat, 3, POINTS)
    assert [figures[name] for name in ("mae_mm", "rmse_mm", "mae_mm_eroded")] == pytest.approx([2, 2, 2])
    assert figures["mae_normalized"] == pytest.approx(2 / 40.8, rel=1e-5)


def test_the_whole_image_counts_background_as_minus_one(flat):
    figures = image_metrics(np.where(flat.valid, flat.depth_mm, 4.08).astype(np.float32), flat, 0, POINTS)
    assert figures["mae_mm"] == 0
    assert figures["mae_normalized"] == pytest.approx(0.1 * (1 - 400 / 1600), rel=1e-5)


def test_erosion_leaves_the_rim_out(flat):
    predicted = flat.depth_mm.copy()
    predicted[10:13] += 8  # three rows of twenty
    assert image_metrics(predicted, flat, 0, POINTS)["mae_mm"] == pytest.approx(8 * 3 / 20)
    assert image_metrics(predicted, flat, 2, POINTS)["mae_mm_eroded"] == pytest.approx(8 * 1 / 16)
    assert image_metrics(predicted, flat, 3, POINTS)["mae_mm_eroded"] == 0


def test_an_offset_moves_the_raw_error_and_the_bias_and_no_other_figure():
    truth = sphere()
    rough = truth.depth_mm + np.random.default_rng(0).normal(0, 1, truth.depth_mm.shape).astype(np.float32)
    points = FacePoints(eyes=(127.5, 90), nose_tip=(127.5, 127), mouth=(127.5, 160))
    before, after = (image_metrics(rough + offset, truth, 3, points) for offset in (np.float32(0), np.float32(5)))
    assert after["bias_mm"] == pytest.approx(before["bias_mm"] + 5, abs=1e-5)
    assert after["mae_mm"] > 4.9 > before["mae_mm"]
    for name in ("mae_mm_shift_aligned", "rmse_mm_shift_aligned", "mae_mm_aligned", "normal_angle_deg", "roughness"):
        assert after[name] == pytest.approx(before[name], rel=1e-4, abs=1e-4), name
    assert after["nose_protrusion_error_mm"] == pytest.approx(before["nose_protrusion_error_mm"], abs=1e-4)
    assert (before["within_1mm"], after["within_3mm"]) == pytest.approx((0.683, 0.023), abs=0.01)  # of a normal error
    assert before["p95_mm"] == pytest.approx(1.96, abs=0.03)
    assert list(before) == list(METRICS)


@pytest.mark.parametrize("slope", [0.2, -1.0])
def test_the_angle_between_two_planes_is_that_of_their_normals(slope):
    truth = plane(0.5, 0.0)
    inside = np.zeros(truth.valid.shape, bool)
    inside[8:-8, 8:-8] = True  # smoothing bends a plane at its rim
    angle = normal_angle_deg(plane(slope, 0.0).depth_mm, truth, inside)
    assert angle == pytest.approx(np.degrees(abs(np.arctan(slope) - np.arctan(0.5))), abs=0.05)
    assert normal_angle_deg(truth.depth_mm, truth, inside) == pytest.approx(0, abs=0.02)


def test_a_tilted_copy_is_wrong_as_it_is_and_right_aligned():
    truth = sphere()
    rows, columns = np.indices(truth.valid.shape)
    tilted = (truth.depth_mm + 4 + 0.05 * columns - 0.03 * rows).astype(np.float32)
    figures = image_metrics(tilted, truth, 3, POINTS)
    assert figures["mae_mm"] > 4
    assert figures["mae_mm_aligned"] < 1e-3
    assert figures["normal_angle_deg"] < 0.7  # of smoothing the truth alone
    assert figures["coverage"] == 1


def test_a_hole_is_not_measured_and_is_told():
    truth = sphere()
    holed = truth.depth_mm.copy()
    holed[:, :128] = np.nan
    holed[:, 128:] += 2
    figures = image_metrics(holed, truth, 3, POINTS)
    assert figures["coverage"] == pytest.approx(0.5, abs=0.01)
    assert [figures["mae_mm"], figures["mae_mm_eroded"]] == pytest.approx([2, 2])
    assert figures["mae_mm_aligned"] < 1e-4
    assert figures["mae_normalized"] > 0.1  # where a hole is background
    with pytest.raises(ValueError, match="NaN at every pixel of the true mask"):
        image_metrics(np.full_like(holed, np.nan), truth, 3, POINTS)


def test_the_place_of_the_aligned_figures_ends_at_the_rim_and_75_mm_from_the_nose():
    wide = DepthMap(np.full((301, 301), 40, np.float32), np.ones((301, 301), bool), PixelPitch(1, 1))
    marked = np.tile([[250.0, 375.0]], (25, 1))  # the middle of the frame, which is (127.5, 127.5) in every image
    place = measured_place(wide, 3, marked)
    assert place.sum() == pytest.approx(np.pi * 75**2, rel=0.01)
    rows, columns = np.nonzero(place)
    assert (rows.mean(), columns.mean()) == pytest.approx((127.5, 127.5), abs=0.1)
    away = np.tile([[-2000.0, -2000.0]], (25, 1))
    with pytest.raises(ValueError, match="no surface within 75 mm of the nose tip"):
        measured_place(wide, 3, away)
    assert np.isnan(aligned_metrics(np.full((301, 301), np.nan), wide, place)["mae_mm_aligned"])


def test_a_margin_that_leaves_nothing_says_so(flat):
    with pytest.raises(ValueError, match=r"No valid pixel is left 12 pixels from the rim.*erosion_px"):
        image_metrics(flat.depth_mm, flat, 12, POINTS)
