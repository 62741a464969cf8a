"""Colours of a face: skin, lips, brows, eyes and hair, painted in coordinates fixed to the skin.

Everything is a function of the canonical position of a point (on the mean adult, in mm from the midpoint
between the eyes), so that the paint stays in place when shape or expression moves the skin.
Colours are linear reflectances. Gaussians, bands and value noise: it looks like a face, no more is meant.
"""

import math
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from facedepth_pipeline.synthetic.light import linear_from_srgb
from facedepth_pipeline.synthetic.subjects import Subject
from facedepth_pipeline.synthetic.surface import Surface

SKIN_TONES = linear_from_srgb(
    np.array([[245, 213, 196], [226, 184, 157], [196, 146, 114], [146, 98, 70], [97, 62, 46], [62, 40, 32]]) / 255
).astype(np.float32)
SCLERA = np.array([0.39, 0.36, 0.34], np.float32)
BLOOD = np.array([0.42, 0.10, 0.09], np.float32)
CAVITY = np.array([0.035, 0.008, 0.007], np.float32)
IRIS_RADIUS_MM = 6.3
PUPIL_RADIUS_MM = 2.3
BROW_MM = (17.0, 13.0)  # height of the middle of the band that holds the brows, and half the band
TILE_PX = 256


class Material(NamedTuple):
    """(N, 3) linear reflectance, (N,) strength of the highlight, (N,) bool: as small as on an eye."""

    albedo: np.ndarray
    gloss: np.ndarray
    wet: np.ndarray


@dataclass(frozen=True, eq=False)
class Paint:
    """A subject's colours, ready for any take.

    Attributes:
        subject: Whose.
        albedo: (W, 3) float32 for each fine vertex: everything that varies slowly.
        hair: (W,) float32 for each fine vertex, 0 skin to 1 hair, before strands fray the hairline.
        hair_displacement_mm: (W,) float32, how far the hair stands off the scalp, along the normal.
        tile: (256, 256) float32 noise of mean 0 and deviation 1, which repeats without a seam.
    """

    subject: Subject
    albedo: np.ndarray
    hair: np.ndarray
    hair_displacement_mm: np.ndarray
    tile: np.ndarray


def smooth_step(low: float, high: float, values: np.ndarray) -> np.ndarray:
    """0 below ``low``, 1 above ``high``, a smooth cubic between (also with ``low`` > ``high``)."""
    share = np.clip((values - low) / (high - low), 0, 1)
    return share * share * (3 - 2 * share)


def skin_tone(melanin: float, ruddiness: float) -> np.ndarray:
    """(3,) float32 linear reflectance of skin."""
    place = np.clip(melanin, 0, 1) * (len(SKIN_TONES) - 1)
    levels = np.arange(len(SKIN_TONES))
    tone = np.array([np.interp(place, levels, SKIN_TONES[:, channel]) for channel in range(3)])
    return (tone * (1 + ruddiness * np.array([0.03, -0.04, -0.05]))).astype(np.float32)


def paint_subject(surface: Surface, subject: Subject) -> Paint:
    """Colours that do not change from take to take."""
    rng = np.random.default_rng(subject.texture_seed)
    position = surface.canonical
    weights = surface.region_weights
    skin = skin_tone(subject.melanin, subject.ruddiness)
    blotches = _waves(rng, position, wavelength_mm=(12, 60), count=16)
    albedo = skin * (1 + 0.035 * blotches[:, None])
    rosy = skin * np.array([1.02, 0.80, 0.80], np.float32)
    blush = 0.5 * _spots(position, ((-40, -38), (40, -38)), 16) + 0.5 * _spots(position, ((0, -40),), 11)
    albedo = _mix(albedo, rosy, np.clip(blush + 0.8 * weights["ear"], 0, 1))
    albedo = _mix(albedo, skin * np.array([0.75, 0.66, 0.66], np.float32), 0.6 * weights["eyelid"])
    lip = _lip_tone(skin, subject)
    albedo = _mix(albedo, lip, smooth_step(0.25, 0.75, weights["lips"]))
    albedo = _mix(
        albedo,
        np.array(subject.hair_colour, np.float32) * 0.8 + skin * 0.15,
        _beard(position, weights, subject),
    )
    albedo *= (1 - 0.25 * weights["neck"])[:, None]
    albedo = _mix(albedo, CAVITY, np.clip(weights["mouth_interior"] + 0.9 * _nostrils(surface), 0, 1))
    albedo = _mix(albedo, np.array(subject.shirt_colour, np.float32), _clothes(position))
    albedo = _mix(albedo, lip * 0.12, _lashes(surface))
    hair = hair_weight(surface, subject)
    standing_mm = _hair_displacement_mm(surface, subject, hair)
    return Paint(subject, albedo.astype(np.float32), hair, standing_mm, _tile(rng))


