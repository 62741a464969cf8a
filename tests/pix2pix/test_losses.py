import math

import numpy as np
import pytest

from facedepth_pipeline.pix2pix.losses import adversarial_loss, discriminator_loss, distance_loss

REAL = np.array([[0.0, 2.0], [-1.0, 3.0]], np.float32)
FAKE = np.array([[0.5, -2.0], [1.0, -0.25]], np.float32)


def cross_entropy(logit: float, target: int) -> float:
    probability = 1 / (1 + math.exp(-logit))
    return -math.log(probability if target else 1 - probability)


def mean_cross_entropy(logits: np.ndarray, target: int) -> float:
    return float(np.mean([cross_entropy(x, target) for x in logits.ravel()]))


def test_adversarial_loss_is_cross_entropy_against_ones():
    assert float(adversarial_loss(FAKE)) == pytest.approx(mean_cross_entropy(FAKE, 1), rel=1e-6)


def test_discriminator_loss_is_real_against_ones_plus_fake_against_zeros():
    expected = mean_cross_entropy(REAL, 1) + mean_cross_entropy(FAKE, 0)
    assert float(discriminator_loss(REAL, FAKE)) == pytest.approx(expected, rel=1e-6)


def test_losses_stay_finite_for_a_discriminator_that_is_sure():
    sure = np.array([[1e4]], np.float32)
    assert float(adversarial_loss(-sure)) == pytest.approx(1e4)
    assert float(discriminator_loss(sure, -sure)) == pytest.approx(0)


@pytest.mark.parametrize(("distance", "expected"), [("l1", 1.25), ("l2", 2.25)])
def test_distances_are_means_over_all_pixels(distance, expected):
    predicted = np.array([[1.0, -1.0], [2.0, 0.0]], np.float32)
    target = np.array([[0.0, 1.0], [0.0, 0.0]], np.float32)
    assert float(distance_loss(predicted, target, distance)) == pytest.approx(expected)
