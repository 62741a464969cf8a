"""Discriminator: the 70x70 PatchGAN.

Sources: Baby et al. 2020, section IV.A.b and figure 5; Isola et al. 2017, appendix 6.1.2.
"""

import itertools

from facedepth_pipeline.depth import IMAGE_SIZE_PX
from facedepth_pipeline.pix2pix.layers import Normalization, conv_kernel, normalization_layer
from facedepth_pipeline.runtime.keras_import import keras, layers


def build_discriminator(width: int, normalization: Normalization, seed: int) -> keras.Model:
    """Judge, for each of 30x30 overlapping patches, whether a depth map is real for its photo.

    Args:
        width: Filters of the first convolution; 64 in the paper (about 2.8 M parameters).
        normalization: As in the generator.
        seed: Of the initial weights.

    Returns:
        Model from photo (N, 256, 256, 3) and depth_normalized (N, 256, 256, 1), concatenated, to
        patch_logits (N, 30, 30, 1); each sees 70x70 pixels, above 0 means real.
    """
    seeds = itertools.count(seed)
    photo = keras.Input((IMAGE_SIZE_PX, IMAGE_SIZE_PX, 3), name="photo")
    depth = keras.Input((IMAGE_SIZE_PX, IMAGE_SIZE_PX, 1), name="depth_normalized")
    x = layers.Concatenate(name="photo_and_depth")([photo, depth])
    for level, (multiple, stride) in enumerate(((1, 2), (2, 2), (4, 2), (8, 1)), start=1):
        if stride == 1:
            x = layers.ZeroPadding2D(name=f"judge_{level}_pad")(x)  # (N, 34, 34, 4 * width)
        x = layers.Conv2D(
            multiple * width,
            4,
            stride,
            padding="valid" if stride == 1 else "same",
            use_bias=level == 1,
            kernel_initializer=conv_kernel(next(seeds)),
            name=f"judge_{level}",
        )(x)
        if level > 1:
            x = normalization_layer(normalization, f"judge_{level}_norm")(x)
        x = layers.LeakyReLU(negative_slope=0.2, name=f"judge_{level}_act")(x)
    x = layers.ZeroPadding2D(name="patch_pad")(x)  # (N, 33, 33, 8 * width)
    logits = layers.Conv2D(1, 4, kernel_initializer=conv_kernel(next(seeds)), dtype="float32", name="patch_logits")(x)
    return keras.Model([photo, depth], logits, name="discriminator")
