import math

import numpy as np
import pytest

from facedepth_pipeline.depth import fitted_pitch
from facedepth_pipeline.pix2pix.losses import (
    adversarial_loss,
    discriminator_loss,
    distance_loss,
    gradient_loss,
    mask_loss,
    normal_loss,
    without_offset,
)

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


def test_least_squares_and_hinge_follow_their_definitions():
    assert float(adversarial_loss(FAKE, "lsgan")) == pytest.approx(np.mean((FAKE - 1) ** 2))
    assert float(discriminator_loss(REAL, FAKE, "lsgan")) == pytest.approx(np.mean((REAL - 1) ** 2) + np.mean(FAKE**2))
    assert float(adversarial_loss(FAKE, "hinge")) == pytest.approx(-FAKE.mean())
    expected = np.mean(np.maximum(1 - REAL, 0)) + np.mean(np.maximum(1 + FAKE, 0))
    assert float(discriminator_loss(REAL, FAKE, "hinge")) == pytest.approx(expected)


def test_a_weight_of_nothing_leaves_a_pixel_out():
    predicted = np.array([[1.0, -1.0], [2.0, 0.0]], np.float32)
    target = np.zeros((2, 2), np.float32)
    weight = np.array([[1.0, 0.0], [0.5, 0.0]], np.float32)
    assert float(distance_loss(predicted, target, "l1", weight)) == pytest.approx((1 + 0.5 * 2) / 1.5)
    assert float(distance_loss(predicted, target, "l1", np.ones_like(target))) == pytest.approx(1.0)


def plane(x_slope: float, y_slope: float, offset_mm: float = 40.0) -> np.ndarray:
    """depth_normalized (1, 8, 8, 1) of a plane that rises by so many mm per mm along columns and rows."""
    row, column = np.indices((8, 8))
    depth_mm = offset_mm + x_slope * PITCH.x_mm * column + y_slope * PITCH.y_mm * row
    return (depth_mm / 40.8 - 1).astype(np.float32)[None, ..., None]


PITCH = fitted_pitch("stretch")
EVERYWHERE = np.ones((1, 8, 8, 1), np.float32)


def test_gradient_and_normal_losses_do_not_see_an_offset():
    near, far = plane(0.3, -0.2, 50), plane(0.3, -0.2, 30)
    assert float(gradient_loss(near, far, EVERYWHERE)) == pytest.approx(0, abs=1e-6)
    assert float(normal_loss(near, far, EVERYWHERE, PITCH)) == pytest.approx(0, abs=1e-6)


def test_gradient_loss_of_two_planes_is_the_difference_of_their_steps():
    steps = 0.5 * PITCH.x_mm / 40.8 + 0.25 * PITCH.y_mm / 40.8
    assert float(gradient_loss(plane(0.5, 0.25), plane(0, 0), EVERYWHERE)) == pytest.approx(steps, rel=1e-4)


@pytest.mark.parametrize("degrees", [10, 45, 70])
def test_normal_loss_of_a_tilted_plane_is_one_minus_the_cosine_of_its_tilt(degrees):
    tilt = math.radians(degrees)
    for tilted in (plane(math.tan(tilt), 0), plane(0, math.tan(tilt))):
        assert float(normal_loss(tilted, plane(0, 0), EVERYWHERE, PITCH)) == pytest.approx(1 - math.cos(tilt), rel=1e-3)


def test_differences_across_the_rim_of_the_mask_do_not_count():
    target, valid = plane(0, 0), EVERYWHERE.copy()
    predicted = target.copy()
    valid[:, :, 4:] = 0
    predicted[:, :, 4:] = -1
    assert float(gradient_loss(predicted, target, valid)) == pytest.approx(0, abs=1e-6)
    assert float(normal_loss(predicted, target, valid, PITCH)) == pytest.approx(0, abs=1e-6)


def test_each_scale_of_the_gradient_loss_doubles_the_distance_of_neighbours():
    step = float(gradient_loss(plane(0.5, 0.25), plane(0, 0), EVERYWHERE))
    three = float(gradient_loss(plane(0.5, 0.25), plane(0, 0), EVERYWHERE, scales=3))
    assert three == pytest.approx((1 + 2 + 4) * step, rel=1e-4)


def test_coarser_scales_do_not_cross_the_rim_either():
    target, valid = plane(0, 0), EVERYWHERE.copy()
    predicted = target.copy()
    valid[:, :, 5:] = 0
    predicted[:, :, 5:] = -1
    assert float(gradient_loss(predicted, target, valid, scales=3)) == pytest.approx(0, abs=1e-6)


@pytest.mark.parametrize("offset_weight", [0.0, 0.25, 1.0])
def test_a_share_of_the_offset_of_a_face_is_forgiven_inside_its_mask_alone(offset_weight):
    target, valid = plane(0.2, 0.1), EVERYWHERE.copy()
    valid[:, :2] = 0
    predicted = target + np.where(valid > 0, 0.5, 0.3).astype(np.float32)
    error = np.asarray(without_offset(predicted, target, valid, offset_weight)) - target
    np.testing.assert_allclose(error[valid > 0], offset_weight * 0.5, atol=1e-6)
    np.testing.assert_allclose(error[valid == 0], 0.3, atol=1e-6)


def test_the_shape_of_an_error_stays_when_its_offset_is_forgiven():
    target = plane(0, 0)
    error = np.asarray(without_offset(plane(0.3, 0), target, EVERYWHERE, 0.0)) - target
    np.testing.assert_allclose(np.diff(error, axis=2), np.diff(plane(0.3, 0), axis=2), atol=1e-6)
    assert error.mean() == pytest.approx(0, abs=1e-6)


def test_mask_loss_is_cross_entropy_and_finite_where_it_is_sure():
    logits, valid = np.array([[2.0, -1.0], [0.5, -3.0]], np.float32), np.array([[1.0, 0.0], [0.0, 1.0]], np.float32)
    pixels = zip(logits.ravel(), valid.ravel())
    expected = np.mean([cross_entropy(logit, int(inside)) for logit, inside in pixels])
    assert float(mask_loss(logits, valid)) == pytest.approx(expected, rel=1e-5)
    assert float(mask_loss(np.float32(1e4) * (2 * valid - 1), valid)) == pytest.approx(0)
