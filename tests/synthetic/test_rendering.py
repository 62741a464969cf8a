import dataclasses

import numpy as np
import pytest

from facedepth_pipeline.data.texas.fiducials import INNER_EYE_CORNERS, MOUTH_CORNERS, NOSE_TIP
from facedepth_pipeline.depth import FRAME_HEIGHT_PX, FRAME_WIDTH_PX
from facedepth_pipeline.runtime.open3d_import import o3d
from facedepth_pipeline.synthetic.body import rotation
from facedepth_pipeline.synthetic.imaging.scanner import Scanner
from facedepth_pipeline.synthetic.lighting.light import AreaLight, Lighting
from facedepth_pipeline.synthetic.lighting.raycasting import Scene, visible_triangles
from facedepth_pipeline.synthetic.people.captures import sample_capture
from facedepth_pipeline.synthetic.people.subjects import sample_subject

RADIUS_MM = 60.0
CENTRE_MM = np.array([5.0, -10.0, 15.0])


def frame_grid():
    return (grid.ravel() for grid in np.mgrid[:FRAME_HEIGHT_PX:5, :FRAME_WIDTH_PX:5].astype(np.float32))


@pytest.fixture(scope="module")
def sphere():
    mesh = o3d.geometry.TriangleMesh.create_sphere(RADIUS_MM, resolution=120).translate(CENTRE_MM)
    return np.asarray(mesh.vertices, np.float32), np.asarray(mesh.triangles, np.int32)


@pytest.fixture(scope="module")
def subject():
    return dataclasses.replace(sample_subject(np.random.default_rng(5), "001"), hair_length_mm=0.0)


@pytest.fixture(scope="module")
def capture():
    return sample_capture(np.random.default_rng(6), first=True, preset="studio", range_realism="clean")


@pytest.fixture(scope="module")
def pair(renderer, subject, capture):
    return renderer.render(subject, capture)


def test_depth_of_a_sphere_is_the_closed_form(sphere):
    row, column = frame_grid()
    x = (column - 250) * 0.32 - CENTRE_MM[0]
    y = (375 - row) * 0.32 - CENTRE_MM[1]
    hits = Scene(*sphere).cast(column, row)
    inside = x**2 + y**2 < (0.95 * RADIUS_MM) ** 2  # away from the rim, where facets matter
    expected = CENTRE_MM[2] + np.sqrt(RADIUS_MM**2 - x[inside] ** 2 - y[inside] ** 2)
    assert hits.hit[inside].all()
    assert not hits.hit[x**2 + y**2 > RADIUS_MM**2].any()
    np.testing.assert_allclose(hits.depth_mm[inside], expected, atol=0.2)


def test_only_triangles_that_the_camera_can_see_are_kept(sphere):
    assert len(visible_triangles(*sphere)) < 0.55 * len(sphere[1])


def test_pair_has_the_texas_format(pair):
    assert (pair.portrait.shape, pair.portrait.dtype) == ((751, 501, 3), np.uint8)
    assert (pair.range_grey.shape, pair.range_grey.dtype) == ((751, 501), np.uint8)
    assert pair.fiducials_px.shape == (25, 2)


def test_nose_tip_lies_where_and_as_near_as_the_take_says(pair, capture):
    column, row = pair.fiducials_px[NOSE_TIP]
    assert (column, row) == pytest.approx(capture.nose_tip_px, abs=0.01)
    assert abs(column - 252) <= 8
    assert abs(row - 369) <= 8
    near_tip = pair.range_grey[int(row) - 15 : int(row) + 16, int(column) - 15 : int(column) + 16]
    assert abs(int(near_tip.max()) - capture.nose_tip_grey) <= 1
    assert 240 <= pair.range_grey.max() <= 255


def test_face_fills_the_frame_without_holes_and_the_frame_has_background(pair):
    column, row = pair.fiducials_px[NOSE_TIP].astype(int)
    centre = pair.range_grey[row - 100 : row + 100, column - 80 : column + 80]
    assert (centre > 0).mean() > 0.999
    assert pair.range_grey[-1].max() == 0  # the neck lies more than 81.6 mm behind
    assert 0.4 < (pair.range_grey > 0).mean() < 0.9


