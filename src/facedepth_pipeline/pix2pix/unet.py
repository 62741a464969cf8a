"""Generator: the U-Net for 256x256 images of pix2pix.

Sources: Baby et al. 2020, section IV.A.a and figure 3; layer sizes from Isola et al. 2017 (pix2pix),
appendix 6.1.1, which the paper follows.
"""

import itertools
from collections.abc import Iterator
from typing import Literal

import numpy as np

from facedepth_pipeline.depth import IMAGE_SIZE_PX
from facedepth_pipeline.pix2pix.layers import Normalization, conv_kernel, normalization_layer
from facedepth_pipeline.runtime.keras_import import keras, layers

ENCODER_MULTIPLES = (1, 2, 4, 8, 8, 8, 8, 8)
DECODER_MULTIPLES = (8, 8, 8, 8, 4, 2, 1)
DROPOUT_BLOCKS = 3
DROPOUT_RATE = 0.5

Decoder = Literal["transposed", "resize"]


def build_generator(
    width: int,
    normalization: Normalization,
    seed: int,
    decoder: Decoder = "transposed",
    mean_face: np.ndarray | None = None,
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
            3x3 convolution (Odena et al. 2016), free of the checkerboard and twice the arithmetic.
        mean_face: (256, 256) float32 depth_normalized; if given, the network adds what it predicts to it and cuts
            off at -1 and 1, where otherwise tanh bounds it. It is a weight of the graph and saved with it.

    Returns:
        Model from float32 RGB (N, 256, 256, 3) in [-1, 1] to depth_normalized (N, 256, 256, 1)
        in [-1, 1].
    """
    seeds = itertools.count(seed)
    photo = x = keras.Input((IMAGE_SIZE_PX, IMAGE_SIZE_PX, 3), name="photo")
    skips = []
    for level, multiple in enumerate(ENCODER_MULTIPLES, start=1):
        x = _encoder_block(x, level, multiple * width, normalization, seeds)
        skips.append(x)  # (N, 256 / 2**level, 256 / 2**level, filters)
    skips.pop()  # the bottleneck itself
    for level, multiple in enumerate(DECODER_MULTIPLES, start=1):
        x = _enlarge(x, multiple * width, decoder, f"decode_{level}", next(seeds), use_bias=False)
        x = _decoder_activation(x, level, normalization, seeds)
        x = layers.Concatenate(name=f"skip_{level}")([x, skips.pop()])
    x = _enlarge(x, 1, decoder, "depth_logits", next(seeds), use_bias=True)
    if mean_face is None:
        depth = layers.Activation("tanh", dtype="float32", name="depth_normalized")(x)
        return keras.Model(photo, depth, name="generator")
    # The stock layer that adds an image to its input: de-normalisation by a mean image and unit variance.
    plus_mean_face = layers.Normalization(axis=(1, 2, 3), invert=True, dtype="float32", name="plus_mean_face")
    x = plus_mean_face(x)
    plus_mean_face.set_weights([mean_face[..., None], np.ones((*mean_face.shape, 1), np.float32), np.array(1)])
    plus_mean_face.finalize_state()
    depth = layers.Activation("hard_tanh", dtype="float32", name="depth_normalized")(x)
    return keras.Model(photo, depth, name="generator")


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
    x = layers.UpSampling2D(name=f"{name}_enlarged")(x)
    return layers.Conv2D(filters, 3, padding="same", use_bias=use_bias, kernel_initializer=kernel, name=name)(x)


def _decoder_activation(
    x: keras.KerasTensor, level: int, normalization: Normalization, seeds: Iterator[int]
) -> keras.KerasTensor:
    x = normalization_layer(normalization, f"decode_{level}_norm")(x)
    if level <= DROPOUT_BLOCKS:
        x = layers.Dropout(DROPOUT_RATE, seed=next(seeds), name=f"decode_{level}_dropout")(x)
    return layers.ReLU(name=f"decode_{level}_act")(x)
