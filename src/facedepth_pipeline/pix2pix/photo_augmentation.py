"""What cameras, files and things in the way do to photos, drawn anew for each photo of a batch.

All photos are (N, 256, 256, 3) float32 in [-1, 1]. Depth depends on none of this.
"""

import math
from typing import NamedTuple

import numpy as np

from facedepth_pipeline.parameters import PhotoAugmentation
from facedepth_pipeline.pix2pix.backends import one_piece
from facedepth_pipeline.pix2pix.draws import Draws, Seeds, grain, rolled
from facedepth_pipeline.pix2pix.jpeg import through_jpeg
from facedepth_pipeline.pix2pix.resampling import doubled, halved, shifted, smoothed
from facedepth_pipeline.runtime.keras_import import keras, ops

BLUR_PX = 1.5
BLUR_REACH_PX = 4
NOISE_LEVELS = 8.0
JPEG_QUALITY = (25.0, 95.0)
CAST = 0.3
PATCHES = 3
PATCH_PX = (5.0, 36.0)  # half of a side


def augment_photos(photo: keras.KerasTensor, strengths: PhotoAugmentation, seeds: Seeds) -> keras.KerasTensor:
    """All changes that have a strength or share above 0, in the order in which light, camera and file cause them.

    Args:
        photo: Photos.
        strengths: How much of each.
        seeds: Source of the random numbers; the state of a generator moves on.
    """
    for name, change in CHANGES.items():
        amount = getattr(strengths, name)
        if amount:
            photo = change(photo, amount, seeds)
    return photo


def cover_with_patches(photo: keras.KerasTensor, share: float, seeds: Seeds) -> keras.KerasTensor:
    """Lay one to three things in front of this share of the photos: rectangles and ellipses, plain or textured.

    A texture is noise, or a part of the photo upside down.
    """
    count, size = ops.shape(photo)[0], photo.shape[1]
    draws = Draws(count, 1 + PATCHES * 11, seeds)
    covered = draws.happens(share)
    here = ops.stack([covered * (draws.happens(0.5) if patch else 1.0) for patch in range(PATCHES)], axis=-1)
    patch = Patch(
        centre=draws.between(0.0, float(size - 1), PATCHES, 2),
        half=ops.exp(draws.between(math.log(PATCH_PX[0]), math.log(PATCH_PX[1]), PATCHES, 2)),
        angle=draws.between(0.0, math.pi, PATCHES),
        is_round=draws.happens(0.5, PATCHES),
    )
    shapes = _shapes(patch, here, photo)
    colour, kind = draws.between(-1.0, 1.0, PATCHES, 3), draws.uniform(PATCHES)
    return _covered(photo, shapes, grain(count, size, seeds), colour, kind)


class Patch(NamedTuple):
    """Things in front of N photos, K each.

    Attributes:
        centre: (N, K, 2) column and row.
        half: (N, K, 2) half of each side, pixels.
        angle: (N, K) radians.
        is_round: (N, K) 1 for an ellipse, 0 for a rectangle.
    """

    centre: keras.KerasTensor
    half: keras.KerasTensor
    angle: keras.KerasTensor
    is_round: keras.KerasTensor


@one_piece
def _shapes(patch: Patch, here: keras.KerasTensor, photo: keras.KerasTensor) -> keras.KerasTensor:
    """(N, H, W, K) share of each pixel that each patch covers."""
    place = ops.arange(photo.shape[1], dtype="float32")
    x = place[None, None, :, None] - patch.centre[:, None, None, :, 0]
    y = place[None, :, None, None] - patch.centre[:, None, None, :, 1]
    cosine, sine = ops.cos(patch.angle)[:, None, None], ops.sin(patch.angle)[:, None, None]
    u = ops.abs(cosine * x + sine * y) / patch.half[:, None, None, :, 0]
    v = ops.abs(cosine * y - sine * x) / patch.half[:, None, None, :, 1]
    is_round = patch.is_round[:, None, None]
    beyond = is_round * ops.sqrt(u * u + v * v) + (1 - is_round) * ops.maximum(u, v)
    smaller = ops.min(patch.half, axis=-1)[:, None, None]
    return ops.clip((1 - beyond) * smaller + 0.5, 0.0, 1.0) * here[:, None, None]


@one_piece
def _covered(
    photo: keras.KerasTensor,
    shapes: keras.KerasTensor,
    noise: keras.KerasTensor,
    colour: keras.KerasTensor,
    kind: keras.KerasTensor,
) -> keras.KerasTensor:
    upside_down, seen = photo[:, ::-1], photo
    for number in range(PATCHES):
        own = kind[:, None, None, number : number + 1]
        plain = colour[:, None, None, number] + ops.where(own < 0.25, 0.3, 0.0) * noise
        patch = ops.clip(ops.where(own > 0.7, upside_down, plain), -1.0, 1.0)
        seen = seen + shapes[..., number : number + 1] * (patch - seen)
    return seen


def blur(photo: keras.KerasTensor, strength: float, seeds: Seeds) -> keras.KerasTensor:
    """Blur by a normal kernel, of up to 1.5 pixels times ``strength`` in x and, independently, in y."""
    sigma = Draws(ops.shape(photo)[0], 2, seeds).between(0.0, BLUR_PX * strength, 2)
    return _blurred_across(_blurred_down(photo, sigma[:, 0]), sigma[:, 1])


