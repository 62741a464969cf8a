import numpy as np
import pytest

from facedepth_pipeline.depth import (
    FRAME_HEIGHT_PX,
    FRAME_PITCH,
    FRAME_WIDTH_PX,
    MAX_DEPTH_MM,
    DepthMap,
    PixelPitch,
    back_project,
    denormalize_depth,
    depth_from_png_levels,
    depth_from_range,
    depth_to_png_levels,
    fit_depth,
    fit_photo,
    fit_points,
    fitted_pitch,
    normalize_depth,
    range_from_depth,
    unfit_points,
)

FRAME = (FRAME_HEIGHT_PX, FRAME_WIDTH_PX)


def test_grey_levels_are_a_third_of_a_millimetre_and_zero_is_no_surface():
    depth_map = depth_from_range(np.array([[0, 1, 255]], np.uint8))
    np.testing.assert_allclose(depth_map.depth_mm, [[0, 0.32, 81.6]], rtol=1e-6)
    assert depth_map.valid.tolist() == [[False, True, True]]


def test_range_image_survives_the_way_through_millimetres():
    grey = np.arange(256, dtype=np.uint8)[None]
    depth_map = depth_from_range(grey)
    np.testing.assert_array_equal(range_from_depth(depth_map.depth_mm, depth_map.valid), grey)


def test_what_is_too_deep_for_the_range_image_becomes_background():
    assert range_from_depth(np.array([[-3.0, 0.1, 0.2, 90.0]]), np.ones((1, 4), bool)).tolist() == [[0, 0, 1, 255]]


def test_normalized_depth_spans_minus_one_to_one_and_background_is_minus_one():
    depth_mm = np.array([[0.0, 40.8, 81.6, 50.0]], np.float32)
    valid = np.array([[True, True, True, False]])
    np.testing.assert_allclose(normalize_depth(depth_mm, valid), [[-1, 0, 1, -1]], atol=1e-6)
    np.testing.assert_allclose(denormalize_depth(normalize_depth(depth_mm, valid))[valid], depth_mm[valid], atol=1e-5)


@pytest.mark.parametrize(
    ("fit", "pitch"),
    [("stretch", (0.62625, 0.93875)), ("pad", (0.93875, 0.93875)), ("crop", (0.62625, 0.62625))],
)
def test_pitch_of_each_fit(fit, pitch):
    assert tuple(fitted_pitch(fit)) == pytest.approx(pitch)


@pytest.mark.parametrize("fit", ["stretch", "pad", "crop"])
def test_a_tilted_plane_keeps_its_depth_at_every_pixel_that_is_wholly_valid(fit):
    frame = back_project(DepthMap(np.zeros(FRAME, np.float32), np.ones(FRAME, bool), FRAME_PITCH))
    depth_mm = (40 + 0.2 * frame[..., 0] - 0.1 * frame[..., 1]).astype(np.float32)
    fitted = fit_depth(DepthMap(depth_mm, np.ones(FRAME, bool), FRAME_PITCH), fit)
    points = back_project(fitted)
    expected = 40 + 0.2 * points[..., 0] - 0.1 * points[..., 1]
    inner = fitted.valid.copy()
    inner[:, 1:] &= fitted.valid[:, :-1]
    inner[:, :-1] &= fitted.valid[:, 1:]
    np.testing.assert_allclose(fitted.depth_mm[inner], expected[inner], atol=2e-3)


def test_stretch_covers_the_frame_and_pad_leaves_the_sides_empty():
    frame = DepthMap(np.ones(FRAME, np.float32), np.ones(FRAME, bool), FRAME_PITCH)
    assert fit_depth(frame, "stretch").valid.all()
    padded = fit_depth(frame, "pad").valid
    assert padded.any(axis=0).sum() == pytest.approx(256 * 501 / 751, abs=1)
    assert padded[:, :40].sum() == padded[:, -40:].sum() == 0


