"""The layer choices that generator and discriminator share."""

from typing import Literal

from facedepth_pipeline.runtime.keras_import import keras

Normalization = Literal["instance", "batch"]


def conv_kernel(seed: int) -> keras.initializers.Initializer:
    """Normal(0, 0.02), the initial weights of pix2pix (Isola et al. 2017, appendix 6.2)."""
    return keras.initializers.RandomNormal(stddev=0.02, seed=seed)


def normalization_layer(normalization: Normalization, name: str) -> keras.layers.Layer:
    """Batch normalisation, or its equal at batch 1 that does not depend on the batch.

    At batch 1 in training mode batch norm standardises each channel of one image, which is what
    one group a channel does at any batch size, in training and prediction alike.
    """
    if normalization == "instance":
        return keras.layers.GroupNormalization(groups=-1, epsilon=1e-5, name=name)
    return keras.layers.BatchNormalization(epsilon=1e-5, momentum=0.9, name=name)
