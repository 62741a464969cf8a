import numpy as np
import pytest

from facedepth_pipeline.synthetic.head.subdivision import subdivision_matrix

CUBE = np.array([[x, y, z] for x in (-1, 1) for y in (-1, 1) for z in (-1, 1)], dtype=float)
CUBE_QUADS = np.array([[0, 1, 3, 2], [4, 6, 7, 5], [0, 4, 5, 1], [2, 3, 7, 6], [0, 2, 6, 4], [1, 5, 7, 3]])


def plane(size):
    number = np.arange(size * size).reshape(size, size)
    quads = np.stack([number[:-1, :-1], number[:-1, 1:], number[1:, 1:], number[1:, :-1]], axis=-1).reshape(-1, 4)
    row, column = np.divmod(np.arange(size * size), size)
    return np.stack([column, row, 2.0 * column - row], axis=1).astype(float), quads


def test_cube_once_by_hand():
    matrix, quads = subdivision_matrix(CUBE_QUADS, 8, levels=1)
    fine = matrix @ CUBE
    assert fine.shape == (8 + 12 + 6, 3)
    assert quads.shape == (24, 4)
    np.testing.assert_allclose(np.abs(fine[:8]), 5 / 9, rtol=1e-6)  # (F + 2 R + 0 S) / 3 = (1/3 + 4/3) / 3
    np.testing.assert_allclose(np.sort(np.abs(fine[8:20]), axis=1)[:, 1:], 0.75, rtol=1e-6)
    np.testing.assert_allclose(np.abs(fine[20:]).sum(axis=1), 1, rtol=1e-6)


@pytest.mark.parametrize("levels", [0, 1, 2])
def test_weights_sum_to_one_and_quads_multiply(levels):
    matrix, quads = subdivision_matrix(CUBE_QUADS, 8, levels)
    np.testing.assert_allclose(matrix.sum(axis=1), 1, atol=1e-6)
    assert len(quads) == 6 * 4**levels
    assert quads.max() == matrix.shape[0] - 1


def test_a_plane_stays_a_plane_and_its_rim_stays_its_rim():
    vertices, quads = plane(4)
    matrix, _ = subdivision_matrix(quads, len(vertices), levels=2)
    fine = matrix @ vertices
    np.testing.assert_allclose(fine[:, 2], 2 * fine[:, 0] - fine[:, 1], atol=1e-5)
    assert ((vertices[:, 0] == 0) <= (np.abs(fine[: len(vertices), 0]) < 1e-6)).sum() >= 12


def test_a_triangle_becomes_three_quads():
    triangle = np.array([[0, 1, 2, 2]])
    corners = np.array([[0, 0, 0], [6, 0, 0], [0, 6, 0]], dtype=float)
    matrix, quads = subdivision_matrix(triangle, 3, levels=1)
    fine = matrix @ corners
    np.testing.assert_allclose(matrix.sum(axis=1), 1, atol=1e-6)
    assert fine.shape == (3 + 3 + 1, 3)
    np.testing.assert_allclose(fine[3:6], [[3, 0, 0], [0, 3, 0], [3, 3, 0]])  # sides 01, 02, 12
    np.testing.assert_allclose(fine[6], [2, 2, 0])
    assert sorted(map(sorted, quads.tolist())) == [[0, 3, 4, 6], [1, 3, 5, 6], [2, 4, 5, 6]]


def test_triangles_beside_quads_keep_winding_and_share_their_side():
    vertices, quads = plane(3)
    quads = np.concatenate([quads[:-1], [[4, 5, 8, 8], [4, 8, 7, 7]]])
    matrix, fine_quads = subdivision_matrix(quads, len(vertices), levels=2)
    assert len(fine_quads) == 3 * 16 + 2 * 3 * 4
    corners = (matrix @ vertices)[fine_quads][..., :2]
    first, second = corners[:, 2] - corners[:, 0], corners[:, 3] - corners[:, 1]
    areas = (first[:, 0] * second[:, 1] - first[:, 1] * second[:, 0]) / 2
    assert (areas > 0).all()


def test_winding_survives():
    vertices, quads = plane(3)
    matrix, fine_quads = subdivision_matrix(quads, len(vertices), levels=1)
    corners = (matrix @ vertices)[fine_quads][..., :2]
    first, second = corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0]
    assert (first[:, 0] * second[:, 1] - first[:, 1] * second[:, 0] > 0).all()


def test_negative_levels_are_refused():
    with pytest.raises(ValueError, match="-1"):
        subdivision_matrix(CUBE_QUADS, 8, levels=-1)