@one_piece
def _blurred_down(photo: keras.KerasTensor, sigma: keras.KerasTensor) -> keras.KerasTensor:
    return _blurred(photo, sigma, axis=1)


@one_piece
def _blurred_across(photo: keras.KerasTensor, sigma: keras.KerasTensor) -> keras.KerasTensor:
    return _blurred(photo, sigma, axis=2)


def _blurred(photo: keras.KerasTensor, sigma: keras.KerasTensor, axis: int) -> keras.KerasTensor:
    offsets = range(-BLUR_REACH_PX, BLUR_REACH_PX + 1)
    squares = np.square(np.array(offsets, np.float32))
    weights = ops.softmax(-squares / (2 * ops.square(sigma[:, None]) + 1e-4), axis=-1)
    taps = [shifted(photo, -offset, axis) if offset else photo for offset in offsets]
    return sum(tap * _across(weights[:, number]) for number, tap in enumerate(taps))


def lower_resolution(photo: keras.KerasTensor, share: float, seeds: Seeds) -> keras.KerasTensor:
    """In this share of the photos, go down to 128 or 64 pixels, or to a mixture of both, and up again."""
    draws = Draws(ops.shape(photo)[0], 2, seeds)
    chosen, mixed = draws.happens(share), draws.between(-0.5, 1.5)
    half = _halved(photo)
    return _replaced(photo, _mixed(half, _halved(half), mixed), chosen)


@one_piece
def _halved(photo: keras.KerasTensor) -> keras.KerasTensor:
    return halved(photo)


@one_piece
def _mixed(half: keras.KerasTensor, quarter: keras.KerasTensor, share: keras.KerasTensor) -> keras.KerasTensor:
    return half + ops.clip(_across(share), 0.0, 1.0) * (doubled(quarter) - half)


@one_piece
def _replaced(photo: keras.KerasTensor, half: keras.KerasTensor, chosen: keras.KerasTensor) -> keras.KerasTensor:
    return photo + _across(chosen) * (doubled(half) - photo)


def cast_colour(photo: keras.KerasTensor, strength: float, seeds: Seeds) -> keras.KerasTensor:
    """Multiply the channels by up to 1.35 times ``strength``, and let colours fade or glow by 40 % times it."""
    draws = Draws(ops.shape(photo)[0], 4, seeds)
    gains = ops.exp(CAST * strength * draws.between(-1.0, 1.0, 3))
    return _cast(photo, gains, 1 + 0.4 * strength * draws.between(-1.0, 1.0))


@one_piece
def _cast(photo: keras.KerasTensor, gains: keras.KerasTensor, saturation: keras.KerasTensor) -> keras.KerasTensor:
    lit = (photo + 1) / 2 * gains[:, None, None]
    grey = ops.mean(lit, axis=-1, keepdims=True)
    return 2 * ops.clip(grey + _across(saturation) * (lit - grey), 0.0, 1.0) - 1


def add_noise(photo: keras.KerasTensor, strength: float, seeds: Seeds) -> keras.KerasTensor:
    """Shot noise of up to 8 grey levels times ``strength`` at middle grey, from fine to blotches of a few pixels."""
    count, size = ops.shape(photo)[0], photo.shape[1]
    draws = Draws(count, 3, seeds)
    deviation = NOISE_LEVELS / 127.5 * strength * ops.square(draws.uniform())
    fine = _by_channel(grain(count, size, seeds), draws.uniform())
    return _noisy(photo, deviation, fine, draws.uniform())


@one_piece
def _by_channel(noise: keras.KerasTensor, coloured: keras.KerasTensor) -> keras.KerasTensor:
    """(N, H, W, 3) noise that is the same in all channels but for a share of its own."""
    own = [rolled(noise, 64 * channel + 31, 80 * channel + 17) for channel in range(3)]
    return noise + _across(coloured) * ops.concatenate(own, axis=-1)


@one_piece
def _noisy(
    photo: keras.KerasTensor, deviation: keras.KerasTensor, fine: keras.KerasTensor, coarse: keras.KerasTensor
) -> keras.KerasTensor:
    noise = fine + _across(coarse) * (2 * smoothed(smoothed(fine, 1), 2) - fine)
    bright = ops.sqrt(0.15 + 0.85 * (photo + 1))
    return ops.clip(photo + _across(deviation) * bright * noise, -1.0, 1.0)


def save_as_jpeg(photo: keras.KerasTensor, share: float, seeds: Seeds) -> keras.KerasTensor:
    """Save this share of the photos as JPEG of quality 25 to 95."""
    draws = Draws(ops.shape(photo)[0], 2, seeds)
    chosen = draws.happens(share)
    return _instead(photo, through_jpeg(_levels(photo), draws.between(*JPEG_QUALITY)), chosen)


@one_piece
def _levels(photo: keras.KerasTensor) -> keras.KerasTensor:
    return 127.5 * (photo + 1)


@one_piece
def _instead(photo: keras.KerasTensor, levels: keras.KerasTensor, chosen: keras.KerasTensor) -> keras.KerasTensor:
    return photo + _across(chosen) * (levels / 127.5 - 1 - photo)


CHANGES = {
    "patches": cover_with_patches,
    "blur": blur,
    "low_resolution": lower_resolution,
    "colour_cast": cast_colour,
    "noise": add_noise,
    "jpeg": save_as_jpeg,
}


def _across(numbers: keras.KerasTensor) -> keras.KerasTensor:
    return numbers[:, None, None, None]
