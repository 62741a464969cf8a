import numpy as np
import pytest

from facedepth_pipeline.depth import DepthMap, back_project
from facedepth_pipeline.mesh.rim import trim_rim
from surfaces import sphere


def with_a_fringe(slope: float) -> DepthMap:
    """The sphere, and two millimetres around it that fall so many millimetres each."""
    inner = sphere()
    rows, columns = np.indices(inner.valid.shape)
    x, y = (columns - 127.5) * inner.pitch.x_mm, (rows - 127.5) * inner.pitch.y_mm
    outside_mm = np.hypot(x, y) - 50
    fringe = (outside_mm < 2) & ~inner.valid
    rim_mm = inner.depth_mm[inner.valid].min()
    depth_mm = np.where(fringe, rim_mm - slope * outside_mm, inner.depth_mm).astype(np.float32)
    return DepthMap(depth_mm, inner.valid | fringe, inner.pitch)


def test_a_fringe_is_taken_off_and_the_surface_is_left_alone():
    trimmed = trim_rim(with_a_fringe(15), 5)
    assert (trimmed.valid == sphere().valid).mean() > 0.99  # some of the innermost ring has not fallen far yet
    x, y, _ = back_project(trimmed)[trimmed.valid].T
    assert np.hypot(x, y).max() < 51
    trimmed = DepthMap(trimmed.depth_mm, trimmed.valid & sphere().valid, trimmed.pitch)
    np.testing.assert_array_equal(trimmed.depth_mm[trimmed.valid], sphere().depth_mm[trimmed.valid])


def test_a_gentle_rim_stays():
    assert trim_rim(with_a_fringe(2), 5).valid.sum() > sphere().valid.sum() + 100


@pytest.mark.parametrize("side", [np.s_[:60], np.s_[:, -60:]])
def test_the_edge_of_the_image_is_no_rim(side):
    valid = np.zeros((256, 256), bool)
    valid[side] = True
    flat = DepthMap(np.where(valid, 40, 0).astype(np.float32), valid, sphere().pitch)
    np.testing.assert_array_equal(trim_rim(flat, 5).valid, valid)


def test_a_thin_strand_is_no_face():
    whole = sphere()
    valid = whole.valid.copy()
    valid[126:130, 200:] = True
    strand = DepthMap(np.where(valid, np.maximum(whole.depth_mm, 40), 0).astype(np.float32), valid, whole.pitch)
    assert not trim_rim(strand, 50).valid[:, 230:].any()


def test_nothing_stays_nothing():
    empty = DepthMap(np.zeros((20, 20), np.float32), np.zeros((20, 20), bool), sphere().pitch)
    assert not trim_rim(empty, 5).valid.any()
