"""From linear light to pictures, with a camera drawn anew for each image: ``synthetic.imaging.camera`` in a batch."""

import math

import numpy as np

from facedepth_pipeline.pix2pix.backends import one_piece
from facedepth_pipeline.pix2pix.draws import Draws
from facedepth_pipeline.runtime.keras_import import keras, ops

CAMERA_NUMBERS = 13
METERED_STEP = 4  # every fourth pixel is enough to meter
BRIGHTNESS = (0.14, 0.42)  # what the middle of the face becomes, as a share of white
SHOULDER = 0.7


def develop(
    light: keras.KerasTensor, face: keras.KerasTensor, illuminant: keras.KerasTensor, draws: Draws
) -> keras.KerasTensor:
    """Pictures of linear light, by cameras that differ in exposure, white balance, tones and vignette.

    Args:
        light: (N, 256, 256, 3) linear RGB.
        face: (N, 256, 256, 1), weight of each pixel in the metering.
        illuminant: (N, 3) mean colour of the light on the face, which the white balance takes out in part.
        draws: Source of ``CAMERA_NUMBERS`` numbers for each image.

    Returns:
        (N, 256, 256, 3) sRGB in [-1, 1].
    """
    gains = ops.exp(draws.normal(3) * np.array([0.07, 0.03, 0.09], np.float32))
    gains = gains * _balance(illuminant, draws.between(0.4, 1.0, 1))
    exposure = math.log(BRIGHTNESS[0]) + math.log(BRIGHTNESS[1] / BRIGHTNESS[0]) * draws.uniform(1)
    metering = draws.between(0.4, 1.0, 1)
    gains = gains * ops.exp(metering * (exposure - _log_brightness(light, face, gains)))
    picture = _exposed(light, gains, draws.between(0.0, 0.35))
    saturation = draws.between(0.5, 1.25) * draws.happens(0.94)
    return _toned(picture, saturation, draws.between(-0.2, 0.35))


@one_piece
def _exposed(light: keras.KerasTensor, gains: keras.KerasTensor, vignette: keras.KerasTensor) -> keras.KerasTensor:
    return srgb_from_linear(_shoulder(light * gains[:, None, None] * _vignette(light.shape[1], vignette)))


@one_piece
def _toned(picture: keras.KerasTensor, saturation: keras.KerasTensor, contrast: keras.KerasTensor) -> keras.KerasTensor:
    grey = ops.mean(picture, axis=-1, keepdims=True)
    picture = ops.clip(grey + saturation[:, None, None, None] * (picture - grey), 0.0, 1.0)
    return _contrast(2 * picture - 1, contrast)


def _balance(illuminant: keras.KerasTensor, share: keras.KerasTensor) -> keras.KerasTensor:
    colour = ops.maximum(illuminant, 1e-4)
    return ops.exp(-share * ops.log(colour / ops.mean(colour, axis=-1, keepdims=True)))


@one_piece
def _log_brightness(light: keras.KerasTensor, face: keras.KerasTensor, gains: keras.KerasTensor) -> keras.KerasTensor:
    """(N, 1) mean logarithm of the light on the face: near the median, and cheaper."""
    seen = light[:, ::METERED_STEP, ::METERED_STEP] * gains[:, None, None]
    weight = face[:, ::METERED_STEP, ::METERED_STEP]
    logarithm = ops.log(ops.maximum(ops.mean(seen, axis=-1, keepdims=True), 1e-4))
    return ops.sum(logarithm * weight, axis=(1, 2)) / ops.maximum(ops.sum(weight, axis=(1, 2)), 1e-4)


def _vignette(size: int, share: keras.KerasTensor) -> keras.KerasTensor:
    squared = ops.square(ops.linspace(-1.0, 1.0, size))
    return 1 - share[:, None, None, None] / 2 * (squared[None, :, None, None] + squared[None, None, :, None])


def _shoulder(light: keras.KerasTensor) -> keras.KerasTensor:
    """Light beyond 0.7 compressed so that it reaches white only in the limit, as film and cameras do."""
    over = ops.relu(light - SHOULDER) / (1 - SHOULDER)
    return ops.minimum(light, SHOULDER) + (1 - SHOULDER) * over / (1 + over)


def srgb_from_linear(linear: keras.KerasTensor) -> keras.KerasTensor:
    """Display values in [0, 1] from linear light in [0, 1] (IEC 61966-2-1)."""
    bright = 1.055 * ops.exp(ops.log(ops.maximum(linear, 0.0031308)) / 2.4) - 0.055
    return ops.where(linear <= 0.0031308, 12.92 * linear, bright)


def _contrast(picture: keras.KerasTensor, contrast: keras.KerasTensor) -> keras.KerasTensor:
    """An S-shaped curve through black (-1), middle grey and white (1); its slope in the middle is 1 + contrast."""
    return picture * (1 + contrast[:, None, None, None] * (1 - ops.square(picture)))