def hair_weight(surface: Surface, subject: Subject) -> np.ndarray:
    """(W,) float32: 1 well inside the hair, 0 on skin; half at the hairline."""
    x, y, z = surface.canonical.T
    rng = np.random.default_rng(subject.texture_seed + 1)
    recede = 0.5 * max(subject.hairline_mm, 0) * np.exp(-(((np.abs(x) - 38) / 16) ** 2))
    above = 0.75 * (y - 64 - subject.hairline_mm) - 0.66 * (z - 15) - recede
    above = above + 2.5 * _waves(rng, surface.canonical, wavelength_mm=(14, 45), count=10)
    sideburn = y + 22 + 0.35 * np.minimum(z + 60, 0)
    inside = np.minimum(above, sideburn) / 12 + 0.5
    ears = surface.region_weights["ear"]
    return (np.clip(inside, 0, 1) * (1 - np.clip(3 * ears, 0, 1))).astype(np.float32)


def _hair_displacement_mm(surface: Surface, subject: Subject, hair: np.ndarray) -> np.ndarray:
    rng = np.random.default_rng(subject.texture_seed + 2)
    locks = 1 + 0.18 * _waves(rng, surface.canonical, wavelength_mm=(8, 30), count=14)
    return (subject.hair_mm * smooth_step(0.35, 1.0, hair) * locks).astype(np.float32)


def material_at(paint: Paint, surface: Surface, attributes: np.ndarray) -> Material:
    """Reflectance and gloss of points on the surface.

    Args:
        paint: The subject's colours.
        surface: Where the eyes are.
        attributes: (N, 9) float32: canonical position, albedo, hair weight, right and left eye weight.
    """
    position, hair = attributes[:, :3], attributes[:, 6]
    grain = _sample_tile(paint.tile, 2.3 * position[:, 0], 2.3 * position[:, 1])
    albedo = attributes[:, 3:6] * (1 + 0.025 * grain[:, None])
    gloss = np.full(len(albedo), 0.05, np.float32)
    wet = np.zeros(len(albedo), dtype=bool)
    brows = np.flatnonzero((np.abs(position[:, 1] - BROW_MM[0]) < BROW_MM[1]) & (position[:, 2] > -25))
    albedo[brows] = _draw_brows(paint, position[brows], albedo[brows])
    hairy = np.flatnonzero(hair > 0.02)
    albedo[hairy], covered = _draw_hair(paint, position[hairy], albedo[hairy], hair[hairy])
    gloss[hairy] *= 1 - 0.6 * covered
    for side in range(2):
        eye = np.flatnonzero(attributes[:, 7 + side] > 0.5)
        albedo[eye] = _eye_albedo(position[eye] - surface.eye_centres[side], paint.subject)
        gloss[eye], wet[eye] = 0.6, True
    return Material(albedo, gloss, wet)


def _draw_brows(paint: Paint, position: np.ndarray, albedo: np.ndarray) -> np.ndarray:
    slant = np.abs(position[:, 0]) - 1.2 * position[:, 1]
    hairs = _sample_tile(paint.tile, 1.9 * slant, 0.5 * position[:, 1] + 0.3 * position[:, 0])
    colour = 0.7 * np.array(paint.subject.hair_colour, np.float32)
    return _mix(albedo, colour, brow_weight(position, hairs) * paint.subject.brow_strength)


