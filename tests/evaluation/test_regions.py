import numpy as np
import pytest

from facedepth_pipeline.depth import (
    FRAME_HEIGHT_PX,
    FRAME_WIDTH_PX,
    DepthMap,
    fit_photo,
    fit_points,
    fitted_pitch,
)
from facedepth_pipeline.evaluation.regions import (
    REGIONS,
    face_regions,
    fiducial_mae_mm,
    nose_protrusion_mm,
    points_of_fiducials,
    points_of_template,
)
from facedepth_pipeline.generator.sidecar import LandmarkTemplate

TEMPLATE = LandmarkTemplate(
    left_eye=(151.5, 300), right_eye=(348.5, 300), nose=(250, 400), mouth_left=(170, 490), mouth_right=(330, 490),
    portraits=1,
)  # fmt: skip
PITCH = fitted_pitch("stretch")
POINTS = points_of_template(TEMPLATE, "stretch")
SHAPE = (256, 256)


def flat(depth=40.0):
    return DepthMap(np.full(SHAPE, depth, np.float32), np.ones(SHAPE, bool), PITCH)


@pytest.mark.parametrize("fit", ["stretch", "pad", "crop"])
def test_a_point_of_the_frame_moves_with_what_it_marks(fit):
    frame = np.zeros((FRAME_HEIGHT_PX, FRAME_WIDTH_PX, 3), np.uint8)
    frame[400:409, 300:309] = 255  # centre at x 304, y 404
    rows, columns = np.nonzero(image := fit_photo(frame, fit)[..., 0].astype(float))
    centre = np.average(np.stack([columns, rows]), axis=1, weights=image[rows, columns])
    np.testing.assert_allclose(fit_points(np.array([[304, 404]]), fit)[0], centre, atol=0.02)


def test_regions_are_all_there_apart_from_each_other_and_where_they_belong():
    masks = face_regions(POINTS, PITCH, SHAPE)
    assert tuple(masks) == REGIONS
    assert sum(mask.astype(int) for mask in masks.values()).max() == 1
    height = {region: np.nonzero(mask)[0].mean() for region, mask in masks.items()}
    assert height["forehead"] < height["eyes"] < height["nose"] < height["cheeks"] < height["mouth"] < height["chin"]
    area = {region: mask.sum() * PITCH.x_mm * PITCH.y_mm for region, mask in masks.items()}
    assert area["mouth"] == pytest.approx(60 * (12 + 90 * 0.32 - 9), rel=0.05)
    for mask in masks.values():
        np.testing.assert_array_equal(mask, mask[:, ::-1])  # the template is symmetric about the middle of the frame


def test_regions_follow_the_marked_points_of_a_face():
    fiducials = np.zeros((25, 2))
    fiducials[[4, 7]] = [[200, 300], [300, 300]]
    fiducials[[14, 15]] = [[170, 490], [330, 490]]
    fiducials[18] = [250, 400]
    assert points_of_fiducials(fiducials, "stretch") == POINTS
    moved = face_regions(points_of_fiducials(fiducials + np.array([0, 50]), "stretch"), PITCH, SHAPE)["mouth"]
    rows, expected = np.nonzero(moved)[0], np.nonzero(face_regions(POINTS, PITCH, SHAPE)["mouth"])[0]
    assert rows.mean() - expected.mean() == pytest.approx(50 * 256 / 751, abs=1)


def test_a_nose_stands_out_as_far_as_it_does():
    truth = flat()
    row, column = (round(value) for value in (POINTS.nose_tip[1], POINTS.nose_tip[0]))
    truth.depth_mm[row - 3 : row + 4, column - 3 : column + 4] += 20
    truth.depth_mm[row, column] += 0.001  # a tip
    assert nose_protrusion_mm(truth.depth_mm, truth, POINTS) == pytest.approx(20, abs=0.01)
    shallow = (40 + (truth.depth_mm - 40) / 2).astype(np.float32)
    assert nose_protrusion_mm(shallow, truth, POINTS) == pytest.approx(10, abs=0.01)
    assert nose_protrusion_mm(truth.depth_mm + 7, truth, POINTS) == pytest.approx(20, abs=0.01)


def test_a_hole_beside_the_nose_leaves_its_height_unsaid():
    truth = flat()
    truth.valid[:, :110] = False
    assert np.isnan(nose_protrusion_mm(truth.depth_mm, truth, POINTS))


def test_the_error_at_the_marked_points_alone_counts():
    fiducials = np.tile([[250.0, 375.0]], (25, 1))
    predicted = flat().depth_mm
    predicted[127:129, 127:129] += 8
    # the point lies on pixel (128, 128) or its neighbour: the mean of 3x3 pixels, four of which are 8 too near
    assert fiducial_mae_mm(predicted, flat(), fiducials, "stretch") == pytest.approx(8 * 4 / 9)
    nowhere = DepthMap(flat().depth_mm, np.zeros(SHAPE, bool), PITCH)
    assert np.isnan(fiducial_mae_mm(predicted, nowhere, fiducials, "stretch"))
