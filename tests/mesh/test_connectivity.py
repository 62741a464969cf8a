import numpy as np

from facedepth_pipeline.mesh.connectivity import largest_piece, rim_edges, separate_fans

STRIP = np.array([[0, 1, 2], [2, 1, 3], [2, 3, 4]])


def test_pieces_that_touch_in_one_vertex_are_two():
    tip = np.array([[4, 5, 6]])  # shares vertex 4 alone
    np.testing.assert_array_equal(largest_piece(np.concatenate([tip, STRIP])), STRIP)


def test_nothing_has_no_piece():
    assert largest_piece(np.zeros((0, 3), int)).shape == (0, 3)


def test_the_rim_goes_once_around():
    rim = rim_edges(STRIP)
    following = dict(rim.tolist())
    assert len(rim) == len(following) == 5
    here, seen = 0, []
    for _ in range(5):
        seen.append(here)
        here = following[here]
    assert here == 0
    assert sorted(seen) == [0, 1, 2, 3, 4]


def test_two_fans_at_a_vertex_get_a_vertex_each():
    # a bow tie of two pairs of triangles around vertex 0
    bow_tie = np.array([[0, 1, 2], [0, 2, 3], [0, 4, 5], [0, 5, 6]])
    source, separated = separate_fans(bow_tie)
    assert sorted(source.tolist()) == [0, 0, 1, 2, 3, 4, 5, 6]
    np.testing.assert_array_equal(source[separated], bow_tie)
    assert not set(separated[:2].ravel()) & set(separated[2:].ravel())
    assert separated[0, 0] == separated[1, 0]


def test_a_whole_surface_keeps_its_vertices():
    source, separated = separate_fans(STRIP)
    assert len(source) == 5
    np.testing.assert_array_equal(source[separated], STRIP)
