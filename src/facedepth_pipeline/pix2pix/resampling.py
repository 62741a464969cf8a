"""Halving, doubling and filling of images, in sums of shifted images: exact in float32 on every backend.

Images are (N, H, W, C) float32 with H and W even.
"""

from facedepth_pipeline.pix2pix.backends import one_piece
from facedepth_pipeline.runtime.keras_import import keras, ops


def halved(image: keras.KerasTensor) -> keras.KerasTensor:
    """(N, H / 2, W / 2, C): mean of each block of 2x2 pixels."""
    rows = image[:, ::2] + image[:, 1::2]
    return 0.25 * (rows[:, :, ::2] + rows[:, :, 1::2])


def doubled(image: keras.KerasTensor) -> keras.KerasTensor:
    """(N, 2 H, 2 W, C): bilinear enlargement with half-pixel centres; pixels at the rim are repeated beyond it."""
    return _doubled_along(_doubled_along(image, axis=1), axis=2)


def _doubled_along(image: keras.KerasTensor, axis: int) -> keras.KerasTensor:
    before, after = shifted(image, 1, axis), shifted(image, -1, axis)
    pairs = ops.stack([0.75 * image + 0.25 * before, 0.75 * image + 0.25 * after], axis=axis + 1)
    shape = list(image.shape)
    shape[axis] *= 2
    return ops.reshape(pairs, (-1, *shape[1:]))


def shifted(image: keras.KerasTensor, pixels: int, axis: int) -> keras.KerasTensor:
    """The image moved along axis 1 or 2, toward larger indices if positive; the rim is repeated."""
    size = image.shape[axis]
    if pixels > 0:
        return ops.concatenate([_cut(image, axis, 0, 1)] * pixels + [_cut(image, axis, 0, size - pixels)], axis=axis)
    last = _cut(image, axis, size - 1, size)
    return ops.concatenate([_cut(image, axis, -pixels, size)] + [last] * -pixels, axis=axis)


def _cut(image: keras.KerasTensor, axis: int, start: int, stop: int) -> keras.KerasTensor:
    return image[:, start:stop] if axis == 1 else image[:, :, start:stop]


def smoothed(image: keras.KerasTensor, axis: int) -> keras.KerasTensor:
    """Weights of 1/4, 1/2, 1/4 along axis 1 or 2: a blur of 0.71 pixels."""
    return 0.5 * image + 0.25 * (shifted(image, 1, axis) + shifted(image, -1, axis))


def filled(image: keras.KerasTensor, known: keras.KerasTensor, levels: int) -> keras.KerasTensor:
    """The image where it is known; elsewhere a smooth guess from what is known around (pull and push).

    Gortler et al., "The Lumigraph", 1996, section 3.5.

    Args:
        image: (N, H, W, C).
        known: (N, H, W, 1), 0 or 1.
        levels: Halvings; beyond ``2 ** levels`` pixels from anything known the guess falls to 0.
    """
    if levels == 0:
        return image * known
    coarse, coarsely_known = _pull(image, known)
    return _push(image, known, filled(coarse, coarsely_known, levels - 1))


@one_piece
def _pull(image: keras.KerasTensor, known: keras.KerasTensor) -> tuple[keras.KerasTensor, keras.KerasTensor]:
    weight = halved(known)
    return halved(image * known) / ops.maximum(weight, 1e-6), ops.minimum(4 * weight, 1.0)


@one_piece
def _push(image: keras.KerasTensor, known: keras.KerasTensor, guess: keras.KerasTensor) -> keras.KerasTensor:
    return known * image + (1 - known) * doubled(guess)
