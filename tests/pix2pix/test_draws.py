import numpy as np
import pytest

from facedepth_pipeline.pix2pix.draws import Draws, grain, rolled


def test_numbers_are_handed_out_once_and_never_more_than_announced():
    draws = Draws(3, 6, 0)
    first, second = np.asarray(draws.uniform(2)), np.asarray(draws.uniform(2, 2))
    assert first.shape == (3, 2)
    assert second.shape == (3, 2, 2)
    assert not set(first.ravel()) & set(second.ravel())
    with pytest.raises(ValueError, match="0 random numbers of an image are left; asked for 1"):
        draws.uniform()


def test_distributions_are_what_their_names_say():
    draws = Draws(4000, 4, 1)
    normal = np.asarray(draws.normal())
    assert (normal.mean(), normal.std()) == pytest.approx((0, 1), abs=0.05)
    assert np.asarray(draws.happens(0.3)).mean() == pytest.approx(0.3, abs=0.03)
    between = np.asarray(draws.between(-2.0, 4.0))
    assert (between.min(), between.max()) == pytest.approx((-2, 4), abs=0.05)


def test_rolled_grain_is_independent_of_the_grain_it_came_from():
    noise = np.asarray(grain(2, 64, 0))
    moved = np.asarray(rolled(noise, 20, 9))
    assert sorted(moved[0].ravel()) == sorted(noise[0].ravel())
    assert abs(np.corrcoef(noise.ravel(), moved.ravel())[0, 1]) < 0.05
