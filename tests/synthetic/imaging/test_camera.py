import dataclasses

import numpy as np
import pytest

from facedepth_pipeline.synthetic.imaging.camera import Camera, develop
from facedepth_pipeline.synthetic.lighting.light import srgb_from_linear

PLAIN = Camera(
    exposure=0.3, metering=0, white_balance=(1, 1, 1), contrast=1, saturation=1, blur_px=0, vignette=0,
    noise_grey=0, jpeg_quality=None, seed=0,
)  # fmt: skip
EVERYWHERE = np.ones((40, 60), dtype=bool)


@pytest.fixture
def ramp():
    return np.broadcast_to(np.linspace(0, 0.7, 60, dtype=np.float32)[None, :, None], (40, 60, 3))


def test_a_plain_camera_is_srgb_up_to_the_shoulder(ramp):
    np.testing.assert_allclose(develop(ramp, EVERYWHERE, PLAIN), np.rint(255 * srgb_from_linear(ramp)), atol=1)


def test_bright_light_nears_white_without_clipping():
    bright = np.array([0.7, 1.0, 2.0, 20.0], np.float32)[None, :, None].repeat(3, axis=2)
    levels = develop(bright, np.ones((1, 4), dtype=bool), PLAIN)[0, :, 0].astype(int)
    assert (np.diff(levels) > 0).all()
    assert levels[1] < 255


def test_automatic_exposure_brings_any_face_to_the_same_brightness(ramp):
    meter = dataclasses.replace(PLAIN, metering=1.0)
    dim, bright = (develop(factor * ramp, EVERYWHERE, meter) for factor in (0.2, 1.0))
    np.testing.assert_allclose(dim, bright, atol=1)
    middle = dim[20, 29:31].mean() / 255
    assert middle == pytest.approx(float(srgb_from_linear(np.array(0.3))), abs=0.01)


def test_contrast_keeps_black_middle_and_white():
    greys = np.array([0, 0.2140, 20000], np.float32)[None, :, None].repeat(3, axis=2)
    for contrast in (0.8, 1.35):
        levels = develop(greys, np.zeros((1, 3), dtype=bool), dataclasses.replace(PLAIN, contrast=contrast))[0, :, 0]
        np.testing.assert_allclose(levels, [0, 128, 255], atol=2)


def test_noise_depends_on_its_seed_alone_and_has_the_deviation_asked_for():
    grey = np.full((200, 200, 3), 0.2140, np.float32)
    noisy = dataclasses.replace(PLAIN, noise_grey=4.0)
    face = np.ones((200, 200), dtype=bool)
    first, again = develop(grey, face, noisy), develop(grey, face, noisy)
    other = develop(grey, face, dataclasses.replace(noisy, seed=1))
    assert np.array_equal(first, again)
    assert not np.array_equal(first, other)
    assert first.std() == pytest.approx(4, rel=0.05)


def test_no_saturation_is_grey(ramp):
    coloured = ramp * np.array([1, 0.5, 0.2], np.float32)
    picture = develop(coloured, EVERYWHERE, dataclasses.replace(PLAIN, saturation=0.0))
    assert (picture.max(axis=2) == picture.min(axis=2)).all()


def test_blur_vignette_and_jpeg_keep_the_frame(ramp):
    worn = dataclasses.replace(PLAIN, blur_px=1.5, vignette=0.3, jpeg_quality=40)
    picture = develop(ramp, EVERYWHERE, worn)
    assert (picture.shape, picture.dtype) == ((40, 60, 3), np.uint8)
    assert picture[0, 55].mean() < picture[20, 55].mean()  # darker in the corner
