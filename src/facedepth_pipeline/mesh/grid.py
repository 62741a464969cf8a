"""The direct mesh: neighbouring pixels joined by triangles."""

import numpy as np

from facedepth_pipeline.depth import DepthMap, back_project
from facedepth_pipeline.mesh.connectivity import largest_piece
from facedepth_pipeline.mesh.mesh import Mesh, referenced
from facedepth_pipeline.mesh.texture import check_photo, textured_mesh


def lattice_triangles(depth_map: DepthMap, max_depth_jump_mm: float, stride: int = 1) -> np.ndarray:
    """Triangles over every ``stride``-th pixel, wound toward the camera.

    A triangle exists where its three pixels are valid and their depths differ by no more than the
    allowed jump a pixel; what is steeper is an occlusion (the side of the nose), not a surface.

    Args:
        depth_map: (H, W) depth.
        max_depth_jump_mm: Largest difference of depth between neighbouring pixels, millimetres.
        stride: Pixels from one lattice point to the next.

    Returns:
        (F, 3) int64 indices of pixels, counted row by row.
    """
    height, width = depth_map.depth_mm.shape
    rows = np.arange((height - 1) % stride // 2, height, stride)  # centred on the image
    columns = np.arange((width - 1) % stride // 2, width, stride)
    pixel = rows[:, None] * width + columns
    upper_left, upper_right = pixel[:-1, :-1], pixel[:-1, 1:]
    lower_left, lower_right = pixel[1:, :-1], pixel[1:, 1:]
    triangles = np.stack(
        [
            np.stack([upper_left, lower_left, upper_right], axis=-1),
            np.stack([upper_right, lower_left, lower_right], axis=-1),
        ],
        axis=2,
    ).reshape(-1, 3)
    triangles = triangles[depth_map.valid.ravel()[triangles].all(axis=1)]
    jump_mm = np.ptp(depth_map.depth_mm.ravel()[triangles], axis=1)
    return triangles[jump_mm <= max_depth_jump_mm * stride]


def grid_mesh(depth_map: DepthMap, photo: np.ndarray, max_depth_jump_mm: float) -> Mesh:
    """Mesh with two triangles for each 2x2 block of valid pixels, cut at depth jumps, in one piece.

    It passes through every depth exactly, so it shows noise that the Poisson mesh smooths.

    Args:
        depth_map: (H, W) depth.
        photo: (H, W, 3) uint8 RGB, pixel on pixel over the depth map.
        max_depth_jump_mm: Neighbouring pixels further apart than this in depth are not joined.

    Raises:
        ValueError: If the photo does not match or no three neighbouring pixels are valid.
    """
    check_photo(depth_map, photo)
    kept, triangles = referenced(largest_piece(lattice_triangles(depth_map, max_depth_jump_mm)))
    if not len(triangles):
        raise ValueError(
            f"The depth map has {int(depth_map.valid.sum())} valid pixels but no triangle of neighbours "
            f"within {max_depth_jump_mm} mm: check the mask, or allow a larger max_depth_jump_mm."
        )
    vertices = back_project(depth_map).reshape(-1, 3)[kept]
    return textured_mesh(vertices, triangles, photo, depth_map.pitch)
