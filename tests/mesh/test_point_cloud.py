import numpy as np
import pytest

from facedepth_pipeline.depth import DepthMap, PixelPitch
from facedepth_pipeline.mesh.point_cloud import point_cloud, surface_normals
from surfaces import SPHERE_CENTRE_Z_MM, distance_to_sphere_mm, photo_of_positions, plane, sphere


def test_normals_of_a_tilted_plane_are_exact_up_to_the_rim():
    depth_map = plane(slope_x=0.5, slope_y=-0.8)
    expected = np.array([-0.5, 0.8, 1.0]) / np.linalg.norm([-0.5, 0.8, 1.0])
    np.testing.assert_allclose(surface_normals(depth_map), np.broadcast_to(expected, (64, 64, 3)), atol=1e-4)


def test_normals_of_a_sphere_point_away_from_its_centre():
    cloud = point_cloud(sphere(), photo_of_positions(sphere()))
    inner = np.hypot(cloud.points[:, 0], cloud.points[:, 1]) < 40
    outward = cloud.points - np.array([0, 0, SPHERE_CENTRE_Z_MM])
    cosine = np.sum(outward * cloud.normals, axis=1) / np.linalg.norm(outward, axis=1)
    assert np.degrees(np.arccos(cosine[inner].clip(-1, 1))).max() < 0.5
    assert cloud.normals[:, 2].min() > 0


def test_normals_do_not_look_across_the_rim_of_the_mask():
    depth_map = plane(slope_x=0.5, slope_y=0.0)
    valid = depth_map.valid.copy()
    valid[:, 30:] = False
    valid[10, 5] = False
    holed = DepthMap(np.where(valid, depth_map.depth_mm, 0), valid, depth_map.pitch)
    np.testing.assert_allclose(surface_normals(holed)[valid], surface_normals(depth_map)[valid], atol=1e-4)


def test_a_pixel_alone_faces_the_camera():
    valid = np.zeros((5, 5), bool)
    valid[2, 2] = True
    alone = DepthMap(np.where(valid, 30, 0).astype(np.float32), valid, PixelPitch(1, 1))
    np.testing.assert_array_equal(surface_normals(alone)[2, 2], [0, 0, 1])


def test_points_lie_on_the_sphere_and_carry_the_colour_of_their_pixel():
    depth_map = sphere()
    photo = photo_of_positions(depth_map)
    cloud = point_cloud(depth_map, photo)
    assert len(cloud.points) == depth_map.valid.sum()
    assert np.abs(distance_to_sphere_mm(cloud.points)).max() < 1e-3
    right, up = cloud.points[:, 0].argmax(), cloud.points[:, 1].argmax()
    assert cloud.colours[right, 0] == cloud.colours[:, 0].max()
    assert cloud.colours[up, 1] == cloud.colours[:, 1].max()


def test_a_photo_of_another_size_is_refused():
    with pytest.raises(ValueError, match=r"\(64, 64, 3\).*received uint8 \(32, 32, 3\)"):
        point_cloud(plane(0, 0), np.zeros((32, 32, 3), np.uint8))
