"""Errors of a stereo scanner, put on exact depth: smoothing, ripple, holes in hair and at grazing angles, a rough rim.

What is known of the real scanner is little (two cameras, a projected pattern, 8 bits in the end, dark tears at
neck and jaw in the one sample that was seen); amplitudes are this project's choice, in the order of what
passive and pattern-aided stereo rigs show.
"""

from dataclasses import dataclass

import numpy as np
from scipy.ndimage import binary_erosion, gaussian_filter, zoom

LARGEST_CHANGE_MM = 1.5  # by smoothing: a step from chin to neck stays a step


@dataclass(frozen=True)
class Scanner:
    """A scanner's errors.

    Attributes:
        smoothing_px: Standard deviation of the filter over the surface.
        ripple_mm: Standard deviation of slow waves of depth.
        noise_mm: Standard deviation of what the filter leaves of the noise.
        hole_share: How much of full hair is lost; brows lose a quarter as much.
        rim_px: How deep the rim is eaten away, on average.
        seed: Of all of them.
    """

    smoothing_px: float
    ripple_mm: float
    noise_mm: float
    hole_share: float
    rim_px: float
    seed: int


def scan(
    depth_mm: np.ndarray, hit: np.ndarray, hairiness: np.ndarray, slope: np.ndarray, scanner: Scanner
) -> tuple[np.ndarray, np.ndarray]:
    """Depth as the scanner reports it.

    Args:
        depth_mm: (H, W) float32, exact.
        hit: (H, W) bool, where there is a surface.
        hairiness: (H, W) float32 in [0, 1], 1 in full hair.
        slope: (H, W) float32 in [0, 1], cosine between the surface's normal and the camera's axis.
        scanner: The errors.

    Returns:
        (H, W) float32 depth and (H, W) bool where the scanner saw a surface.
    """
    rng = np.random.default_rng(scanner.seed)
    patches = _field(rng, hit.shape, cell_px=10)
    specks = _field(rng, hit.shape, cell_px=4)
    lost = patches < _quantile_of_normal(scanner.hole_share * hairiness)
    lost |= specks - 0.5 * patches > 0.9 + 6 * slope  # grazing angles
    seen = hit & ~lost
    depth_of_rim = scanner.rim_px * np.exp(0.6 * _field(rng, hit.shape, cell_px=12))
    for erosion in range(1, int(np.ceil(4 * scanner.rim_px)) + 1):
        seen &= binary_erosion(seen, border_value=1) | (depth_of_rim < erosion)
    noisy = depth_mm + scanner.ripple_mm * _field(rng, hit.shape, cell_px=60)
    noisy += scanner.noise_mm * _field(rng, hit.shape, cell_px=3)
    weight = gaussian_filter(hit.astype(np.float32), scanner.smoothing_px)
    smooth = gaussian_filter(np.where(hit, noisy, 0).astype(np.float32), scanner.smoothing_px)
    smooth = smooth / np.maximum(weight, np.float32(1e-6))
    smooth = np.clip(smooth, noisy - LARGEST_CHANGE_MM, noisy + LARGEST_CHANGE_MM)
    return np.where(seen, smooth, 0).astype(np.float32), seen


def _field(rng: np.random.Generator, shape: tuple[int, int], cell_px: int) -> np.ndarray:
    """(H, W) float32 smooth noise, about normal, whose blobs are ``cell_px`` wide."""
    coarse = rng.standard_normal((shape[0] // cell_px + 3, shape[1] // cell_px + 3))
    fine = zoom(coarse, cell_px, order=1)[: shape[0], : shape[1]]
    return (fine / fine.std()).astype(np.float32)


def _quantile_of_normal(share: np.ndarray) -> np.ndarray:
    """The value below which a share of a normal distribution lies (a logistic stand-in, good to 0.1)."""
    limited = np.clip(share, 1e-4, 1 - 1e-4)
    return np.log(limited / (1 - limited)) / 1.702
