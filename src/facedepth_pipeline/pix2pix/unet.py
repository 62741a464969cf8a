"""Generator: the U-Net for 256x256 images of pix2pix.

Sources: Baby et al. 2020, section IV.A.a and figure 3; layer sizes from Isola et al. 2017 (pix2pix),
appendix 6.1.1, which the paper follows.
"""

import itertools
from collections.abc import Iterator

import keras
from keras import layers

from facedepth_pipeline.depth import IMAGE_SIZE_PX
from facedepth_pipeline.pix2pix.layers import Normalization, conv_kernel, normalization_layer

ENCODER_MULTIPLES = (1, 2, 4, 8, 8, 8, 8, 8)
DECODER_MULTIPLES = (8, 8, 8, 8, 4, 2, 1)
DROPOUT_BLOCKS = 3
DROPOUT_RATE = 0.5


def build_generator(width: int, normalization: Normalization, seed: int) -> keras.Model:
    """U-Net of eight stride-2 convolutions and eight transposed ones, joined by skips.

    Made of stock layers alone, so it loads in safe mode without this package. Dropout in the first
    three decoder blocks is the noise z of equation 1; ``training=True`` switches it on, nothing else.
    The encoder activates by LeakyReLU as in pix2pix, where the paper's text says ReLU.

    Args:
        width: Filters of the first convolution; 64 in the paper (54.4 M parameters).
        normalization: ``instance`` is batch norm as it acts at batch 1, yet deterministic.
        seed: Of the initial weights and of dropout.

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
        x = _decoder_block(x, level, multiple * width, normalization, seeds)
        x = layers.Concatenate(name=f"skip_{level}")([x, skips.pop()])
    x = layers.Conv2DTranspose(
        1, 4, 2, padding="same", kernel_initializer=conv_kernel(next(seeds)), name="depth_logits"
    )(x)
    depth = layers.Activation("tanh", dtype="float32", name="depth_normalized")(x)
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


def _decoder_block(
    x: keras.KerasTensor, level: int, filters: int, normalization: Normalization, seeds: Iterator[int]
) -> keras.KerasTensor:
    x = layers.Conv2DTranspose(
        filters,
        4,
        2,
        padding="same",
        use_bias=False,
        kernel_initializer=conv_kernel(next(seeds)),
        name=f"decode_{level}",
    )(x)
    x = normalization_layer(normalization, f"decode_{level}_norm")(x)
    if level <= DROPOUT_BLOCKS:
        x = layers.Dropout(DROPOUT_RATE, seed=next(seeds), name=f"decode_{level}_dropout")(x)
    return layers.ReLU(name=f"decode_{level}_act")(x)
