import numpy as np
import pytest
import trimesh
from scipy.spatial import cKDTree

from facedepth_pipeline.depth import DepthMap, PixelPitch
from facedepth_pipeline.mesh.mesh import Mesh
from facedepth_pipeline.mesh.point_cloud import point_cloud
from facedepth_pipeline.mesh.poisson import poisson_mesh
from surfaces import distance_to_sphere_mm, photo_of_positions, plane, sphere


@pytest.fixture(scope="module")
def sphere_mesh() -> Mesh:
    return poisson_mesh(sphere(), photo_of_positions(sphere()))


def test_sphere_comes_back_within_a_third_of_a_millimetre(sphere_mesh):
    inner = np.hypot(sphere_mesh.vertices[:, 0], sphere_mesh.vertices[:, 1]) < 47
    distances = np.abs(distance_to_sphere_mm(sphere_mesh.vertices[inner]))
    assert inner.sum() > 10_000
    assert distances.max() < 0.3
    assert distances.mean() < 0.05


def test_the_mesh_covers_every_pixel_and_ends_at_the_silhouette(sphere_mesh):
    cloud = point_cloud(sphere(), photo_of_positions(sphere()))
    to_mesh = cKDTree(sphere_mesh.vertices).query(cloud.points)[0]
    assert to_mesh.max() < 2.0  # no hole, not even at the steep rim
    radius = np.hypot(sphere_mesh.vertices[:, 0], sphere_mesh.vertices[:, 1])
    assert radius.max() < 50 + 1.5 * 0.9388  # a pixel and its half
    assert np.abs(distance_to_sphere_mm(sphere_mesh.vertices)).max() < 1.5  # no skirt, no bubble


def test_the_mesh_is_one_piece_that_faces_the_camera(sphere_mesh):
    read = trimesh.Trimesh(sphere_mesh.vertices, sphere_mesh.triangles, process=False)
    assert read.body_count == 1
    assert read.face_normals[:, 2].min() >= 0  # 0: triangles without area
    assert (read.face_normals[:, 2] == 0).mean() < 1e-3


def test_colours_and_texture_coordinates_follow_x_and_y(sphere_mesh):
    x, y = sphere_mesh.vertices[:, 0], sphere_mesh.vertices[:, 1]
    red = 255 * (x / (255 * 0.6263) + 0.5)
    green = 255 * (y / (255 * 0.9388) + 0.5)
    np.testing.assert_allclose(sphere_mesh.colours[:, 0], red, atol=1)
    np.testing.assert_allclose(sphere_mesh.colours[:, 1], green, atol=1)
    np.testing.assert_allclose(sphere_mesh.uv[:, 0], x / (256 * 0.6263) + 0.5, atol=1e-5)
    np.testing.assert_allclose(sphere_mesh.uv[:, 1], y / (256 * 0.9388) + 0.5, atol=1e-5)


def test_tilted_plane_comes_back():
    depth_map = plane(slope_x=0.5, slope_y=-0.4)
    mesh = poisson_mesh(depth_map, photo_of_positions(depth_map), detail="quick")
    x, y, z = mesh.vertices.astype(np.float64).T
    off_plane_mm = np.abs(z - 40 - 0.5 * x + 0.4 * y) / np.sqrt(1 + 0.5**2 + 0.4**2)
    inner = (np.abs(x) < 16) & (np.abs(y) < 26)
    assert inner.sum() > 500
    assert off_plane_mm[inner].max() < 0.3


def test_the_same_depth_gives_the_same_mesh_to_the_bit():
    depth_map = sphere(pitch=PixelPitch(1.6, 1.6), size=80)
    first, second = (poisson_mesh(depth_map, photo_of_positions(depth_map), detail="quick") for _ in range(2))
    np.testing.assert_array_equal(first.vertices, second.vertices)
    np.testing.assert_array_equal(first.triangles, second.triangles)


def step(height_mm: float) -> DepthMap:
    """The sphere with its left part set back, as a cheek behind a nose or a lip behind the other."""
    whole = sphere()
    depth_mm = whole.depth_mm.copy()
    depth_mm[:, :128] -= np.where(whole.valid[:, :128], np.float32(height_mm), np.float32(0))
    return DepthMap(depth_mm, whole.valid, whole.pitch)


def test_no_hole_is_torn_at_a_small_step():
    mesh = poisson_mesh(step(4), photo_of_positions(step(4)))
    read = trimesh.Trimesh(mesh.vertices, mesh.triangles, process=False)
    assert read.euler_number == 1  # a disc: one piece, one rim


def test_no_wall_is_invented_at_an_occlusion():
    mesh = poisson_mesh(step(25), photo_of_positions(step(25)), max_distance_mm=1.0)
    x, y, z = mesh.vertices.T
    near_sphere = np.sqrt(60**2 - x**2 - y**2) + 10
    between = (np.abs(x) < 2) & (np.abs(y) < 30) & (z < near_sphere - 3) & (z > near_sphere - 22)
    assert not between.any()


def test_a_smaller_density_drop_cuts_where_samples_are_sparse():
    depth_map = step(25)
    samples = cKDTree(point_cloud(depth_map, photo_of_positions(depth_map)).points)

    def reach_mm(max_density_drop: float) -> float:
        mesh = poisson_mesh(depth_map, photo_of_positions(depth_map), "quick", max_density_drop, max_distance_mm=20)
        return samples.query(mesh.vertices)[0].max()

    assert reach_mm(1.0) < 0.8 * reach_mm(8.0)


def test_an_island_beside_the_face_is_left_out():
    depth_map = sphere(pitch=PixelPitch(1.6, 1.6), size=80)
    depth_mm, valid = depth_map.depth_mm.copy(), depth_map.valid.copy()
    depth_mm[:8, :8], valid[:8, :8] = 50, True
    mesh = poisson_mesh(DepthMap(depth_mm, valid, depth_map.pitch), photo_of_positions(depth_map), detail="quick")
    assert np.hypot(mesh.vertices[:, 0], mesh.vertices[:, 1]).max() < 55


def test_too_few_points_are_refused_in_words():
    with pytest.raises(ValueError, match="81 valid pixels; Poisson reconstruction needs 100"):
        poisson_mesh(plane(0, 0, size=9), np.zeros((9, 9, 3), np.uint8))


def test_quick_is_coarser_and_hardly_less_true(sphere_mesh):
    quick = poisson_mesh(sphere(), photo_of_positions(sphere()), detail="quick")
    assert len(quick.triangles) < 0.8 * len(sphere_mesh.triangles)
    inner = np.hypot(quick.vertices[:, 0], quick.vertices[:, 1]) < 47
    assert np.abs(distance_to_sphere_mm(quick.vertices[inner])).max() < 0.3