def test_fiducials_have_the_order_of_a_face(pair):
    points = pair.fiducials_px
    right_eye, left_eye = points[list(INNER_EYE_CORNERS)]
    right_mouth, left_mouth = points[list(MOUTH_CORNERS)]
    assert right_eye[0] < points[NOSE_TIP, 0] < left_eye[0]
    assert right_mouth[0] < points[NOSE_TIP, 0] < left_mouth[0]
    assert max(right_eye[1], left_eye[1]) < points[NOSE_TIP, 1] < min(right_mouth[1], left_mouth[1])


def test_portrait_and_range_are_registered(pair):
    # Nearer than the inner eye corners' depth plus 10 mm there is only skin: no backdrop may show.
    column, row = pair.fiducials_px[NOSE_TIP].astype(int)
    skin = pair.portrait[row, column].astype(int)
    assert skin[0] > skin[2]
    lip = pair.portrait[tuple(pair.fiducials_px[17].astype(int)[::-1])].astype(int)
    cheek = pair.portrait[row, column - 90].astype(int)
    assert lip[0] / lip[1] > cheek[0] / cheek[1]  # lips are redder


def test_camera_noise_is_the_only_use_of_its_seed(renderer, subject, capture, pair):
    silent, other = (
        dataclasses.replace(capture, camera=dataclasses.replace(capture.camera, noise_grey=0.0, seed=seed))
        for seed in (1, 2)
    )
    first = renderer.render(subject, silent)
    assert np.array_equal(first.portrait, renderer.render(subject, other).portrait)
    assert np.array_equal(first.range_grey, pair.range_grey)
    assert not np.array_equal(first.portrait, pair.portrait)


def test_a_lamp_from_the_left_leaves_the_right_side_of_the_nose_in_shadow(renderer, subject, capture):
    lamp = AreaLight(-65, 10, 1, (1, 1, 1))
    dim = ((0.05, 0.05, 0.05), *((0.0, 0.0, 0.0),) * 8)
    lit = renderer.render(subject, dataclasses.replace(capture, lighting=Lighting((lamp,), dim)))
    column, row = lit.fiducials_px[NOSE_TIP].astype(int)
    grey = lit.portrait[row - 10 : row + 10].mean(axis=(0, 2))
    assert grey[column - 60 : column - 40].mean() > 2 * grey[column + 40 : column + 60].mean()


def test_long_hair_hangs_beside_the_neck_and_changes_no_face(renderer, subject, capture):
    short, long = (
        renderer.render(dataclasses.replace(subject, hair_mm=6.0, hair_length_mm=length_mm), capture)
        for length_mm in (0.0, 200.0)
    )
    column, row = short.fiducials_px[NOSE_TIP].astype(int)
    face = np.s_[row - 120 : row + 100, column - 80 : column + 80]
    assert np.array_equal(long.range_grey[face], short.range_grey[face])
    beside_the_neck = np.s_[row + 220 : row + 300, column - 240 : column - 190]
    changed = np.abs(long.portrait[beside_the_neck].astype(int) - short.portrait[beside_the_neck]).mean()
    assert changed > 5


def test_a_scanner_loses_surface_and_leaves_the_portrait_alone(renderer, subject, capture, pair):
    scanner = Scanner(smoothing_px=2, ripple_mm=0.2, noise_mm=0.1, hole_share=0.6, rim_px=3, seed=1)
    scanned = renderer.render(subject, dataclasses.replace(capture, scanner=scanner))
    assert np.array_equal(scanned.portrait, pair.portrait)
    seen, exact = scanned.range_grey > 0, pair.range_grey > 0
    assert scanned.range_grey[~exact].max() <= 7  # at the edge of what the 8 bits can say: 1.5 mm and the ripple
    assert 0.6 < seen.sum() / exact.sum() < 0.99  # hair fills a good part of this frame
    error = np.abs(scanned.range_grey[seen].astype(int) - pair.range_grey[seen])
    assert np.median(error) <= 1


def test_rotation_turns_the_right_way():
    ahead = np.array([0.0, 0.0, 1.0])
    assert (rotation((10, 0, 0)) @ ahead)[0] > 0  # yaw: toward +x
    assert (rotation((0, 10, 0)) @ ahead)[1] < 0  # pitch: down
    assert (rotation((0, 0, 10)) @ [1.0, 0, 0])[1] > 0  # roll: anticlockwise
    np.testing.assert_allclose(rotation((3, -2, 5)) @ rotation((3, -2, 5)).T, np.eye(3), atol=1e-12)
