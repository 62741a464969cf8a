import keras
import numpy as np
import pytest

from facedepth_pipeline.pix2pix.resampling import doubled, filled, halved, shifted, smoothed

IMAGE = np.random.default_rng(0).uniform(size=(2, 16, 12, 3)).astype(np.float32)


def test_halving_is_the_mean_of_blocks():
    expected = IMAGE.reshape(2, 8, 2, 6, 2, 3).mean(axis=(2, 4))
    np.testing.assert_allclose(np.asarray(halved(IMAGE)), expected, rtol=1e-6)


def test_doubling_is_bilinear_with_centres_of_pixels():
    expected = keras.ops.image.resize(IMAGE, (32, 24), interpolation="bilinear")
    np.testing.assert_allclose(np.asarray(doubled(IMAGE)), np.asarray(expected), atol=1e-6)


@pytest.mark.parametrize("axis", [1, 2])
def test_shifting_repeats_the_rim(axis):
    padding = [(0, 0)] * 4
    padding[axis] = (2, 0)
    padded = np.pad(IMAGE, padding, mode="edge")
    np.testing.assert_array_equal(np.asarray(shifted(IMAGE, 2, axis)), padded.take(range(IMAGE.shape[axis]), axis))
    back = np.asarray(shifted(np.flip(IMAGE, axis), -2, axis))
    np.testing.assert_array_equal(np.flip(back, axis), np.asarray(shifted(IMAGE, 2, axis)))


def test_smoothing_spreads_by_half_a_square_pixel_and_loses_nothing():
    point = np.zeros((1, 9, 9, 1), np.float32)
    point[0, 4, 4] = 1
    row = np.asarray(smoothed(point, 2))[0, 4, :, 0]
    assert row.sum() == 1
    assert (row * (np.arange(9) - 4) ** 2).sum() == 0.5


def test_what_is_known_stays_and_the_rest_is_guessed_from_it():
    known = np.zeros((1, 64, 64, 1), np.float32)
    known[:, 20:40, 10:30] = 1
    values = np.random.default_rng(1).uniform(3, 4, (1, 64, 64, 2)).astype(np.float32)
    guess = np.asarray(filled(values * known, known, levels=6))
    np.testing.assert_allclose(guess[0, 20:40, 10:30], values[0, 20:40, 10:30], rtol=1e-6)
    assert guess.min() >= 3 - 1e-4
    assert guess.max() <= 4 + 1e-4
