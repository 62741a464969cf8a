"""Generator: the U-Net for 256x256 images of pix2pix.

Sources: Baby et al. 2020, section IV.A.a and figure 3; layer sizes from Isola et al. 2017 (pix2pix),
appendix 6.1.1, which the paper follows.
"""

import itertools
from collections.abc import Iterator, Sequence
from typing import Literal, NamedTuple

import numpy as np

from facedepth_pipeline.depth import IMAGE_SIZE_PX
from facedepth_pipeline.pix2pix.layers import Normalization, conv_kernel, normalization_layer
from facedepth_pipeline.runtime.keras_import import keras, layers

ENCODER_MULTIPLES = (1, 2, 4, 8, 8, 8, 8, 8)
DECODER_MULTIPLES = (8, 8, 8, 8, 4, 2, 1)
DROPOUT_BLOCKS = 3
DROPOUT_RATE = 0.5
MASK_LOGITS = "mask_logits"

MASK_SHARPNESS = 4.0  # of the mask in the depth: its rim is this much steeper than the probability

Decoder = Literal["transposed", "resize", "bilinear"]


class Extras(NamedTuple):
    """What a generator may have that the paper's has not.

    Attributes:
        deepest_multiple: No convolution has more filters than this times ``width``.
        mask_output: Whether a second head predicts the mask, with which the depth is multiplied: a sharp rim.
        red_alone: Whether the network sees the red channel in all three: pigments of the skin show least in it, and
            shape shows as well as in the others.
    """

    deepest_multiple: int = 8
    mask_output: bool = False
    red_alone: bool = False


NO_EXTRAS = Extras()


def build_generator(
    width: int,
    normalization: Normalization,
    seed: int,
    decoder: Decoder = "transposed",
    mean_face: np.ndarray | None = None,
    extras: Extras = NO_EXTRAS,
) -> keras.Model:
    """U-Net of eight stride-2 convolutions and eight transposed ones, joined by skips.

    Made of stock layers alone, so it loads in safe mode without this package. Dropout in the first
    three decoder blocks is the noise z of equation 1; ``training=True`` switches it on, nothing else.
    The encoder activates by LeakyReLU as in pix2pix, where the paper's text says ReLU.

    Args:
        width: Filters of the first convolution; 64 in the paper (54.4 M parameters).
        normalization: ``instance`` is batch norm as it acts at batch 1, yet deterministic.
        seed: Of the initial weights and of dropout.
        decoder: ``transposed`` convolutions as in the paper, or ``resize``: nearest-neighbour enlargement and a
            3x3 convolution (Odena et al. 2016), free of the checkerboard and twice the arithmetic; ``bilinear``
            enlarges smoothly instead.
        mean_face: (256, 256) float32 depth_normalized; if given, the network adds what it predicts to it and cuts
            off at -1 and 1, where otherwise tanh bounds it. It is a weight of the graph and saved with it.
        extras: What goes beyond the paper.

    Returns:
        Model from float32 RGB (N, 256, 256, 3) in [-1, 1] to depth_normalized (N, 256, 256, 1)
        in [-1, 1].
    """
    seeds = itertools.count(seed)
    photo = x = keras.Input((IMAGE_SIZE_PX, IMAGE_SIZE_PX, 3), name="photo")
    if extras.red_alone:
        x = _red_in_all_channels(x)
    skips = []
    widest = extras.deepest_multiple * width
    for level, multiple in enumerate(ENCODER_MULTIPLES, start=1):
        x = _encoder_block(x, level, min(multiple * width, widest), normalization, seeds)
        skips.append(x)  # (N, 256 / 2**level, 256 / 2**level, filters)
    skips.pop()  # the bottleneck itself
    for level, multiple in enumerate(DECODER_MULTIPLES, start=1):
        x = _enlarge(x, min(multiple * width, widest), decoder, f"decode_{level}", next(seeds), use_bias=False)
        x = _decoder_activation(x, level, normalization, seeds)
        x = layers.Concatenate(name=f"skip_{level}")([x, skips.pop()])
    depth = _bounded(_enlarge(x, 1, decoder, "depth_logits", next(seeds), use_bias=True), mean_face)
    if extras.mask_output:
        depth = _masked(depth, _enlarge(x, 1, decoder, MASK_LOGITS, next(seeds), use_bias=True))
    return keras.Model(photo, depth, name="generator")


