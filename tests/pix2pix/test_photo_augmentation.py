import keras
import numpy as np
import pytest

from facedepth_pipeline.parameters import PhotoAugmentation
from facedepth_pipeline.pix2pix.photo_augmentation import (
    add_noise,
    augment_photos,
    blur,
    cast_colour,
    cover_with_patches,
    lower_resolution,
    save_as_jpeg,
)

COUNT = 12
RNG = np.random.default_rng(0)
PHOTOS = np.repeat(RNG.uniform(-0.9, 0.9, (COUNT, 32, 32, 3)), 8, axis=1).repeat(8, axis=2).astype(np.float32)
GREY = np.zeros((COUNT, 256, 256, 3), np.float32)
CHANGES = [blur, lower_resolution, cast_colour, add_noise, save_as_jpeg, cover_with_patches]


def sharpness(photos: np.ndarray) -> np.ndarray:
    return np.abs(np.diff(photos, axis=2)).mean(axis=(1, 2, 3)) + np.abs(np.diff(photos, axis=1)).mean(axis=(1, 2, 3))


def changed(change, photos=PHOTOS, amount=1.0, seed=0) -> np.ndarray:
    return np.asarray(change(photos, amount, keras.random.SeedGenerator(seed)))


def test_without_strengths_photos_stay_to_the_bit():
    np.testing.assert_array_equal(
        np.asarray(augment_photos(PHOTOS, PhotoAugmentation(), keras.random.SeedGenerator(0))), PHOTOS
    )


@pytest.mark.parametrize("change", CHANGES)
def test_every_change_differs_from_photo_to_photo_stays_in_range_and_repeats_itself(change):
    first, again, other = (changed(change, seed=seed) for seed in (1, 1, 2))
    np.testing.assert_array_equal(first, again)
    assert not np.array_equal(first, other)
    assert np.abs(first).max() <= 1 + 1e-5
    difference = np.abs(first - PHOTOS).mean(axis=(1, 2, 3))
    assert len({round(float(value), 5) for value in difference}) == COUNT


@pytest.mark.parametrize("change", [lower_resolution, save_as_jpeg, cover_with_patches])
def test_a_share_changes_that_share_of_the_photos(change):
    many = np.repeat(PHOTOS, 5, axis=0)
    untouched = np.abs(changed(change, many, 0.4) - many).max(axis=(1, 2, 3)) < 1e-6
    assert 0.4 < untouched.mean() < 0.8


def test_blur_softens_keeps_the_mean_and_grows_with_its_strength():
    soft, softer = changed(blur), changed(blur, amount=2.0)
    assert (sharpness(softer) < sharpness(soft)).all()
    assert (sharpness(soft) <= sharpness(PHOTOS)).all()
    np.testing.assert_allclose(soft.mean(axis=(1, 2, 3)), PHOTOS.mean(axis=(1, 2, 3)), atol=0.01)


def test_low_resolution_takes_detail_away():
    fine = np.tile(np.array([[1, -1], [-1, 1]], np.float32)[None, :, :, None], (COUNT, 128, 128, 3))
    assert np.abs(changed(lower_resolution, fine)).max() < 1e-6


def test_noise_has_the_strength_that_was_asked_for_and_its_own_in_each_channel():
    deviation = changed(add_noise, GREY).std(axis=(1, 2, 3)) * 127.5
    assert deviation.max() < 1.5 * 8
    assert deviation.max() > 2
    noise = changed(add_noise, GREY)[deviation.argmax()]
    red_against_blue = np.corrcoef(noise[..., 0].ravel(), noise[..., 2].ravel())[0, 1]
    assert red_against_blue < 0.999


def test_a_cast_changes_the_balance_of_colours_and_leaves_black_alone():
    means = changed(cast_colour, GREY).mean(axis=(1, 2))
    assert np.ptp(means, axis=1).max() > 0.1
    np.testing.assert_allclose(changed(cast_colour, GREY - 1), -1, atol=1e-6)


def test_patches_cover_a_part_and_leave_the_rest_to_the_bit():
    covered = np.abs(changed(cover_with_patches) - PHOTOS).max(axis=-1) > 1e-6
    share = covered.mean(axis=(1, 2))
    assert (share > 0).mean() > 0.8
    assert share.max() < 0.4
    assert share.mean() > 0.005
