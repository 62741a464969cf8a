"""What stands behind the person."""

from dataclasses import dataclass
from typing import Literal

import numpy as np
from scipy.ndimage import gaussian_filter, zoom

from facedepth_pipeline.synthetic.lighting.light import Colour

BackdropKind = Literal["wall", "blurred", "panels"]


@dataclass(frozen=True)
class Backdrop:
    """A background, in light as it arrives at the camera.

    Attributes:
        kind: A plain wall; shapes far out of focus; flat panels with sharp edges.
        colours: Linear RGB: of the wall, or those that the shapes mix.
        blur_px: How far out of focus the shapes are.
        seed: Of the shapes.
    """

    kind: BackdropKind
    colours: tuple[Colour, ...]
    blur_px: float
    seed: int


def paint_backdrop(backdrop: Backdrop, shape: tuple[int, int]) -> np.ndarray:
    """(H, W, 3) float32 linear RGB."""
    height, width = shape
    if backdrop.kind == "wall":
        fall = np.linspace(1.12, 0.82, height, dtype=np.float32)[:, None, None]
        return np.broadcast_to(fall * np.array(backdrop.colours[0], np.float32), (height, width, 3)).copy()
    rng = np.random.default_rng(backdrop.seed)
    coarse = _panels(rng, backdrop, (height // 8 + 1, width // 8 + 1))
    if backdrop.kind == "blurred":
        coarse = gaussian_filter(coarse, (backdrop.blur_px / 8, backdrop.blur_px / 8, 0))
        return zoom(coarse, (8, 8, 1), order=1)[:height, :width]
    return np.repeat(np.repeat(coarse, 8, axis=0), 8, axis=1)[:height, :width]


def _panels(rng: np.random.Generator, backdrop: Backdrop, shape: tuple[int, int]) -> np.ndarray:
    """Rectangles one over the other."""
    colours = np.array(backdrop.colours, np.float32)
    image = np.broadcast_to(colours[0], (*shape, 3)).copy()
    for _ in range(14):
        top, left = rng.integers(0, shape[0]), rng.integers(0, shape[1])
        height, width = rng.integers(3, shape[0] // 2 + 4), rng.integers(3, shape[1] // 2 + 4)
        colour = colours[rng.integers(len(colours))] * rng.uniform(0.5, 1.4)
        image[top : top + height, left : left + width] = colour
    return image
