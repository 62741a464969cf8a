import dataclasses

import numpy as np
import pytest

from facedepth_pipeline.data.texas.fiducials import INNER_EYE_CORNERS, MOUTH_CORNERS, NOSE_TIP
from facedepth_pipeline.synthetic.head.head_model import ARRAY_NAMES, HeadModel, split_quads
from facedepth_pipeline.synthetic.people.expressions import EXPRESSIONS
from facedepth_pipeline.synthetic.people.face_shape import AXES


def region(head_model, name):
    return head_model.vertices[head_model.regions == head_model.region_names.index(name)]


def test_no_coefficient_gives_the_base_shape(head_model):
    assert np.array_equal(head_model.shape({}), head_model.vertices)
    assert np.array_equal(head_model.shape({"nose/nose-hump-incr": 0.0}), head_model.vertices)


def test_shape_does_not_change_the_model(head_model):
    before = head_model.vertices.copy()
    head_model.shape({"nose/nose-hump-incr": 1.0})
    assert np.array_equal(head_model.vertices, before)


def test_a_direction_moves_only_its_vertices_and_grows_with_its_coefficient(head_model):
    position = head_model.direction_names.index("nose/nose-hump-incr")
    rows = slice(*head_model.direction_offsets[position : position + 2])
    half, full = (head_model.shape({"nose/nose-hump-incr": weight}) - head_model.vertices for weight in (0.5, 1.0))
    moved = np.flatnonzero(np.abs(full).max(axis=1) > 0)
    assert set(moved) == set(head_model.direction_indices[rows])
    np.testing.assert_allclose(2 * half, full, atol=1e-4)
    assert np.abs(head_model.vertices[moved, 0]).max() < 30  # a nose, not an ear


def test_left_details_move_the_left_half(head_model):
    moved = np.abs(head_model.shape({"cheek/l-cheek-volume-incr": 1}) - head_model.vertices).max(axis=1) > 0.5
    assert (head_model.vertices[moved, 0] > 0).all()


def test_unknown_direction_is_named(head_model):
    with pytest.raises(ValueError, match="nose/pinocchio"):
        head_model.shape({"nose/pinocchio": 1.0})


def test_a_face_unit_that_the_model_lacks_moves_nothing(head_model):
    assert not head_model.knows("expression/tongueOut")
    assert np.array_equal(head_model.shape({"expression/tongueOut": 1.0}), head_model.vertices)


def test_dense_directions_add_up_with_sparse_ones(head_model):
    deltas = np.stack([np.full_like(head_model.vertices, 2.0), head_model.vertices])
    dense = dataclasses.replace(head_model, dense_names=("identity/000", "identity/001"), dense_deltas=deltas)
    assert dense.knows("identity/001")
    hump = head_model.shape({"nose/nose-hump-incr": 0.5})
    shaped = dense.shape({"identity/000": 1.5, "nose/nose-hump-incr": 0.5, "identity/001": 0.1})
    np.testing.assert_allclose(shaped, hump + 3 + 0.1 * head_model.vertices, atol=1e-4)


@pytest.mark.parametrize("name", ["canonical", "region_weights"])
def test_arrays_of_another_mesh_are_refused(head_model, name):
    with pytest.raises(ValueError, match=f"{name} must have the shape"):
        dataclasses.replace(head_model, **{name: getattr(head_model, name)[1:]})


def test_the_file_that_ships_is_painted_in_its_own_coordinates(head_model):
    assert (head_model.source, head_model.subdivisions) == ("makehuman", 2)
    assert head_model.canonical is head_model.vertices
    assert np.array_equal(head_model.region_weights.argmax(axis=1), head_model.regions)
    assert (head_model.region_weights.max(axis=1) == 1).all()


def test_missing_array_is_named(head_model):
    arrays = {name: getattr(head_model, name) for name in ARRAY_NAMES if name != "quads"}
    with pytest.raises(ValueError, match="quads"):
        HeadModel.from_arrays(arrays)


def test_vertex_numbers_out_of_range_are_refused(head_model):
    with pytest.raises(ValueError, match="quads"):
        dataclasses.replace(head_model, quads=head_model.quads + 1)


def test_the_base_is_an_adult_in_millimetres(head_model):
    right, left = (region(head_model, name).mean(axis=0) for name in ("right_eye", "left_eye"))
    assert left[0] - right[0] == pytest.approx(63, abs=2)
    assert np.allclose((left + right) / 2, 0, atol=0.01)
    sellion, pogonion = (head_model.vertices[head_model.landmark(name)] for name in ("sellion", "pogonion"))
    assert 95 < sellion[1] - pogonion[1] < 115


def test_known_landmarks_lie_in_the_rows_of_the_texas_files(head_model):
    names = head_model.landmark_names
    assert [names[row] for row in INNER_EYE_CORNERS] == ["right_eye_inner", "left_eye_inner"]
    assert [names[row] for row in MOUTH_CORNERS] == ["right_cheilion", "left_cheilion"]
    assert names[NOSE_TIP] == "pronasale"
    points = head_model.vertices[head_model.landmarks]
    assert points[NOSE_TIP, 2] == points[:, 2].max()


def test_left_and_right_landmarks_mirror_each_other(head_model):
    for name in (name for name in head_model.landmark_names if name.startswith("right_")):
        right = head_model.vertices[head_model.landmark(name)]
        left = head_model.vertices[head_model.landmark(name.replace("right_", "left_"))]
        np.testing.assert_allclose(left, right * [-1, 1, 1], atol=0.5)


def test_triangles_are_wound_toward_the_outside(head_model):
    eye = head_model.region_names.index("left_eye")
    triangles = head_model.triangles[(head_model.regions[head_model.triangles] == eye).all(axis=1)]
    first, second, third = (head_model.vertices[triangles[:, k]] for k in range(3))
    outward = (first + second + third) / 3 - region(head_model, "left_eye").mean(axis=0)
    facing = np.einsum("ij,ij->i", np.cross(second - first, third - first), outward)
    assert (facing > 0).mean() > 0.95


def test_split_quads_keeps_the_winding():
    assert split_quads(np.array([[4, 5, 6, 7]])).tolist() == [[4, 5, 6], [4, 6, 7]]


def test_every_direction_that_subjects_use_exists(head_model):
    details = {name.format(side=side) for axis in AXES for name in axis[:2] for side in "lr"}
    units = {
        f"expression/{name}{side}" for units in EXPRESSIONS.values() for name in units for side in ("", "Left", "Right")
    }
    known = set(head_model.direction_names)
    assert details <= known
    for expression in EXPRESSIONS.values():
        for name in expression:
            assert (
                f"expression/{name}" in known or {f"expression/{name}Left", f"expression/{name}Right"} <= known & units
            )
