import numpy as np

from facedepth_pipeline.ui.outlines import outline_round

ANGLE = np.linspace(0, 2 * np.pi, 60, endpoint=False)


def circle(across: float, down: float, radius: float) -> np.ndarray:
    return np.stack([across + radius * np.cos(ANGLE), down + radius * np.sin(ANGLE)], axis=1)


def test_a_place_belongs_to_the_outline_round_it():
    outlines = [circle(0.3, 0.4, 0.1), circle(0.7, 0.4, 0.1)]
    assert outline_round(outlines, 0.31, 0.45) == 0
    assert outline_round(outlines, 0.69, 0.35) == 1
    assert outline_round(outlines, 0.5, 0.4) is None
    assert outline_round(outlines, 0.3, 0.9) is None
    assert outline_round([], 0.3, 0.9) is None


def test_of_outlines_one_in_the_other_the_smaller_one_is_meant():
    outlines = [circle(0.5, 0.5, 0.4), circle(0.5, 0.5, 0.1)]
    assert outline_round(outlines, 0.5, 0.55) == 1
    assert outline_round(outlines, 0.5, 0.8) == 0


def test_a_bay_is_outside():
    bay = np.array([[0, 0], [1, 0], [1, 1], [0.6, 1], [0.6, 0.3], [0.4, 0.3], [0.4, 1], [0, 1]])
    assert outline_round([bay], 0.5, 0.7) is None
    assert outline_round([bay], 0.2, 0.7) == 0
    assert outline_round([bay], 0.5, 0.1) == 0
