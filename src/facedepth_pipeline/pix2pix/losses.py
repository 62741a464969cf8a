"""Losses of equations 1 to 6 of the paper and what has been proposed since, as pure functions of tensors.

Depths are depth_normalized (N, 256, 256, 1), 1 unit is 40.8 mm; logits are (N, 30, 30, 1). Every loss is a float32
scalar, whatever the precision of its arguments.
"""

from typing import Literal

from facedepth_pipeline.depth import MAX_DEPTH_MM, PixelPitch
from facedepth_pipeline.pix2pix.resampling import halved
from facedepth_pipeline.runtime.keras_import import keras, ops

Adversary = Literal["bce", "lsgan", "hinge", "none"]
Distance = Literal["l1", "l2"]


def adversarial_loss(fake_logits: keras.KerasTensor, adversary: Adversary = "bce") -> keras.KerasTensor:
    """What the generator pays for patches that are found out.

    ``bce``: sigmoid cross entropy against ones, mean of softplus(-logit), the form of equation 1 that is used in
    practice (section IV.B.a). ``lsgan``: squared distance to 1 (Mao et al. 2017). ``hinge``: mean of -logit (Lim and
    Ye 2017). ``none``: 0.
    """
    logits = ops.cast(fake_logits, "float32")
    match adversary:
        case "bce":
            return ops.mean(ops.softplus(-logits))
        case "lsgan":
            return ops.mean(ops.square(logits - 1))
        case "hinge":
            return -ops.mean(logits)
        case "none":
            return ops.zeros(())


def discriminator_loss(
    real_logits: keras.KerasTensor, fake_logits: keras.KerasTensor, adversary: Adversary = "bce"
) -> keras.KerasTensor:
    """What the discriminator pays for mistakes on real patches plus those on fake ones.

    ``bce`` is equation 6: cross entropy against ones plus against zeros. ``lsgan``: squared distance to 1 and to 0.
    ``hinge``: how far the logits stay short of +1 and -1. ``none``: 0.
    """
    real, fake = ops.cast(real_logits, "float32"), ops.cast(fake_logits, "float32")
    match adversary:
        case "bce":
            return ops.mean(ops.softplus(-real)) + ops.mean(ops.softplus(fake))
        case "lsgan":
            return ops.mean(ops.square(real - 1)) + ops.mean(ops.square(fake))
        case "hinge":
            return ops.mean(ops.relu(1 - real)) + ops.mean(ops.relu(1 + fake))
        case "none":
            return ops.zeros(())


def distance_loss(
    predicted: keras.KerasTensor, target: keras.KerasTensor, distance: Distance, weight: keras.KerasTensor | None = None
) -> keras.KerasTensor:
    """Mean absolute (equation 5) or mean squared difference.

    Args:
        predicted: depth_normalized.
        target: depth_normalized.
        distance: ``l1`` or ``l2`` (equation 3).
        weight: Of each pixel in the mean, of the same shape; without it all count alike, background included, as in
            the paper.
    """
    difference = ops.cast(predicted, "float32") - ops.cast(target, "float32")
    error = ops.abs(difference) if distance == "l1" else ops.square(difference)
    return ops.mean(error) if weight is None else _weighted_mean(error, weight)


def without_offset(
    predicted: keras.KerasTensor, target: keras.KerasTensor, valid: keras.KerasTensor, offset_weight: float
) -> keras.KerasTensor:
    """The prediction with a part of each face's mean error taken off: faces are compared after a shift.

    Args:
        predicted: depth_normalized.
        target: depth_normalized.
        valid: 0 or 1; what lies outside stays as it is.
        offset_weight: Share of the mean error that stays; 1 changes nothing.
    """
    seen = ops.cast(predicted, "float32")
    pixels = ops.maximum(ops.sum(valid, axis=(1, 2), keepdims=True), 1)
    offset = ops.sum((seen - target) * valid, axis=(1, 2), keepdims=True) / pixels
    return seen - (1 - offset_weight) * offset * valid


def mask_loss(mask_logits: keras.KerasTensor, valid: keras.KerasTensor) -> keras.KerasTensor:
    """Binary cross entropy between the predicted mask, as logits, and the true one, 0 or 1; mean over pixels."""
    logits = ops.cast(mask_logits, "float32")
    return ops.mean(ops.softplus(logits) - valid * logits)


def gradient_loss(
    predicted: keras.KerasTensor, target: keras.KerasTensor, valid: keras.KerasTensor, scales: int = 1
) -> keras.KerasTensor:
    """Mean absolute error of the differences between neighbours, along rows and columns, where both are valid.

    Args:
        predicted: depth_normalized.
        target: depth_normalized.
        valid: 0 or 1.
        scales: Levels of a pyramid over which the loss is summed: each halves the error inside ``valid``, and its
            neighbours lie twice as far apart (Eigen and Fergus 2015; Li and Snavely 2018).
    """
    error = ops.cast(predicted, "float32") - ops.cast(target, "float32")
    total = _neighbours(error, valid)
    for _ in range(scales - 1):
        covered = halved(valid)
        error = halved(error * valid) / ops.maximum(covered, 0.25)
        valid = ops.cast(covered >= 0.5, "float32")
        total += _neighbours(error, valid)
    return total


def _neighbours(error: keras.KerasTensor, valid: keras.KerasTensor) -> keras.KerasTensor:
    across = _weighted_mean(ops.abs(error[:, :, 1:] - error[:, :, :-1]), valid[:, :, 1:] * valid[:, :, :-1])
    down = _weighted_mean(ops.abs(error[:, 1:] - error[:, :-1]), valid[:, 1:] * valid[:, :-1])
    return across + down


def normal_loss(
    predicted: keras.KerasTensor, target: keras.KerasTensor, valid: keras.KerasTensor, pitch: PixelPitch
) -> keras.KerasTensor:
    """One minus the cosine between the normals of the two surfaces, mean over valid pixels (Hu et al. 2019).

    Normals come from the pixel and its neighbours to the right and below, all three of which must be valid; slopes
    are true ones, millimetres per millimetre.
    """
    inside = valid[:, :-1, :-1] * valid[:, :-1, 1:] * valid[:, 1:, :-1]
    x_true, y_true = _slopes(target, pitch)
    x_seen, y_seen = _slopes(predicted, pitch)
    cosine = (1 + x_true * x_seen + y_true * y_seen) * ops.rsqrt(
        (1 + ops.square(x_true) + ops.square(y_true)) * (1 + ops.square(x_seen) + ops.square(y_seen))
    )
    return _weighted_mean(1 - cosine, inside)


def _slopes(depth_normalized: keras.KerasTensor, pitch: PixelPitch) -> tuple[keras.KerasTensor, keras.KerasTensor]:
    depth_mm = ops.cast(depth_normalized, "float32") * (MAX_DEPTH_MM / 2)
    corner = depth_mm[:, :-1, :-1]
    return (depth_mm[:, :-1, 1:] - corner) / pitch.x_mm, (depth_mm[:, 1:, :-1] - corner) / pitch.y_mm


def _weighted_mean(values: keras.KerasTensor, weight: keras.KerasTensor) -> keras.KerasTensor:
    return ops.sum(values * weight) / ops.maximum(ops.sum(weight), 1)
