"""Hair of the head, brows, moustache and beard: where it grows, how far it stands off, its strands.

Positions are canonical: on the mean adult, in mm from the midpoint between the eyes.
"""

import numpy as np

from facedepth_pipeline.synthetic.head.surface import Surface
from facedepth_pipeline.synthetic.noise import mix, nearest_in_tile, sample_tile, smooth_step, waves

BROW_MM = (17.0, 13.0)  # height of the middle of the band that holds the brows, and half the band


def scalp_hair(surface: Surface, hairline_mm: float, seed: int) -> np.ndarray:
    """(W,) float32: 1 well inside the hair, 0 on skin; half at the hairline.

    Args:
        surface: The head.
        hairline_mm: How far the hairline lies above (+) or below (-) the mean; above, it recedes at the temples.
        seed: Of its course.
    """
    x, y, z = surface.canonical.T
    rng = np.random.default_rng([seed, 1])
    recede = 0.5 * max(hairline_mm, 0) * np.exp(-(((np.abs(x) - 38) / 16) ** 2))
    above = 0.75 * (y - 64 - hairline_mm) - 0.66 * (z - 15) - recede
    above = above + 2.0 * waves(rng, surface.canonical, wavelength_mm=(14, 45), count=10)
    sideburn = y + 22 + 0.35 * np.minimum(z + 60, 0)
    inside = np.minimum(above, sideburn) / 14 + 0.5
    ears = surface.region_weights["ear"]
    return (np.clip(inside, 0, 1) * (1 - np.clip(3 * ears, 0, 1))).astype(np.float32)


def beard_weight(surface: Surface, seed: int) -> np.ndarray:
    """(W,) float32 in [0, 1]: density of a full beard, fading at its borders."""
    rng = np.random.default_rng([seed, 6])
    wander = 2.5 * waves(rng, surface.canonical, wavelength_mm=(10, 40), count=10)
    x, y, z = surface.canonical.T
    side = np.abs(x)
    throat = smooth_step(-145, -112, y + wander)
    # From the sideburns down the cheek to the corner of the mouth, and all below that line.
    line = np.interp(side, [0, 20, 30, 45, 60], [-96, -90, -74, -58, -25])
    below = smooth_step(5, -11, y + wander - line) * throat
    moustache = smooth_step(-46, -56, y) * smooth_step(38, 20, side + 0.5 * wander) * smooth_step(-92, -74, y)
    cover = np.maximum(below, 0.95 * moustache) * smooth_step(-80, -50, z)
    bare_chin = 1 - 0.5 * np.exp(-((x / 10) ** 2)) * np.exp(-(((y + 93) / 4) ** 2))
    off_lips = 1 - smooth_step(0.1, 0.5, surface.region_weights["lips"])
    return (cover * bare_chin * off_lips * (1 - surface.region_weights["ear"])).astype(np.float32)


def hair_relief(surface: Surface, hair: np.ndarray, seed: int) -> np.ndarray:
    """(W,) float32: how far the hair stands off the scalp, in locks, as a share of its thickness."""
    rng = np.random.default_rng([seed, 2])
    locks = 1 + 0.16 * waves(rng, surface.canonical, wavelength_mm=(9, 30), count=14)
    return (smooth_step(0.3, 1.0, hair) * locks).astype(np.float32)


def beard_relief(surface: Surface, beard: np.ndarray, seed: int) -> np.ndarray:
    """(W,) float32: how far the beard stands off the skin, as a share of its length; most at the chin."""
    rng = np.random.default_rng([seed, 3])
    tufts = 1 + 0.2 * waves(rng, surface.canonical, wavelength_mm=(5, 16), count=12)
    at_chin = 0.36 + 0.48 * np.exp(-(((surface.canonical[:, 1] + 112) / 18) ** 2))
    return (smooth_step(0.35, 1.0, beard) * tufts * at_chin).astype(np.float32)


def draw_scalp_hair(
    tile: np.ndarray, position: np.ndarray, albedo: np.ndarray, hair: np.ndarray, colour: np.ndarray, cropped: bool
) -> tuple[np.ndarray, np.ndarray]:
    """Colour of (N, 3) points, and how much of the skin hair covers."""
    # Hair runs back over the crown and down the sides: strands lie along y and z.
    strands = sample_tile(tile, 3.0 * position[:, 0] + 0.9 * position[:, 2], 0.3 * (position[:, 1] + position[:, 2]))
    clumps = sample_tile(tile, 0.55 * position[:, 0] + 0.3 * position[:, 2] + 91, 0.1 * position[:, 1])
    covered = (0.35 if cropped else 1.0) * smooth_step(0.25, 0.75, hair + 0.04 * strands + 0.03 * clumps)
    shade = np.clip(1 + 0.3 * strands + 0.2 * clumps, 0.35, 2)
    return mix(albedo, colour * shade[:, None], covered), covered


def draw_beard(
    tile: np.ndarray,
    position: np.ndarray,
    albedo: np.ndarray,
    beard: np.ndarray,
    length_mm: float,
    colour: np.ndarray,
) -> tuple[np.ndarray, np.ndarray]:
    """Stubble as dark dots on a faint shadow; from 2 mm on, strands that cover the skin."""
    dots = nearest_in_tile(tile, 5.3 * position[:, 0] + 3.1 * position[:, 2], 5.3 * position[:, 1])
    strands = sample_tile(tile, 2.6 * position[:, 0] + 0.5 * position[:, 2], 0.7 * position[:, 1] + 40)
    stubble = beard * (0.28 + 0.22 * np.clip(dots, -1, 2))
    closed = float(np.clip((length_mm - 1) / 2, 0, 1)) * smooth_step(0.25, 0.7, beard + 0.12 * strands)
    covered = np.maximum(stubble, 0.95 * closed)
    return mix(albedo, colour * np.clip(1 + 0.35 * strands, 0.4, 2)[:, None], covered), covered


def draw_brows(
    tile: np.ndarray, position: np.ndarray, albedo: np.ndarray, colour: np.ndarray, strength: float
) -> np.ndarray:
    """Colour of points in the band of the brows."""
    slant = np.abs(position[:, 0]) - 1.2 * position[:, 1]
    hairs = sample_tile(tile, 1.9 * slant, 0.5 * position[:, 1] + 0.3 * position[:, 0])
    return mix(albedo, 0.7 * colour, brow_weight(position, hairs) * strength)


def brow_weight(position: np.ndarray, hairs: np.ndarray | float = 0.0) -> np.ndarray:
    """(N,) float32 density of the brows at canonical positions (N, 3); ``hairs`` is noise that frays them."""
    along = (np.abs(position[:, 0]) - 11) / 41  # 0 at the inner, 1 at the outer end
    centre = 15.0 + 9.5 * along - 10.5 * along**2 - 3.0 * along**6
    half_width = 4.3 - 2.6 * np.clip(along, 0, 1)
    across = np.abs(position[:, 1] - centre) / half_width
    ends = smooth_step(-0.12, 0.2, along) * smooth_step(1.05, 0.8, along)
    front = position[:, 2] > -25
    return np.clip((1 - smooth_step(0.2, 1.25, across + 0.12 * hairs)) * ends * front * (0.9 + 0.14 * hairs), 0, 1)