def _draw_hair(
    paint: Paint, position: np.ndarray, albedo: np.ndarray, hair: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Colour, and how much of the skin hair covers."""
    strands = _sample_tile(paint.tile, 3.1 * position[:, 0] + 0.8 * position[:, 2], 0.35 * position[:, 1])
    colour = np.array(paint.subject.hair_colour, np.float32)
    cropped = 0.35 if paint.subject.hair_mm == 0 else 1.0
    covered = cropped * smooth_step(0.35, 0.65, hair + 0.08 * strands)
    return _mix(albedo, colour * np.clip(1 + 0.35 * strands, 0.3, 2)[:, None], covered), covered


def brow_weight(position: np.ndarray, hairs: np.ndarray) -> np.ndarray:
    """(N,) float32 density of the brows at canonical positions (N, 3); ``hairs`` is noise that frays them."""
    along = (np.abs(position[:, 0]) - 11) / 41  # 0 at the inner, 1 at the outer end
    centre = 15.0 + 9.5 * along - 10.5 * along**2 - 3.0 * along**6
    half_width = 4.3 - 2.6 * np.clip(along, 0, 1)
    across = np.abs(position[:, 1] - centre) / half_width
    ends = smooth_step(-0.12, 0.2, along) * smooth_step(1.05, 0.8, along)
    front = position[:, 2] > -25
    return np.clip((1 - smooth_step(0.2, 1.25, across + 0.12 * hairs)) * ends * front * (0.95 + 0.12 * hairs), 0, 1)


def _eye_albedo(from_centre: np.ndarray, subject: Subject) -> np.ndarray:
    off_axis = np.hypot(from_centre[:, 0], from_centre[:, 1])
    angle = np.arctan2(from_centre[:, 1], from_centre[:, 0])
    iris = np.array(subject.iris_colour, np.float32)
    rays = 1 + 0.22 * np.sin(23 * angle + 3 * np.sin(5 * angle))
    ring = 1 - 0.6 * smooth_step(IRIS_RADIUS_MM - 1.5, IRIS_RADIUS_MM, off_axis)
    albedo = np.broadcast_to(SCLERA, from_centre.shape) * (1 - 0.012 * off_axis[:, None])
    albedo = _mix(
        albedo,
        iris * (rays * ring)[:, None],
        smooth_step(IRIS_RADIUS_MM + 0.4, IRIS_RADIUS_MM - 0.3, off_axis),
    )
    albedo = _mix(albedo, CAVITY * 0.3, smooth_step(PUPIL_RADIUS_MM + 0.3, PUPIL_RADIUS_MM - 0.3, off_axis))
    lid_shadow = 1 - 0.55 * smooth_step(0.5, 5.0, from_centre[:, 1])
    return (albedo * lid_shadow[:, None]).astype(np.float32)


def _lip_tone(skin: np.ndarray, subject: Subject) -> np.ndarray:
    natural = skin * np.array([0.80, 0.52, 0.52], np.float32)
    return natural + (BLOOD * (0.4 + skin[0]) - natural) * 0.5 * subject.lip_tint


def _nostrils(surface: Surface) -> np.ndarray:
    """(W,) float32: the inside of the nostrils and the underside of the nose around them."""
    x, y, z = surface.canonical.T
    squared = ((np.abs(x) - 7.5) / 4.0) ** 2 + ((y + 46.5) / 2.6) ** 2
    below = smooth_step(-0.1, -0.5, surface.canonical_normals[:, 1]) * (z > 15)
    return np.maximum(surface.region_weights["nostril"], 0.8 * np.exp(-squared) * below)


def _clothes(position: np.ndarray) -> np.ndarray:
    """(W,) float32: below a collar that dips at the throat."""
    x, y = position[:, 0], position[:, 1]
    collar = -150 - 22 * np.exp(-((x / 32) ** 2))
    return smooth_step(2, -2, y - collar)


def _lashes(surface: Surface) -> np.ndarray:
    """(W,) float32: the rim of the upper lid, where it meets the eyeball."""
    rim = np.zeros(len(surface.canonical), np.float32)
    for centre in surface.eye_centres:
        offset = surface.canonical - centre
        gap = np.sqrt(np.sum(offset**2, axis=1)) - surface.eye_radius_mm
        upper = smooth_step(-2.5, 1.0, offset[:, 1]) * (offset[:, 2] > 0)
        rim = np.maximum(rim, upper * smooth_step(3.2, 1.2, gap))
    lids = surface.region_weights["eyelid"] + surface.region_weights["skin"]
    return 0.85 * rim * np.clip(lids, 0, 1)


def _beard(position: np.ndarray, weights: dict[str, np.ndarray], subject: Subject) -> np.ndarray:
    """(W,) float32: stubble on jaw, cheeks and upper lip, fading at its borders."""
    x, y, z = position.T
    jaw = smooth_step(-64, -84, y + 0.2 * np.abs(x)) * smooth_step(-140, -112, y)
    cheek = smooth_step(42, 60, np.abs(x)) * smooth_step(-20, -50, y) * smooth_step(-140, -112, y)
    moustache = smooth_step(-48, -56, y) * smooth_step(34, 18, np.abs(x)) * smooth_step(-84, -70, y)
    cover = np.maximum(np.maximum(jaw, 0.8 * cheek), 0.9 * moustache) * smooth_step(-80, -60, z)
    return 0.75 * subject.beard * cover * (1 - smooth_step(0.1, 0.5, weights["lips"])) * (1 - weights["ear"])


def _spots(position: np.ndarray, centres: tuple[tuple[float, float], ...], radius_mm: float) -> np.ndarray:
    total = np.zeros(len(position), np.float32)
    for x, y in centres:
        squared = (position[:, 0] - x) ** 2 + (position[:, 1] - y) ** 2
        total += np.exp(-squared / (2 * radius_mm**2)) * (position[:, 2] > -30)
    return total


def _waves(
    rng: np.random.Generator, position: np.ndarray, wavelength_mm: tuple[float, float], count: int
) -> np.ndarray:
    """(N,) float32 smooth noise of deviation 1: plane waves of random direction and length."""
    directions = rng.standard_normal((count, 3))
    directions /= np.linalg.norm(directions, axis=1, keepdims=True)
    lengths = np.exp(rng.uniform(math.log(wavelength_mm[0]), math.log(wavelength_mm[1]), count))
    phases = rng.uniform(0, 2 * np.pi, count)
    total = np.zeros(len(position), np.float32)
    for direction, length, phase in zip(directions, lengths, phases, strict=True):
        vector = (2 * np.pi / length * direction).astype(np.float32)
        total += np.sin(np.einsum("ij,j->i", position, vector) + np.float32(phase))
    return total * np.float32(np.sqrt(2 / count))


def _tile(rng: np.random.Generator) -> np.ndarray:
    tile = rng.standard_normal((TILE_PX, TILE_PX))
    for axis in (0, 1):
        tile = (2 * tile + np.roll(tile, 1, axis) + np.roll(tile, -1, axis)) / 4
    return (tile / tile.std()).astype(np.float32)


def _sample_tile(tile: np.ndarray, column: np.ndarray, row: np.ndarray) -> np.ndarray:
    """Bilinear value at positions in pixels of the repeating tile."""
    left, top = np.floor(column), np.floor(row)
    right_share, lower_share = column - left, row - top
    i, j = top.astype(np.int32) % TILE_PX, left.astype(np.int32) % TILE_PX
    below, beside = (i + 1) % TILE_PX, (j + 1) % TILE_PX
    upper = tile[i, j] * (1 - right_share) + tile[i, beside] * right_share
    lower = tile[below, j] * (1 - right_share) + tile[below, beside] * right_share
    return upper * (1 - lower_share) + lower * lower_share


def _mix(colour: np.ndarray, other: np.ndarray, share: np.ndarray) -> np.ndarray:
    return colour + (other - colour) * share[:, None].astype(np.float32)
