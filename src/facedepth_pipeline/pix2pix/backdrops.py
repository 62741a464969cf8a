"""Backgrounds drawn anew for each image of a batch."""

from facedepth_pipeline.pix2pix.backends import one_piece
from facedepth_pipeline.pix2pix.draws import Draws
from facedepth_pipeline.runtime.keras_import import keras, ops

CELLS = (4, 12)  # of the grids of colours, coarse and fine, along each side
BACKDROP_NUMBERS = sum(cells * cells * 3 + 2 * cells + 3 for cells in CELLS) + 12


def draw_backdrops(draws: Draws, size: int) -> keras.KerasTensor:
    """(N, size, size, 3) linear RGB as it arrives at the camera: walls, gradients, blurred shapes and panels.

    Two grids of random colours with rows and columns of random width. How soft the borders between them are is drawn
    for each grid: from panels with sharp edges to shapes so far out of focus that a wall is left.

    Args:
        draws: Source of ``BACKDROP_NUMBERS`` numbers for each image.
        size: Side of the images in pixels.
    """
    brightness, tint = draws.uniform(1), draws.between(0.4, 1.0, 3)
    wall = (0.01 + 0.89 * ops.square(brightness)) * tint
    image = 1.0
    for cells, reach, sharpest in zip(CELLS, (1.0, 0.5), (-5.5, -3.6), strict=True):
        contrast = reach * draws.happens(0.75, 1) * draws.uniform(1) ** 0.5
        colours = ops.exp(1.3 * contrast[:, None, None] * _coloured(draws, cells))
        softness = ops.exp(draws.between(sharpest, -1.2, 1))
        rows, columns = (_soft_cells(draws.uniform(cells), softness, size) for _ in range(2))
        across = ops.einsum("nlk,nikc->nilc", columns, ops.reshape(colours, (-1, cells, cells, 3)))
        image = image * ops.einsum("nij,njlc->nilc", rows, across)
    return _lit(image, wall, 0.15 * draws.normal(2))


@one_piece
def _lit(image: keras.KerasTensor, wall: keras.KerasTensor, fall: keras.KerasTensor) -> keras.KerasTensor:
    """The backdrop, brighter toward one side."""
    position = ops.linspace(-1.0, 1.0, image.shape[1])
    down = ops.exp(fall[:, :1] * position)[:, :, None, None]
    across = ops.exp(fall[:, 1:] * position)[:, None, :, None]
    return ops.clip(image * down * across * wall[:, None, None], 0.0, 1.2)


def _coloured(draws: Draws, cells: int) -> keras.KerasTensor:
    """(N, cells, cells, 3): mostly brighter and darker, a little of another colour."""
    grid = draws.between(-1.0, 1.0, cells, cells, 3)
    return 0.7 * ops.mean(grid, axis=-1, keepdims=True) * 1.7 + 0.45 * grid


def _soft_cells(centres: keras.KerasTensor, softness: keras.KerasTensor, size: int) -> keras.KerasTensor:
    """(N, size, cells) weights of each cell in each pixel of a row; softness is a share of the side."""
    position = ops.linspace(0.0, 1.0, size)
    distance = ops.square(position[None, :, None] - centres[:, None])
    return ops.softmax(-distance / (2 * ops.square(softness)[:, None]), axis=-1)
