"""Creases of the skin: real relief, so that portrait and range image show the same.

Canonical positions; heights in mm along the normal. The places are those of the common lines of the face
(forehead, crow's feet, nasolabial, glabella, under the eye); the depths, up to 0.7 mm, are this project's choice.
"""

import numpy as np

from facedepth_pipeline.synthetic.head.surface import Surface
from facedepth_pipeline.synthetic.noise import smooth_step, waves


def crease_relief_mm(surface: Surface, depth_mm: float, seed: int) -> np.ndarray:
    """(W,) float32, mostly negative.

    Args:
        surface: The head.
        depth_mm: Of the deepest lines: 0 smooth, 0.7 deeply lined.
        seed: Of their course.
    """
    rng = np.random.default_rng([seed, 4])
    x, y, z = surface.canonical.T
    side = np.abs(x)
    front = smooth_step(-30, -10, z)
    wander = 1.6 * waves(rng, surface.canonical, wavelength_mm=(25, 70), count=8)
    lines = np.zeros(len(x), np.float32)
    first, gap = rng.uniform(30, 34), rng.uniform(7, 10)
    for number in range(rng.integers(2, 5)):
        lines += _groove(y - first - gap * number + wander, 1.3) * smooth_step(42, 22, side) * rng.uniform(0.5, 1)
    frown = rng.uniform(3.5, 5.5)
    lines += rng.uniform(0.4, 1) * _groove(side - frown - 0.08 * y, 1.2) * _window(y, 4, 24)
    lines += _crow_feet(rng, side, y, wander)
    lines += rng.uniform(0.5, 1) * _groove(y + 15 + 0.012 * (side - 28) ** 2, 1.6) * _window(side, 16, 42)
    fold = np.interp(-y, [36, 45, 58, 70, 82], [19, 23, 28, 32, 33])
    lines += 1.1 * _groove(side - fold + 0.6 * wander, 2.4) * _window(-y, 36, 80)
    skin = surface.region_weights["skin"] * front
    grain = 0.05 * waves(rng, surface.canonical, wavelength_mm=(3.5, 9), count=16)
    return (skin * (grain - depth_mm * np.minimum(lines, 1.2))).astype(np.float32)


def _crow_feet(rng: np.random.Generator, side: np.ndarray, y: np.ndarray, wander: np.ndarray) -> np.ndarray:
    across, up = side - 43, y + 1.5
    radius, angle = np.hypot(across, up), np.arctan2(up, across)
    fan = np.clip(np.cos(rng.uniform(8, 11) * angle + 0.25 * wander + rng.uniform(0, 3)), 0, 1) ** 3
    return rng.uniform(0.4, 0.9) * fan * _window(radius, 5, 20) * smooth_step(1.0, 0.5, np.abs(angle))


def _groove(distance_mm: np.ndarray, width_mm: float) -> np.ndarray:
    return np.exp(-((distance_mm / width_mm) ** 2))


def _window(values: np.ndarray, low: float, high: float) -> np.ndarray:
    soft = (high - low) / 4
    return smooth_step(low, low + soft, values) * smooth_step(high, high - soft, values)
