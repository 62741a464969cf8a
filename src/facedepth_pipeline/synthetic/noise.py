"""Noise fixed to the skin, and the soft steps that borders are drawn with."""

import math

import numpy as np

TILE_PX = 256


def smooth_step(low: float, high: float, values: np.ndarray) -> np.ndarray:
    """0 below ``low``, 1 above ``high``, a smooth cubic between (also with ``low`` > ``high``)."""
    share = np.clip((values - low) / (high - low), 0, 1)
    return share * share * (3 - 2 * share)


def mix(colour: np.ndarray, other: np.ndarray, share: np.ndarray) -> np.ndarray:
    """(N, 3) from ``colour`` to ``other`` by (N,) ``share``."""
    return colour + (other - colour) * share[:, None].astype(np.float32)


def waves(rng: np.random.Generator, position: np.ndarray, wavelength_mm: tuple[float, float], count: int) -> np.ndarray:
    """(N,) float32 smooth noise of deviation 1 at (N, 3) positions: plane waves of random direction and length."""
    directions = rng.standard_normal((count, 3))
    directions /= np.linalg.norm(directions, axis=1, keepdims=True)
    lengths = np.exp(rng.uniform(math.log(wavelength_mm[0]), math.log(wavelength_mm[1]), count))
    phases = rng.uniform(0, 2 * np.pi, count)
    total = np.zeros(len(position), np.float32)
    for direction, length, phase in zip(directions, lengths, phases, strict=True):
        vector = (2 * np.pi / length * direction).astype(np.float32)
        total += np.sin(np.einsum("ij,j->i", position, vector) + np.float32(phase))
    return total * np.float32(np.sqrt(2 / count))


def noise_tile(rng: np.random.Generator, smoothing: int = 1) -> np.ndarray:
    """(256, 256) float32 noise of mean 0 and deviation 1, which repeats without a seam."""
    tile = rng.standard_normal((TILE_PX, TILE_PX))
    for _ in range(smoothing):
        for axis in (0, 1):
            tile = (2 * tile + np.roll(tile, 1, axis) + np.roll(tile, -1, axis)) / 4
    tile -= tile.mean()
    return (tile / tile.std()).astype(np.float32)


def sample_tile(tile: np.ndarray, column: np.ndarray, row: np.ndarray) -> np.ndarray:
    """Bilinear value at positions in pixels of the repeating tile."""
    left, top = np.floor(column), np.floor(row)
    right_share, lower_share = column - left, row - top
    i, j = top.astype(np.int32) % TILE_PX, left.astype(np.int32) % TILE_PX
    below, beside = (i + 1) % TILE_PX, (j + 1) % TILE_PX
    upper = tile[i, j] * (1 - right_share) + tile[i, beside] * right_share
    lower = tile[below, j] * (1 - right_share) + tile[below, beside] * right_share
    return upper * (1 - lower_share) + lower * lower_share


def nearest_in_tile(tile: np.ndarray, column: np.ndarray, row: np.ndarray) -> np.ndarray:
    """Value of the nearest pixel of a repeating (256, 256) or (256, 256, C) tile: for noise as fine as the image."""
    return tile[np.rint(row).astype(np.int32) % TILE_PX, np.rint(column).astype(np.int32) % TILE_PX]
