"""What JPEG does to a photo, as sums and products: colours, blocks and tables of ITU-T T.81 as libjpeg uses them."""

import numpy as np

from facedepth_pipeline.pix2pix.backends import one_piece
from facedepth_pipeline.pix2pix.resampling import doubled, halved
from facedepth_pipeline.runtime.keras_import import keras, ops

BLOCK = 8
# Quantisation at quality 50: T.81, tables K.1 (brightness) and K.2 (colour).
# fmt: off
BRIGHTNESS_TABLE = np.array([
    [16, 11, 10, 16, 24, 40, 51, 61], [12, 12, 14, 19, 26, 58, 60, 55], [14, 13, 16, 24, 40, 57, 69, 56],
    [14, 17, 22, 29, 51, 87, 80, 62], [18, 22, 37, 56, 68, 109, 103, 77], [24, 35, 55, 64, 81, 104, 113, 92],
    [49, 64, 78, 87, 103, 121, 120, 101], [72, 92, 95, 98, 112, 100, 103, 99],
], np.float32)
COLOUR_TABLE = np.array([
    [17, 18, 24, 47], [18, 21, 26, 66], [24, 26, 56, 99], [47, 66, 99, 99],
], np.float32)
# fmt: on
COLOUR_TABLE = np.pad(COLOUR_TABLE, (0, 4), constant_values=99)
# Brightness and the two differences of colour from red, green and blue (JFIF), and back.
FROM_RGB = np.array(
    [[0.299, 0.587, 0.114], [-0.168736, -0.331264, 0.5], [0.5, -0.418688, -0.081312]],
    np.float32,
)
TO_RGB = np.array([[1, 0, 1.402], [1, -0.344136, -0.714136], [1, 1.772, 0]], np.float32)


def cosine_matrix() -> np.ndarray:
    """(8, 8) float32 orthonormal discrete cosine transform; rows are frequencies."""
    frequency, place = np.indices((BLOCK, BLOCK))
    waves = np.cos(np.pi * (2 * place + 1) * frequency / (2 * BLOCK)) * np.sqrt(2 / BLOCK)
    waves[0] /= np.sqrt(2)
    return waves.astype(np.float32)


def through_jpeg(photo: keras.KerasTensor, quality: keras.KerasTensor) -> keras.KerasTensor:
    """The photo after it was saved as JPEG and opened again, colours at half of the resolution as usual.

    Args:
        photo: (N, H, W, 3) float32, 0 to 255, H and W multiples of 16.
        quality: (N,) float32, 1 to 100.

    Returns:
        Photos of the same shape and range, in whole numbers.
    """
    brightness, colours = _split(photo)
    coarse = _coarsened(brightness, _table(BRIGHTNESS_TABLE, quality))[..., None]
    table = _table(COLOUR_TABLE, quality)
    colours = ops.stack([_coarsened(colours[..., channel], table) for channel in range(2)], axis=-1)
    return _joined(coarse, colours)


@one_piece
def _split(photo: keras.KerasTensor) -> tuple[keras.KerasTensor, keras.KerasTensor]:
    """Brightness less 128 (N, H, W), and the two differences of colour (N, H / 2, W / 2, 2)."""
    colours = halved(ops.round(_mixed(photo, FROM_RGB[1:])))
    return ops.round(_mixed(photo, FROM_RGB[:1]))[..., 0] - 128, ops.round(colours)


@one_piece
def _joined(brightness: keras.KerasTensor, colours: keras.KerasTensor) -> keras.KerasTensor:
    parts = ops.concatenate([ops.round(brightness) + 128, doubled(ops.round(colours))], axis=-1)
    return ops.clip(ops.round(_mixed(parts, TO_RGB)), 0.0, 255.0)


def _mixed(image: keras.KerasTensor, matrix: np.ndarray) -> keras.KerasTensor:
    return sum(image[..., channel : channel + 1] * matrix[:, channel] for channel in range(3))


def _table(table: np.ndarray, quality: keras.KerasTensor) -> keras.KerasTensor:
    """(N, 8, 8) steps of each frequency, as libjpeg scales them."""
    percent = ops.floor(ops.where(quality < 50, 5000 / quality, 200 - 2 * quality))
    return ops.clip(ops.floor((table * percent[:, None, None] + 50) / 100), 1.0, 255.0)


@one_piece
def _coarsened(plane: keras.KerasTensor, table: keras.KerasTensor) -> keras.KerasTensor:
    """(N, H, W), each frequency of each block rounded to whole steps of its table."""
    height, width = plane.shape[1:]
    waves = cosine_matrix()
    blocks = (-1, height // BLOCK, BLOCK, width // BLOCK, BLOCK)
    frequencies = ops.reshape(_transformed(plane, waves), blocks)
    steps = table[:, None, :, None, :]
    rounded = ops.round(frequencies / steps) * steps
    return _transformed(ops.reshape(rounded, (-1, height, width)), waves.T)


def _transformed(plane: keras.KerasTensor, matrix: np.ndarray) -> keras.KerasTensor:
    """(N, H, W): the matrix on both sides of each block of 8x8."""
    height, width = plane.shape[1:]
    down = ops.matmul(matrix, ops.reshape(plane, (-1, height // BLOCK, BLOCK, width)))
    across = ops.matmul(ops.reshape(down, (-1, height, width // BLOCK, BLOCK)), matrix.T)
    return ops.reshape(across, (-1, height, width))
