"""Losses of equations 1 to 6 of the paper, as pure functions of tensors."""

from typing import Literal

import keras
from keras import ops

Distance = Literal["l1", "l2"]


def adversarial_loss(fake_logits: keras.KerasTensor) -> keras.KerasTensor:
    """Sigmoid cross entropy of the fake patches against ones: mean of softplus(-logit).

    The form of equation 1 that is used in practice, section IV.B.a. Scalar float32, at least 0.
    """
    return ops.mean(ops.softplus(-ops.cast(fake_logits, "float32")))


def discriminator_loss(real_logits: keras.KerasTensor, fake_logits: keras.KerasTensor) -> keras.KerasTensor:
    """Cross entropy of real patches against ones plus fake ones against zeros (equation 6)."""
    real_loss = ops.mean(ops.softplus(-ops.cast(real_logits, "float32")))
    generated_loss = ops.mean(ops.softplus(ops.cast(fake_logits, "float32")))
    return real_loss + generated_loss


def distance_loss(predicted: keras.KerasTensor, target: keras.KerasTensor, distance: Distance) -> keras.KerasTensor:
    """Mean absolute (equation 5) or mean squared difference over all pixels, background included.

    Both arguments are depth_normalized (N, 256, 256, 1); 1 unit is 40.8 mm.
    """
    difference = ops.cast(predicted, "float32") - ops.cast(target, "float32")
    return ops.mean(ops.abs(difference) if distance == "l1" else ops.square(difference))
