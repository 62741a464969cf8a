import numpy as np
import pytest

from facedepth_pipeline.synthetic.imaging.backdrop import Backdrop, paint_backdrop

COLOURS = ((0.1, 0.2, 0.3), (0.8, 0.1, 0.1), (0.0, 0.5, 0.0))


@pytest.mark.parametrize("kind", ["wall", "blurred", "panels"])
def test_backdrops_are_light_of_the_frame_s_size(kind):
    first, again, other = (paint_backdrop(Backdrop(kind, COLOURS, 20.0, seed), (300, 200)) for seed in (1, 1, 2))
    assert first.shape == (300, 200, 3)
    assert first.dtype == np.float32
    assert first.min() >= 0
    assert np.array_equal(first, again)
    assert (kind == "wall") == np.array_equal(first, other)


def test_out_of_focus_is_smoother_than_panels():
    steps = [
        np.abs(np.diff(paint_backdrop(Backdrop(kind, COLOURS, 24.0, 3), (160, 160)), axis=0)).max()
        for kind in ("wall", "blurred", "panels")
    ]
    assert steps[0] < steps[1] < 0.5 * steps[2]
