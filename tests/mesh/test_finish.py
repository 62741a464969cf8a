import numpy as np
import pytest
import trimesh

from facedepth_pipeline.depth import DepthMap, back_project
from facedepth_pipeline.mesh.connectivity import rim_edges
from facedepth_pipeline.mesh.finish import close_back, fill_holes, finish_surface, simplify, smooth
from facedepth_pipeline.mesh.grid import grid_mesh, lattice_triangles
from facedepth_pipeline.mesh.poisson import poisson_mesh
from surfaces import SPHERE_CENTRE_Z_MM, SPHERE_RADIUS_MM, distance_to_sphere_mm, photo_of_positions, plane, sphere


def surface_of(depth_map):
    mesh = grid_mesh(depth_map, photo_of_positions(depth_map), max_depth_jump_mm=8)
    return mesh.vertices, mesh.triangles


def with_a_hole(depth_map, rows, columns):
    valid = depth_map.valid.copy()
    valid[rows, columns] = False
    return DepthMap(np.where(valid, depth_map.depth_mm, 0).astype(np.float32), valid, depth_map.pitch)


def read(vertices, triangles):
    return trimesh.Trimesh(vertices, triangles, process=False)


def test_a_hole_is_closed_and_the_rim_stays():
    torn = surface_of(with_a_hole(sphere(), slice(100, 106), slice(100, 104)))
    whole = surface_of(sphere())
    assert read(*torn).euler_number == 0
    mended = read(*fill_holes(*torn, 15))
    assert mended.euler_number == 1  # a disc
    assert len(rim_edges(mended.faces)) == len(rim_edges(whole[1]))
    assert mended.is_winding_consistent
    assert mended.face_normals[:, 2].min() > 0
    assert mended.area == pytest.approx(read(*whole).area, rel=1e-3)


def test_a_larger_hole_than_allowed_stays():
    torn = surface_of(with_a_hole(sphere(), slice(100, 140), slice(100, 140)))
    assert len(fill_holes(*torn, 10)[1]) == len(torn[1])


def test_smoothing_takes_noise_and_keeps_the_size():
    clean = sphere()
    noise = np.random.default_rng(0).normal(0, 0.3, clean.depth_mm.shape).astype(np.float32)
    noisy = surface_of(DepthMap(np.where(clean.valid, clean.depth_mm + noise, 0), clean.valid, clean.pitch))
    inner = np.hypot(noisy[0][:, 0], noisy[0][:, 1]) < 40
    before, after = (distance_to_sphere_mm(vertices[inner]) for vertices in (noisy[0], smooth(*noisy, 20)[0]))
    assert after.std() < 0.5 * before.std()
    assert abs(after.mean()) < 0.1


def test_simplification_keeps_budget_and_shape():
    vertices, triangles = simplify(*surface_of(sphere()), 4000)
    assert 3600 <= len(triangles) <= 4000
    assert np.abs(distance_to_sphere_mm(vertices)).max() < 0.1
    assert read(vertices, triangles).body_count == 1


def test_nothing_is_done_unasked():
    vertices, triangles = surface_of(sphere())
    same = finish_surface(vertices, triangles, 0, 0, None)
    np.testing.assert_array_equal(same[0], vertices)
    np.testing.assert_array_equal(same[1], triangles)
    assert len(finish_surface(vertices, triangles, 0, 0, 10**6)[1]) == len(triangles)


def test_a_closed_back_has_the_volume_of_the_formula():
    solid = read(*close_back(*surface_of(sphere()), 3.0))
    assert solid.is_watertight
    assert solid.is_winding_consistent
    height = SPHERE_RADIUS_MM - np.sqrt(SPHERE_RADIUS_MM**2 - 50**2)
    cap = np.pi * height**2 * (SPHERE_RADIUS_MM - height / 3)
    assert solid.volume == pytest.approx(cap + np.pi * 50**2 * 3, rel=0.02)  # the rim is a staircase
    lowest = SPHERE_CENTRE_Z_MM + np.sqrt(SPHERE_RADIUS_MM**2 - 50**2) - 3
    assert solid.bounds[0, 2] == pytest.approx(lowest, abs=0.6)


def test_a_plate_has_the_volume_of_a_plate():
    flat = plane(0, 0, size=11)
    solid = read(*close_back(*surface_of(flat), 2.0))
    assert solid.volume == pytest.approx(10 * flat.pitch.x_mm * 10 * flat.pitch.y_mm * 2, rel=1e-5)


def test_two_parts_that_touch_in_a_point_are_closed_all_the_same():
    flat = plane(0, 0, size=5)
    valid = np.zeros((5, 5), bool)
    valid[:3, :3] = valid[2:, 2:] = True  # two squares that share the pixel in the middle
    triangles = lattice_triangles(DepthMap(flat.depth_mm, valid, flat.pitch), 8)
    solid = read(*close_back(back_project(flat).reshape(-1, 3), triangles, 1.0))
    assert solid.is_watertight
    assert solid.volume == pytest.approx(2 * 2 * 2 * flat.pitch.x_mm * flat.pitch.y_mm, rel=1e-5)


def test_a_poisson_mesh_closes_too():
    mesh = poisson_mesh(sphere(), photo_of_positions(sphere()), detail="quick")
    solid = read(*close_back(mesh.vertices, mesh.triangles, 2.0))
    assert solid.is_watertight
    assert solid.volume > 0