def test_no_depth_is_invented_between_face_and_background():
    depth_mm = np.zeros(FRAME, np.float32)
    depth_mm[100:600, 100:400] = 50
    fitted = fit_depth(DepthMap(depth_mm, depth_mm > 0, FRAME_PITCH), "stretch")
    np.testing.assert_allclose(np.unique(fitted.depth_mm.round(3)), [0, 50])


def test_a_pixel_is_valid_from_half_coverage_on():
    valid = np.zeros(FRAME, bool)
    valid[:, :375] = True  # pixel 191 spans columns 373.79 to 375.75: 62 % covered; 192 not at all
    fitted = fit_depth(DepthMap(valid.astype(np.float32), valid, FRAME_PITCH), "stretch")
    assert fitted.valid[128, 191]
    assert not fitted.valid[128, 192]


def test_photo_keeps_its_colour_and_padding_is_black():
    photo = np.full((*FRAME, 3), (10, 120, 250), np.uint8)
    assert (fit_photo(photo, "stretch") == (10, 120, 250)).all()
    padded = fit_photo(photo, "pad")
    assert (padded[128, 128] == (10, 120, 250)).all()
    assert (padded[:, :40] == 0).all()


def test_a_photo_of_another_size_is_refused_with_both_sizes():
    with pytest.raises(ValueError, match="751 rows x 501 columns; received 100 x 90"):
        fit_photo(np.zeros((100, 90, 3), np.uint8), "stretch")


def test_png_levels_are_exact_to_half_a_level_and_never_zero_where_valid():
    depth_mm = np.linspace(0, MAX_DEPTH_MM, 1000, dtype=np.float32).reshape(20, 50)
    valid = np.ones_like(depth_mm, bool)
    valid[3, 4] = False
    depth_map = DepthMap(depth_mm, valid, PixelPitch(0.6, 0.9))
    levels = depth_to_png_levels(depth_map)
    back = depth_from_png_levels(levels, depth_map.pitch)
    assert levels.dtype == np.uint16
    np.testing.assert_array_equal(back.valid, valid)
    assert np.abs(back.depth_mm - depth_mm)[valid].max() <= 0.01
    assert np.abs(back.depth_mm - depth_mm)[valid & (depth_mm > 0.02)].max() <= 0.00501


def test_back_projection_is_centred_metric_and_right_handed():
    depth_map = DepthMap(np.full((3, 5), 7, np.float32), np.ones((3, 5), bool), PixelPitch(0.5, 2.0))
    points = back_project(depth_map)
    np.testing.assert_allclose(points[1, 2], [0, 0, 7])
    np.testing.assert_allclose(points[0, 4], [1.0, 2.0, 7])  # right and up are positive


@pytest.mark.parametrize(
    ("depth_mm", "valid", "pitch", "message"),
    [
        (np.zeros((2, 3)), np.ones((3, 2), bool), (1, 1), r"received \(2, 3\) and \(3, 2\)"),
        (np.full((2, 2), np.nan), np.ones((2, 2), bool), (1, 1), "NaN"),
        (np.zeros((2, 2)), np.ones((2, 2), bool), (1, 0), "pitch must be positive"),
    ],
)
def test_a_depth_map_that_makes_no_sense_is_refused(depth_mm, valid, pitch, message):
    with pytest.raises(ValueError, match=message):
        DepthMap(depth_mm, valid, PixelPitch(*pitch))


@pytest.mark.parametrize("fit", ["stretch", "pad", "crop"])
def test_points_of_the_image_are_found_again_in_the_frame(fit):
    points = np.array([[0.0, 0.0], [12.5, 200.0], [255.0, 255.0]])
    np.testing.assert_allclose(fit_points(unfit_points(points, fit), fit), points, atol=1e-9)
    np.testing.assert_allclose(unfit_points(np.array([[127.5, 127.5]]), fit), [[250, 375]])
