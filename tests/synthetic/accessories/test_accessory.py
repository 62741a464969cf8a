import numpy as np
import pytest

from facedepth_pipeline.runtime.open3d_import import o3d
from facedepth_pipeline.synthetic.accessories.accessory import SIDES, Piece, both_sides, join, lattice, mirrored, tube


def ring(count: int, radius_mm: float) -> tuple[np.ndarray, np.ndarray]:
    angle = np.linspace(0, 2 * np.pi, count, endpoint=False)
    outward = np.stack([np.cos(angle), np.sin(angle), np.zeros(count)], axis=1)
    return radius_mm * outward, outward


def straight_tube() -> Piece:
    path = np.stack([np.zeros(11), np.zeros(11), np.linspace(0, 50, 11)], axis=1)
    return tube(path, np.broadcast_to([1.0, 0, 0], path.shape), np.full((11, 2), [3.0, 2.0]), closed=False)


def volume_mm3(piece: Piece) -> float:
    corners = piece.vertices[piece.triangles].astype(np.float64)
    return float(np.einsum("ti,ti->", corners[:, 0], np.cross(corners[:, 1], corners[:, 2])) / 6)


def is_closed(piece: Piece) -> bool:
    mesh = o3d.geometry.TriangleMesh(
        o3d.utility.Vector3dVector(piece.vertices.astype(np.float64)), o3d.utility.Vector3iVector(piece.triangles)
    )
    mesh.merge_close_vertices(1e-6).remove_degenerate_triangles()
    return bool(mesh.is_edge_manifold(allow_boundary_edges=False))


def test_volumes_of_tubes_are_those_of_cylinder_and_torus():
    polygon = SIDES / 2 * np.sin(2 * np.pi / SIDES)  # area of the cross-section in a circle of radius 1
    assert volume_mm3(straight_tube()) == pytest.approx(polygon * 3 * 2 * 50, rel=1e-5)
    path, outward = ring(400, 20)
    torus = tube(path, outward, np.full((400, 2), [2.0, 1.0]), closed=True)
    assert volume_mm3(torus) == pytest.approx(polygon * 2 * 1 * 2 * np.pi * 20, rel=1e-3)


def test_tubes_are_closed_and_their_normals_point_outward():
    path, outward = ring(60, 20)
    torus = tube(path, outward, np.full((60, 2), [2.0, 1.0]), closed=True)
    assert is_closed(torus)
    assert is_closed(straight_tube())
    away = torus.vertices - np.repeat(path, SIDES, axis=0)
    assert np.einsum("ij,ij->i", away, torus.normals).min() > 0.5
    np.testing.assert_allclose(np.linalg.norm(torus.normals, axis=1), 1, atol=1e-6)


def test_a_mirrored_piece_keeps_its_volume_and_its_outside():
    piece = straight_tube()
    moved = Piece(piece.vertices + np.array([10.0, 0, 0]), piece.normals, piece.triangles)
    assert volume_mm3(mirrored(moved)) == pytest.approx(volume_mm3(moved))
    assert mirrored(moved).vertices[:, 0].max() < 0


def test_joined_pieces_keep_their_triangles():
    one = straight_tube()
    both = join([one, mirrored(one)])
    assert volume_mm3(both) == pytest.approx(2 * volume_mm3(one), rel=1e-5)
    assert both.triangles.max() == len(both.vertices) - 1


def test_a_lattice_whose_columns_go_right_and_rows_up_faces_the_viewer():
    rows, columns = np.mgrid[:3, :4].astype(np.float64)
    points = np.stack([columns.ravel(), rows.ravel(), np.zeros(12)], axis=1)
    corners = points[lattice(3, 4, rows_closed=False, columns_closed=False)]
    normals = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    assert len(normals) == 2 * 2 * 3
    assert np.all(normals[:, 2] == 1)


def test_both_sides_have_every_triangle_twice():
    triangles = np.array([[0, 1, 2]])
    assert both_sides(triangles).tolist() == [[0, 1, 2], [2, 1, 0]]
