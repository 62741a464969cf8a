"""Random numbers of a training batch, drawn in one call and handed out one after the other."""

import math
from typing import TypeAlias

from facedepth_pipeline.runtime.keras_import import keras, ops

Seeds: TypeAlias = "keras.random.SeedGenerator | int"


class Draws:
    """Uniform random numbers, some for each image of a batch.

    One call of the generator serves a whole function: each call costs more than the few numbers of an image.

    Args:
        count: Images, N; an int or a scalar tensor.
        numbers: How many numbers an image will ask for at most.
        seeds: Source of the random numbers; the state of a generator moves on, an int gives the same numbers again.
    """

    def __init__(self, count: keras.KerasTensor | int, numbers: int, seeds: Seeds) -> None:
        self._uniform = keras.random.uniform((count, numbers), seed=seeds)
        self._left = numbers

    def uniform(self, *shape: int) -> keras.KerasTensor:
        """(N, *shape) float32 in [0, 1).

        Raises:
            ValueError: If an image asks for more numbers than were announced.
        """
        wanted = math.prod(shape)
        if wanted > self._left:
            raise ValueError(f"{self._left} random numbers of an image are left; asked for {wanted}: announce more.")
        self._left -= wanted
        return ops.reshape(self._uniform[:, self._left : self._left + wanted], (-1, *shape))

    def between(self, low: float, high: float, *shape: int) -> keras.KerasTensor:
        """(N, *shape) float32, uniform between two limits."""
        return low + (high - low) * self.uniform(*shape)

    def normal(self, *shape: int) -> keras.KerasTensor:
        """(N, *shape) float32, normal with mean 0 and deviation 1, cut off beyond 3.3 deviations."""
        return math.sqrt(2) * ops.erfinv(self.between(-0.999, 0.999, *shape))

    def happens(self, share: float, *shape: int) -> keras.KerasTensor:
        """(N, *shape) float32: 1 in this share of the images, else 0."""
        return ops.cast(self.uniform(*shape) < share, "float32")


def grain(count: keras.KerasTensor | int, size: int, seeds: Seeds) -> keras.KerasTensor:
    """(N, size, size, 1) float32: normal noise of unit deviation, independent in each pixel."""
    return keras.random.normal((count, size, size, 1), seed=seeds)


def rolled(field: keras.KerasTensor, down: int, right: int) -> keras.KerasTensor:
    """A field (N, H, W, C) moved around its rims: independent noise where it was independent from pixel to pixel."""
    return ops.roll(field, (down, right), axis=(1, 2))
