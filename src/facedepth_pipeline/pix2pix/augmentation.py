"""Random changes of training batches, on the device and on any backend: jitter and mirror of section IV.F, light."""

from typing import Literal

from facedepth_pipeline.runtime.keras_import import keras, ops

Augmentation = Literal["jitter", "mirror", "none"]

# Side that an image of 256 is enlarged to before it is cropped.
ENLARGED_PX: dict[Augmentation, int] = {"jitter": 286, "mirror": 256}


def jitter_and_mirror(
    photo: keras.KerasTensor,
    depth_mm: keras.KerasTensor,
    valid: keras.KerasTensor,
    enlarged_px: int,
    seed_generator: keras.random.SeedGenerator,
) -> tuple[keras.KerasTensor, keras.KerasTensor, keras.KerasTensor]:
    """Enlarge, crop 256 at random, mirror half of the images; one transform for all three.

    Enlarging and cropping is separable, so each image becomes ``rows @ image @ columns.T`` with two
    matrices of bilinear weights. Depth is interpolated with the mask as weight and keeps its
    millimetres: a larger face is not a deeper one. That makes the network see larger faces in training
    than it meets later, a price of the paper's recipe; enlarging to 256, which is to mirror alone, avoids it.

    Args:
        photo: (N, 256, 256, 3) float32.
        depth_mm: (N, 256, 256, 1) float32, 0 where not valid.
        valid: (N, 256, 256, 1) float32, 0 or 1.
        enlarged_px: 286 in the paper; at least 256.
        seed_generator: Source of the random numbers; its state moves on.

    Returns:
        The three, jittered, with the shapes and ranges they came in.
    """
    count, size = ops.shape(photo)[0], photo.shape[1]
    draws = keras.random.uniform((3, count, 1), seed=seed_generator)
    margin = enlarged_px - size
    top = ops.floor(draws[0] * (margin + 1))
    left = ops.floor(draws[1] * (margin + 1))
    if enlarged_px == size:
        mirrored = ops.cast(draws[2][..., None, None] < 0.5, "float32")
        photo, depth_mm, valid = (
            mirrored * ops.flip(image, axis=2) + (1 - mirrored) * image for image in (photo, depth_mm * valid, valid)
        )
        return photo, depth_mm, valid
    index = ops.arange(size, dtype="float32")[None]
    column_index = ops.where(draws[2] < 0.5, size - 1 - index, index)
    rows = bilinear_weights(top + index, size, enlarged_px)
    columns = bilinear_weights(left + column_index, size, enlarged_px)

    stacked = ops.concatenate([photo, depth_mm * valid, valid], axis=-1)
    moved = ops.einsum("nij,njkc->nikc", rows, stacked)
    moved = ops.einsum("nlk,nikc->nilc", columns, moved)
    coverage = moved[..., 4:]
    moved_valid = ops.cast(coverage >= 0.5, "float32")
    moved_depth = moved[..., 3:4] / ops.maximum(coverage, 0.5) * moved_valid
    return moved[..., :3], moved_depth, moved_valid


def change_light(
    photo: keras.KerasTensor, strength: float, seed_generator: keras.random.SeedGenerator
) -> keras.KerasTensor:
    """Change brightness, colour, contrast and the direction of light of each photo at random.

    The light that reaches a pixel is multiplied by a gain for each channel and by a ramp across the image in a
    random direction; a gamma bends the tones. Depth does not depend on any of them.

    Args:
        photo: (N, 256, 256, 3) float32 in [-1, 1].
        strength: 1 allows a gain of 0.67 to 1.5 for all channels, 10 % between channels, a ramp of 50 % from the
            centre to the rim and a gamma of 0.67 to 1.5; 0 changes nothing.
        seed_generator: Source of the random numbers; its state moves on.

    Returns:
        Photos of the same shape and range.
    """
    count, size = ops.shape(photo)[0], photo.shape[1]
    draws = strength * keras.random.uniform((7, count, 1, 1, 1), -1, 1, seed=seed_generator)
    gain = ops.exp(0.4 * draws[0]) * (1 + 0.1 * ops.concatenate([draws[1], draws[2], draws[3]], axis=-1))
    position = ops.linspace(-1.0, 1.0, size)
    ramp = 1 + 0.35 * (draws[4] * position[None, :, None, None] + draws[5] * position[None, None, :, None])
    light = ops.clip((photo + 1) / 2 * gain * ops.maximum(ramp, 0.1), 1e-4, 1.0)
    return 2 * ops.power(light, ops.exp(0.4 * draws[6])) - 1


def bilinear_weights(enlarged_index: keras.KerasTensor, size: int, enlarged_px: int) -> keras.KerasTensor:
    """(N, T, size) weights that read pixel ``enlarged_index`` (N, T) of an image enlarged from ``size``."""
    position = (enlarged_index + 0.5) * (size / enlarged_px) - 0.5
    position = ops.clip(position, 0, size - 1)
    source = ops.arange(size, dtype="float32")
    return ops.relu(1 - ops.abs(source[None, None] - position[..., None]))
