"""Faces laid a little wrong, as the errors of a face detector lay them."""

import math
from typing import NamedTuple

from facedepth_pipeline.depth import MAX_DEPTH_MM, PixelPitch
from facedepth_pipeline.pix2pix.backends import one_piece
from facedepth_pipeline.pix2pix.draws import Draws, Seeds
from facedepth_pipeline.runtime.keras_import import keras, ops

SCALE, ROTATION_DEG, SHIFT_PX = 0.06, 3.0, 6.0  # largest error at strength 1
NOSE_PLANE_MM = 80.0  # near the nose tip; it stays where it is when the face grows


class Similarity(NamedTuple):
    """One similarity for each of N images.

    Attributes:
        scale: (N,) factor on lengths, about the centre of the image.
        angle: (N,) radians, anticlockwise as seen.
        shift: (N, 2) pixels to the right and down.
    """

    scale: keras.KerasTensor
    angle: keras.KerasTensor
    shift: keras.KerasTensor


def misalign(
    photo: keras.KerasTensor,
    depth_mm: keras.KerasTensor,
    valid: keras.KerasTensor,
    pitch: PixelPitch,
    strength: float,
    seeds: Seeds,
) -> tuple[keras.KerasTensor, keras.KerasTensor, keras.KerasTensor]:
    """Scale, turn and shift each image at random; one similarity for photo, depth and mask.

    Depth grows with the face, about the plane of 80 mm. It is interpolated with the mask as weight, so never across
    the rim of the mask. Beyond the rim of the image its last pixels are repeated.

    Args:
        photo: (N, 256, 256, 3) float32.
        depth_mm: (N, 256, 256, 1) float32, 0 where not valid.
        valid: (N, 256, 256, 1) float32, 0 or 1.
        pitch: Pixels may be longer than they are wide; the turn is one of millimetres.
        strength: 1 allows 6 % of scale, 3 degrees and 6 pixels.
        seeds: Source of the random numbers; the state of a generator moves on.

    Returns:
        The three, moved, with the shapes and ranges they came in.
    """
    draws = Draws(ops.shape(photo)[0], 4, seeds)
    scale = ops.exp(strength * draws.between(-SCALE, SCALE))
    angle = strength * math.pi / 180 * draws.between(-ROTATION_DEG, ROTATION_DEG)
    shift = strength * draws.between(-SHIFT_PX, SHIFT_PX, 2)
    return moved(photo, depth_mm, valid, pitch, Similarity(scale, angle, shift))


def moved(
    photo: keras.KerasTensor,
    depth_mm: keras.KerasTensor,
    valid: keras.KerasTensor,
    pitch: PixelPitch,
    similarity: Similarity,
) -> tuple[keras.KerasTensor, keras.KerasTensor, keras.KerasTensor]:
    """Apply one similarity to each image.

    Args:
        photo: (N, H, W, 3) float32.
        depth_mm: (N, H, W, 1) float32, 0 where not valid.
        valid: (N, H, W, 1) float32, 0 or 1.
        pitch: Millimetres per pixel.
        similarity: What is done to each image.

    Returns:
        The three, moved, with the shapes and ranges they came in.
    """
    stacked = _stacked(photo, depth_mm, valid)
    return _grown(_moved(stacked, pitch, similarity), similarity.scale)


@one_piece
def _stacked(photo: keras.KerasTensor, depth_mm: keras.KerasTensor, valid: keras.KerasTensor) -> keras.KerasTensor:
    return ops.concatenate([photo, depth_mm * valid, valid], axis=-1)


@one_piece
def _moved(image: keras.KerasTensor, pitch: PixelPitch, similarity: Similarity) -> keras.KerasTensor:
    height, width = image.shape[1:3]
    x_mm = (ops.arange(width, dtype="float32")[None] - (width - 1) / 2 - similarity.shift[:, :1]) * pitch.x_mm
    y_mm = (ops.arange(height, dtype="float32")[None] - (height - 1) / 2 - similarity.shift[:, 1:]) * pitch.y_mm
    cosine = (ops.cos(similarity.angle) / similarity.scale)[:, None, None]
    sine = (ops.sin(similarity.angle) / similarity.scale)[:, None, None]
    column = (cosine * x_mm[:, None] - sine * y_mm[:, :, None]) / pitch.x_mm
    row = (sine * x_mm[:, None] + cosine * y_mm[:, :, None]) / pitch.y_mm
    return _read(image, row + (height - 1) / 2, column + (width - 1) / 2)


@one_piece
def _grown(
    read: keras.KerasTensor, scale: keras.KerasTensor
) -> tuple[keras.KerasTensor, keras.KerasTensor, keras.KerasTensor]:
    coverage = read[..., 4:]
    depth_mm = read[..., 3:4] / ops.maximum(coverage, 0.5)
    grown_mm = NOSE_PLANE_MM + scale[:, None, None, None] * (depth_mm - NOSE_PLANE_MM)
    seen = ops.cast((coverage >= 0.5) & (grown_mm > 0), "float32")
    return read[..., :3], ops.minimum(grown_mm, MAX_DEPTH_MM) * seen, seen


def _read(image: keras.KerasTensor, row: keras.KerasTensor, column: keras.KerasTensor) -> keras.KerasTensor:
    """(N, H, W, C) bilinear values of (N, H, W, C) at rows and columns (N, H, W)."""
    height, width, channels = image.shape[1:]
    row, column = ops.clip(row, 0.0, height - 1.0), ops.clip(column, 0.0, width - 1.0)
    top, left = ops.minimum(ops.floor(row), height - 2.0), ops.minimum(ops.floor(column), width - 2.0)
    down, right = (row - top)[..., None], (column - left)[..., None]
    number = ops.arange(ops.shape(image)[0], dtype="int32")[:, None, None]
    first = (number * height + ops.cast(top, "int32")) * width + ops.cast(left, "int32")
    pixels = ops.reshape(image, (-1, channels))
    corners = [ops.take(pixels, first + offset, axis=0) for offset in (0, 1, width, width + 1)]
    above = corners[0] + right * (corners[1] - corners[0])
    below = corners[2] + right * (corners[3] - corners[2])
    return above + down * (below - above)
