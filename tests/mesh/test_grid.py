import numpy as np
import pytest
import trimesh

from facedepth_pipeline.depth import DepthMap, PixelPitch
from facedepth_pipeline.mesh.grid import grid_mesh
from facedepth_pipeline.mesh.mesh import Mesh
from facedepth_pipeline.mesh.wireframe import unique_edges, wireframe
from surfaces import distance_to_sphere_mm, photo_of_positions, plane, sphere


def as_trimesh(mesh: Mesh) -> trimesh.Trimesh:
    return trimesh.Trimesh(mesh.vertices, mesh.triangles, process=False)


def test_plane_is_covered_by_two_triangles_a_block_wound_toward_the_camera():
    depth_map = plane(slope_x=0.5, slope_y=-0.8)
    mesh = grid_mesh(depth_map, photo_of_positions(depth_map), max_depth_jump_mm=8)
    assert len(mesh.vertices) == 64 * 64
    assert len(mesh.triangles) == 2 * 63 * 63
    expected = np.array([-0.5, 0.8, 1.0]) / np.linalg.norm([-0.5, 0.8, 1.0])
    np.testing.assert_allclose(as_trimesh(mesh).face_normals, np.broadcast_to(expected, (2 * 63 * 63, 3)), atol=1e-3)
    area_mm2 = 63 * 0.6263 * 63 * 0.9388 * np.sqrt(1 + 0.5**2 + 0.8**2)
    assert as_trimesh(mesh).area == pytest.approx(area_mm2, rel=1e-4)


def test_sphere_comes_back_in_one_piece():
    depth_map = sphere()
    mesh = grid_mesh(depth_map, photo_of_positions(depth_map), max_depth_jump_mm=8)
    assert np.abs(distance_to_sphere_mm(mesh.vertices)).max() < 0.05
    assert np.abs(distance_to_sphere_mm(as_trimesh(mesh).triangles_center)).max() < 0.05
    assert as_trimesh(mesh).face_normals[:, 2].min() > 0
    assert as_trimesh(mesh).body_count == 1


def test_nothing_is_joined_across_a_depth_jump():
    depth_mm = np.full((20, 20), 20, np.float32)
    depth_mm[:, 10:] = 30
    step = DepthMap(depth_mm, np.ones((20, 20), bool), PixelPitch(1, 1))
    photo = photo_of_positions(step)
    near = as_trimesh(grid_mesh(step, photo, max_depth_jump_mm=9.9))
    assert near.extents.tolist() == [9, 19, 0]  # a loose piece is left out
    whole = as_trimesh(grid_mesh(step, photo, max_depth_jump_mm=10.1))
    assert whole.extents.tolist() == [19, 19, 10]
    assert whole.body_count == 1


def test_a_hole_in_the_mask_stays_a_hole_and_unused_pixels_are_dropped():
    depth_map = plane(0, 0, size=10)
    valid = depth_map.valid.copy()
    valid[4, 4] = False
    valid[:2, 7:] = valid[7:, :2] = False
    valid[0, 9] = True  # alone: no triangle needs it
    holed = DepthMap(np.where(valid, depth_map.depth_mm, 0), valid, depth_map.pitch)
    mesh = grid_mesh(holed, photo_of_positions(holed), max_depth_jump_mm=8)
    assert mesh.vertices[:, 2].min() == 40
    assert len(mesh.vertices) == valid.sum() - 1


def test_an_empty_mask_is_refused_in_words():
    empty = DepthMap(np.zeros((8, 8), np.float32), np.zeros((8, 8), bool), PixelPitch(1, 1))
    with pytest.raises(ValueError, match="0 valid pixels"):
        grid_mesh(empty, np.zeros((8, 8, 3), np.uint8), max_depth_jump_mm=8)


def test_unique_edges_of_a_square():
    edges = unique_edges(np.array([[0, 2, 1], [1, 2, 3]]))
    np.testing.assert_array_equal(edges, [[0, 1], [0, 2], [1, 2], [1, 3], [2, 3]])


@pytest.mark.parametrize(("stride", "points_a_side"), [(1, 64), (4, 16), (9, 8)])
def test_wireframe_is_thinned_by_its_stride_and_stays_on_the_surface(stride, points_a_side):
    lines = wireframe(plane(slope_x=0.5, slope_y=-0.8), max_depth_jump_mm=8, stride=stride)
    squares = points_a_side - 1
    assert len(lines.points) == points_a_side**2
    assert len(lines.edges) == 2 * points_a_side * squares + squares**2
    x, y, z = lines.points.T
    np.testing.assert_allclose(z, 40 + 0.5 * x - 0.8 * y, atol=1e-4)
    # Centred on the image to half a pixel: thinning must not favour one side.
    assert abs(x.min() + x.max()) <= 0.6263 + 1e-4
    assert abs(y.min() + y.max()) <= 0.9388 + 1e-4
