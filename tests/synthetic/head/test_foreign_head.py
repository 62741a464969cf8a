import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from facedepth_pipeline.synthetic.head.carry_over import TISSUES
from facedepth_pipeline.synthetic.head.foreign import MOUTH_DEPTH_MM, NotThatModelError, frontal_turn, shallow_mouth

RIMS = {"upper_lip_rim": 0, "lower_lip_rim": 1, "right_cheilion": 2, "left_cheilion": 3}


def test_the_frontal_turn_undoes_a_rotation_whatever_the_shift():
    goals = np.random.default_rng(3).normal(0, 40, (12, 3))
    turned = Rotation.from_euler("xyz", [4, -5, 2], degrees=True).as_matrix()
    turn = frontal_turn(goals @ turned.T + [5, 6, 7], goals)
    np.testing.assert_allclose(turn, turned.T, atol=1e-12)


def test_the_frontal_turn_never_mirrors():
    goals = np.random.default_rng(3).normal(0, 40, (12, 3))
    assert np.linalg.det(frontal_turn(goals * [-1, 1, 1], goals)) == pytest.approx(1)


def test_the_mouth_is_no_deeper_than_a_scanner_sees():
    lips = [[0, 0, 30], [0, -1, 30], [-25, 0, 20], [25, 0, 20]]
    inside = [[0, 0, 28.0], [0, 0, -70], [25, 0, 5], [0, 0, 33]]
    tissue = np.array([0] * 4 + [TISSUES.index(name) for name in ("teeth", *["mouth_interior"] * 3)])
    shallow = shallow_mouth(np.array(lips + inside, dtype=float), tissue, RIMS)
    np.testing.assert_array_equal(shallow[:4], lips)
    z = shallow[4:, 2]
    assert z[0] == 28  # a tooth stays
    assert 30 - MOUTH_DEPTH_MM <= z[1] < 30 - 0.95 * MOUTH_DEPTH_MM
    assert z[2] == pytest.approx(20 - 10 - 12 * (1 - np.exp(-5 / 12)))  # behind the corner by 15 mm
    assert z[3] == 33


def test_places_found_by_shape_serve_as_well():
    found = {f"found_{name}": number for name, number in RIMS.items()}
    vertices = np.array([[0, 0, 30], [0, -1, 30], [-25, 0, 20], [25, 0, 20], [3, 1, -50.0]])
    tissue = np.array([0, 0, 0, 0, TISSUES.index("mouth_interior")])
    np.testing.assert_array_equal(shallow_mouth(vertices, tissue, found), shallow_mouth(vertices, tissue, RIMS))


def test_a_source_without_a_path_is_one_sentence():
    assert str(NotThatModelError("ict", None)) == (
        "Heads of the source 'ict' need a clone of github.com/ICT-VGL/ICT-FaceKit (MIT licence), "
        "named by --params=ict_root=FOLDER; no path is given."
    )
