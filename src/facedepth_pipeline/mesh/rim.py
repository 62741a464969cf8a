"""Where a predicted face ends: the edge of the mask, made fit for a mesh.

A generator that is unsure where face becomes background predicts something between the two. In a depth map that is a
few pixels; in a mesh it is a fringe that hangs far behind the face, below the chin above all.
"""

import numpy as np
from scipy import ndimage

from facedepth_pipeline.depth import DepthMap, largest_without_holes

TOOTH_RADIUS_PX = 3.2  # what sticks out of the outline and is thinner than twice this is no face


def trim_rim(depth_map: DepthMap, max_drop_mm: float) -> DepthMap:
    """Take off the rim, pixel by pixel, while it drops steeply from the pixels beside it; then even out the outline.

    Args:
        depth_map: (H, W) predicted depth.
        max_drop_mm: A pixel of the rim may lie this far behind the nearest of its eight neighbours.

    Returns:
        The same depth over a mask that is smaller or equal, in one piece, without holes.
    """
    valid = depth_map.valid
    while True:
        rim = valid & ~ndimage.binary_erosion(valid, border_value=1)  # the edge of the image is no rim
        nearest_mm = ndimage.maximum_filter(np.where(valid, depth_map.depth_mm, -np.inf), size=3)
        dropped = rim & (nearest_mm - depth_map.depth_mm > max_drop_mm)
        if not dropped.any():
            break
        valid = valid & ~dropped
    valid = largest_without_holes(_opened(valid))
    return DepthMap(np.where(valid, depth_map.depth_mm, np.float32(0)), valid, depth_map.pitch)


def _opened(mask: np.ndarray) -> np.ndarray:
    """The mask without what is too thin for a disc to pass, as if it went on beyond the edge of the image."""
    margin = int(TOOTH_RADIUS_PX)
    disc = np.hypot(*np.mgrid[-margin : margin + 1, -margin : margin + 1]) <= TOOTH_RADIUS_PX
    beyond = 2 * margin + 1
    wide = ndimage.binary_opening(np.pad(mask, beyond, mode="edge"), disc)
    return np.asarray(wide[beyond:-beyond, beyond:-beyond], bool)
