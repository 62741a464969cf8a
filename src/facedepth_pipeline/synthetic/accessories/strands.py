"""Strands of hair that hang across forehead, eyes and cheeks."""

from dataclasses import dataclass

import numpy as np
from scipy.ndimage import gaussian_filter

from facedepth_pipeline.synthetic.accessories.accessory import Accessory, both_sides, lattice
from facedepth_pipeline.synthetic.accessories.face_sheet import AZIMUTH_DEG, HEIGHT_MM, at_place, face_sheet
from facedepth_pipeline.synthetic.head.surface import Surface
from facedepth_pipeline.synthetic.lighting.light import Colour, normalized

POINTS = 26  # along a strand
ROOT_MM = 66.0  # canonical height of the hairline above the nose
TAUT_MM = (3.5, 4.0)  # over what height and width of the face strands do not follow it
GLOSS = 0.8


@dataclass(frozen=True)
class Strands:
    """Loose strands of one take.

    Attributes:
        count: Number of strands.
        clumps: Number of locks that they lie in.
        width_mm: Mean width of a strand.
        azimuth_deg: Direction of the roots: 0 above the nose, positive to the person's left.
        spread_deg: How far the locks lie apart at their roots.
        sweep_deg: How far the tips lie to the side of the roots.
        length_mm: How far the longest strands come down.
        curl_mm: How far strands swing to the sides on their way.
        seed: Random seed for the course of each strand.
    """

    count: int
    clumps: int
    width_mm: float
    azimuth_deg: float
    spread_deg: float
    sweep_deg: float
    length_mm: float
    curl_mm: float
    seed: int


def sample_strands(rng: np.random.Generator) -> Strands:
    """Draw some strands."""
    clumps = int(rng.integers(1, 7))
    side = float(rng.choice([-1.0, 1.0]))
    azimuth = side * float(rng.uniform(0, 55))
    return Strands(
        count=int(np.clip(clumps * rng.integers(2, 14), 5, 60)),
        clumps=clumps,
        width_mm=float(rng.uniform(0.35, 0.8)),
        azimuth_deg=azimuth,
        spread_deg=float(rng.uniform(4, 30)),
        sweep_deg=float(rng.normal(0, 22)),
        length_mm=float(rng.uniform(25, 75) if abs(azimuth) < 30 else rng.uniform(40, 130)),
        curl_mm=float(rng.uniform(0, 5)),
        seed=int(rng.integers(2**32)),
    )


def hang_strands(
    surface: Surface, upright: np.ndarray, strands: Strands, hair_colour: Colour, hairline_mm: float = 0.0
) -> Accessory:
    """Ribbons from the hairline down, 1 to 3 mm above the skin.

    Args:
        surface: The head's mesh.
        upright: (W, 3) float32 mm, its fine vertices before the pose, with hair and beard on.
        strands: What hangs.
        hair_colour: Linear RGB.
        hairline_mm: How far the hairline lies above (+) or below (-) the mean.
    """
    rng = np.random.default_rng(strands.seed)
    azimuth, height = _courses(rng, strands, hairline_mm)
    skin, outward = _taut(face_sheet(surface).points(upright))
    row = ((height - HEIGHT_MM[0]) / (HEIGHT_MM[1] - HEIGHT_MM[0])).ravel()
    column = (azimuth - AZIMUTH_DEG[0]).ravel()
    above = rng.uniform(1.2, 2.6, (strands.count, 1)) * np.clip(6 * _along(), 0.1, 1)
    middle = at_place(skin, row, column).reshape(-1, POINTS, 3)
    normal = normalized(at_place(outward, row, column)).reshape(-1, POINTS, 3)
    middle = middle + above[..., None] * normal
    tangent = normalized(np.gradient(middle, axis=1))
    across = normalized(np.cross(tangent, normal))
    width = strands.width_mm * rng.uniform(0.75, 1.25, (strands.count, 1)) * (1 - 0.55 * _along() ** 2)
    width = np.clip(width, 0.3, 1.0)[..., None]
    vertices = np.stack([middle - width / 2 * across, middle + width / 2 * across], axis=2).reshape(-1, 3)
    shade = np.exp(rng.normal(0, 0.2, (strands.count, 1, 1))) * np.ones((1, 2 * POINTS, 1))
    albedo = np.clip(np.array(hair_colour) * shade, 0.004, 0.8).reshape(-1, 3)
    ribbon = lattice(POINTS, 2, rows_closed=False, columns_closed=False)
    triangles = (ribbon + 2 * POINTS * np.arange(strands.count)[:, None, None]).reshape(-1, 3)
    return Accessory(
        vertices.astype(np.float32),
        np.repeat(normal.reshape(-1, 3), 2, axis=0).astype(np.float32),
        both_sides(triangles).astype(np.int32),
        albedo.astype(np.float32),
        np.full(len(vertices), GLOSS, np.float32),
    )


def _along() -> np.ndarray:
    """(POINTS,) 0 at the root to 1 at the tip."""
    return np.linspace(0, 1, POINTS)


def _courses(rng: np.random.Generator, strands: Strands, hairline_mm: float) -> tuple[np.ndarray, np.ndarray]:
    """(S, POINTS) canonical azimuth in degrees and height in mm of each strand, from root to tip."""
    along = _along()
    lock = rng.integers(strands.clumps, size=strands.count)
    roots = strands.azimuth_deg + strands.spread_deg * rng.uniform(-1, 1, strands.clumps)
    sweeps = strands.sweep_deg + rng.normal(0, 6, strands.clumps)
    lengths = strands.length_mm * rng.uniform(0.6, 1.0, strands.clumps)
    phases = rng.uniform(0, 2 * np.pi, strands.clumps)
    apart = rng.normal(0, 1, (strands.count, 1))
    parting = rng.uniform(-0.9, 0.6, strands.clumps)  # some locks run together toward their tips, some apart
    swing = np.sin(phases[lock][:, None] + rng.normal(0, 0.3, (strands.count, 1)) + 5 * along)
    azimuth = roots[lock][:, None] + 2.4 * apart * (1 + parting[lock][:, None] * along)
    azimuth = azimuth + (sweeps[lock][:, None] + rng.normal(0, 2.5, (strands.count, 1))) * along**1.4
    azimuth = azimuth + strands.curl_mm / 1.6 * (swing - swing[:, :1]) * along
    root = _hairline(azimuth[:, :1]) + hairline_mm + rng.uniform(0, 5, (strands.count, 1))
    length = lengths[lock][:, None] * rng.uniform(0.5, 1.0, (strands.count, 1))
    return np.clip(azimuth, -75, 75), np.maximum(root - length * along, HEIGHT_MM[0] + 12)


def _hairline(azimuth_deg: np.ndarray) -> np.ndarray:
    """Canonical height of the hairline, which comes down at the temples."""
    return np.interp(np.abs(azimuth_deg), [0, 25, 45, 60, 75], [ROOT_MM, 62.0, 48.0, 30.0, 8.0])


def _taut(points: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The face as a hair that hangs over it meets it, hollows bridged: (R, C, 3) points and outward directions."""
    smooth = np.stack([gaussian_filter(points[..., axis], TAUT_MM, mode="nearest") for axis in range(3)], axis=-1)
    up, left = np.gradient(smooth, axis=0), np.gradient(smooth, axis=1)
    outward = normalized(np.cross(left, up))
    proud = np.einsum("rci,rci->rc", points - smooth, outward)
    lift = gaussian_filter(np.maximum(proud, 0), 1.0, mode="nearest")
    return smooth + np.maximum(lift, proud)[..., None] * outward, outward
