import numpy as np
import pytest

from facedepth_pipeline.synthetic.imaging.view import PARALLEL, View, frame_position_mm

NEAR = View((3.0, -20.0, 445.0), 45.0)  # a camera at 0.4 m from the plane


@pytest.mark.parametrize("view", [PARALLEL, NEAR])
def test_rays_pass_through_the_points_that_their_pixels_show(view):
    points = np.array([[0.0, 0.0, 45.0], [30.0, -60.0, 80.0], [-70.0, 100.0, 10.0]])
    column, row = view.project(points).T
    rays = view.rays(column, row).astype(np.float64)
    along = points - rays[:, :3]
    distance = np.linalg.norm(np.cross(along, rays[:, 3:]), axis=1)
    np.testing.assert_allclose(distance, 0, atol=1e-3)


def test_a_near_camera_shows_its_plane_at_the_scale_of_the_frame_and_what_is_nearer_larger():
    on_plane = np.array([[-10.0, 0.0, 45.0], [10.0, 0.0, 45.0]])
    nearer = on_plane + np.array([0, 0, 40.0])
    width = [np.ptp(NEAR.project(points)[:, 0]) for points in (on_plane, nearer)]
    assert width[0] == pytest.approx(20 / 0.32)
    assert width[1] == pytest.approx(20 / 0.32 * 400 / 360)


def test_a_far_camera_is_a_parallel_one():
    points = np.array([[30.0, -60.0, 80.0], [-70.0, 100.0, 10.0]])
    far = View((0.0, 0.0, 1e7), 45.0)
    np.testing.assert_allclose(far.project(points), PARALLEL.project(points), atol=0.01)


def test_the_middle_of_the_frame_is_the_origin():
    assert frame_position_mm((250, 375)) == (0, 0)
    assert frame_position_mm((251, 374)) == pytest.approx((0.32, 0.32))