def _red_in_all_channels(photo: keras.KerasTensor) -> keras.KerasTensor:
    layer = layers.Conv2D(3, 1, use_bias=False, trainable=False, name="red_alone")
    red = layer(photo)
    layer.set_weights([np.array([[[[1, 1, 1], [0, 0, 0], [0, 0, 0]]]], np.float32)])
    return red


def set_all_weights(generator: keras.Model, weights: Sequence[np.ndarray]) -> None:
    """Give a generator its weights, in the order of Keras; a mean face among them takes effect as well."""
    generator.set_weights(weights)
    for layer in generator.layers:
        if isinstance(layer, layers.Normalization):
            layer.finalize_state()


def with_mask_logits(generator: keras.Model) -> keras.Model:
    """The same generator, layer for layer, with two outputs: depth_normalized and the logits of the mask."""
    return keras.Model(generator.input, [generator.output, generator.get_layer(MASK_LOGITS).output])


def _masked(depth: keras.KerasTensor, mask_logits: keras.KerasTensor) -> keras.KerasTensor:
    """The depth above -1, the background, multiplied by the mask."""
    mask = layers.Rescaling(MASK_SHARPNESS, dtype="float32", name="mask_sharpened")(mask_logits)
    mask = layers.Activation("sigmoid", dtype="float32", name="mask")(mask)
    raised = layers.Rescaling(1.0, 1.0, dtype="float32", name="depth_raised")(depth)
    raised = layers.Multiply(dtype="float32", name="depth_in_mask")([raised, mask])
    return layers.Rescaling(1.0, -1.0, dtype="float32", name="depth_lowered")(raised)


def _bounded(x: keras.KerasTensor, mean_face: np.ndarray | None) -> keras.KerasTensor:
    if mean_face is None:
        return layers.Activation("tanh", dtype="float32", name="depth_normalized")(x)
    # The stock layer that adds an image to its input: de-normalisation by a mean image and unit variance.
    plus_mean_face = layers.Normalization(axis=(1, 2, 3), invert=True, dtype="float32", name="plus_mean_face")
    x = plus_mean_face(x)
    plus_mean_face.set_weights([mean_face[..., None], np.ones((*mean_face.shape, 1), np.float32), np.array(1)])
    plus_mean_face.finalize_state()
    return layers.Activation("hard_tanh", dtype="float32", name="depth_normalized")(x)


def _encoder_block(
    x: keras.KerasTensor, level: int, filters: int, normalization: Normalization, seeds: Iterator[int]
) -> keras.KerasTensor:
    # The first layer sees raw pixels (pix2pix leaves it bare); a norm over the 1x1 bottleneck would erase it.
    normalized = 1 < level < len(ENCODER_MULTIPLES)
    x = layers.Conv2D(
        filters,
        4,
        2,
        padding="same",
        use_bias=not normalized,
        kernel_initializer=conv_kernel(next(seeds)),
        name=f"encode_{level}",
    )(x)
    if normalized:
        x = normalization_layer(normalization, f"encode_{level}_norm")(x)
    return layers.LeakyReLU(negative_slope=0.2, name=f"encode_{level}_act")(x)


def _enlarge(
    x: keras.KerasTensor, filters: int, decoder: Decoder, name: str, seed: int, use_bias: bool
) -> keras.KerasTensor:
    kernel = conv_kernel(seed)
    if decoder == "transposed":
        return layers.Conv2DTranspose(
            filters, 4, 2, padding="same", use_bias=use_bias, kernel_initializer=kernel, name=name
        )(x)
    interpolation = "nearest" if decoder == "resize" else "bilinear"
    x = layers.UpSampling2D(interpolation=interpolation, name=f"{name}_enlarged")(x)
    return layers.Conv2D(filters, 3, padding="same", use_bias=use_bias, kernel_initializer=kernel, name=name)(x)


def _decoder_activation(
    x: keras.KerasTensor, level: int, normalization: Normalization, seeds: Iterator[int]
) -> keras.KerasTensor:
    x = normalization_layer(normalization, f"decode_{level}_norm")(x)
    if level <= DROPOUT_BLOCKS:
        x = layers.Dropout(DROPOUT_RATE, seed=next(seeds), name=f"decode_{level}_dropout")(x)
    return layers.ReLU(name=f"decode_{level}_act")(x)
