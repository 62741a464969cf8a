"""Colours of a face, painted in coordinates fixed to the skin.

Everything is a function of the canonical position of a point (on the mean adult, in mm from the midpoint
between the eyes), so that the paint stays in place when shape or expression moves the skin. The colour of
skin follows from melanin and blood (:mod:`~facedepth_pipeline.synthetic.appearance.skin`); where there is more of
either is this project's choice. Colours are linear reflectances.
"""

from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

import numpy as np
from scipy.spatial import cKDTree

from facedepth_pipeline.synthetic.appearance.eyes import eye_albedo, lash_weight
from facedepth_pipeline.synthetic.appearance.hair import (
    BROW_MM,
    beard_relief,
    beard_weight,
    draw_beard,
    draw_brows,
    draw_scalp_hair,
    hair_relief,
    scalp_hair,
)
from facedepth_pipeline.synthetic.appearance.skin import skin_reflectance
from facedepth_pipeline.synthetic.head.relief import crease_relief_mm
from facedepth_pipeline.synthetic.head.surface import Surface
from facedepth_pipeline.synthetic.noise import mix, nearest_in_tile, noise_tile, sample_tile, smooth_step, waves
from facedepth_pipeline.synthetic.people.subjects import Subject

LIGHTEST_MELANIN, DARKEST_MELANIN = 0.011, 0.33  # volume fraction of the epidermis at tone 0 and 1
BLOOD = 0.0135  # volume fraction of the dermis of a cheek
VERMILION_LOSS = 0.22  # lips hardly scatter: they send back less light in every colour than skin does
CAVITY = np.array([0.03, 0.009, 0.008], np.float32)
TEETH = np.array([0.50, 0.45, 0.36], np.float32)  # of the sheet that closes a mouth without teeth of its own
ENAMEL = np.array([0.64, 0.57, 0.46], np.float32)
GUMS = np.array([0.30, 0.10, 0.09], np.float32)
GUMS_MM = 6.0  # from the teeth to where the mouth is half as dark as its depth
WET_GLOSS = 0.8
GRAIN_PX_PER_MM = 2.7


class Material(NamedTuple):
    """What light meets at N points.

    Attributes:
        albedo: (N, 3) float32 linear reflectance.
        gloss: (N,) float32, strength of the highlight; 1 is skin of common oiliness.
        wet: (N,) bool: a highlight as small as on an eye.
        bump: (N, 2) float32, what pores add to the x and y of the normal.
    """

    albedo: np.ndarray
    gloss: np.ndarray
    wet: np.ndarray
    bump: np.ndarray


@dataclass(frozen=True, eq=False)
class Paint:
    """A subject's colours and relief, ready for any take.

    Attributes:
        subject: Whose.
        albedo: (W, 3) float32 for each fine vertex: everything that varies slowly.
        hair: (W,) float32 for each fine vertex, 0 skin to 1 hair of the head, before strands fray the hairline.
        beard: (W,) float32, where a beard grows; -1 inside the mouth.
        creases_mm: (W,) float32 relief of the skin.
        hair_relief: (W,) float32, how far hair stands off, as a share of its thickness.
        beard_relief: (W,) float32, the same of the beard and its length.
        tile: (256, 256) float32 noise of deviation 1, which repeats without a seam.
        pores: (256, 256, 3) float32: noise for the colour, slopes of the pores in x and y.
    """

    subject: Subject
    albedo: np.ndarray
    hair: np.ndarray
    beard: np.ndarray
    creases_mm: np.ndarray
    hair_relief: np.ndarray
    beard_relief: np.ndarray
    tile: np.ndarray
    pores: np.ndarray


def paint_subject(surface: Surface, subject: Subject) -> Paint:
    """What does not change from take to take."""
    rng = np.random.default_rng(subject.texture_seed)
    weights = surface.region_weights
    albedo = skin_reflectance(*_chromophores(rng, surface, subject))
    albedo *= 1 - VERMILION_LOSS * _lips(surface)[:, None]
    albedo = mix(albedo, albedo * np.array([0.85, 0.45, 0.42], np.float32), 0.5 * subject.lip_tint * _lips(surface))
    albedo = _paint_mouth(albedo, surface, subject.texture_seed)
    albedo = mix(albedo, np.broadcast_to(CAVITY, albedo.shape), 0.35 * weights["nostril"])
    lashes = np.array([0.02, 0.014, 0.012], np.float32)
    albedo = mix(albedo, np.broadcast_to(lashes, albedo.shape), lash_weight(surface))
    seed = subject.texture_seed
    mouth = _mouth(surface)
    hair, beard = scalp_hair(surface, subject.hairline_mm, seed), beard_weight(surface, seed) * (1 - mouth) - mouth
    return Paint(
        subject=subject,
        albedo=albedo.astype(np.float32),
        hair=hair,
        beard=beard,
        creases_mm=crease_relief_mm(surface, subject.creases_mm, seed),
        hair_relief=hair_relief(surface, hair, seed),
        beard_relief=beard_relief(surface, subject.beard * beard, seed),
        tile=noise_tile(rng),
        pores=_pore_tile(rng),
    )


def material_at(
    paint: Paint, surface: Surface, points: "PaintedPoints", skin_gains: np.ndarray, shirt: np.ndarray, beard_mm: float
) -> Material:
    """Reflectance, gloss and pores of points on the surface.

    Args:
        paint: The subject's colours.
        surface: Where the eyes are.
        points: The points.
        skin_gains: (3,) linear RGB factors on everything that grows on a head.
        shirt: (3,) linear RGB.
        beard_mm: Length of the beard in this take.
    """
    subject, position = paint.subject, points.position
    colour = np.array(subject.hair_colour, np.float32)
    pores = nearest_in_tile(paint.pores, GRAIN_PX_PER_MM * position[:, 0], GRAIN_PX_PER_MM * position[:, 1])
    albedo = points.albedo * (1 + 0.022 * pores[:, :1])
    oily = 0.7 + 0.8 * np.exp(-((position[:, 0] / 20) ** 2)) * (position[:, 1] > -60)
    gloss = (subject.oiliness * oily * (1 + 0.25 * pores[:, 0])).astype(np.float32)
    bump = 0.055 * pores[:, 1:]
    wet = np.zeros(len(albedo), dtype=bool)
    if subject.freckles > 0.05:
        spots = _freckles(paint.tile, position, subject.freckles)
        albedo *= 1 - spots[:, None] * np.array([0.28, 0.42, 0.5], np.float32)
    brows = np.flatnonzero((np.abs(position[:, 1] - BROW_MM[0]) < BROW_MM[1]) & (position[:, 2] > -25))
    albedo[brows] = draw_brows(paint.tile, position[brows], albedo[brows], colour, subject.brow_strength)
    if subject.beard > 0 and beard_mm > 0:
        bearded = np.flatnonzero(points.beard > 0.02)
        albedo[bearded], covered = draw_beard(
            paint.tile, position[bearded], albedo[bearded], subject.beard * points.beard[bearded], beard_mm, colour
        )
        gloss[bearded] *= 1 - 0.8 * covered
    hairy = np.flatnonzero(points.hair > 0.02)
    albedo[hairy], covered = draw_scalp_hair(
        paint.tile, position[hairy], albedo[hairy], points.hair[hairy], colour, cropped=subject.hair_mm == 0
    )
    gloss[hairy] *= 1 - 0.55 * covered
    bump[hairy] *= (1 + 4 * covered)[:, None]
    for side in range(2):
        eye = np.flatnonzero(points.eyes[:, side] > 0.5)
        albedo[eye] = eye_albedo(position[eye] - surface.eye_centres[side], np.array(subject.iris_colour, np.float32))
        gloss[eye], wet[eye], bump[eye] = 1.0, True, 0.0
    shirted = clothes(position) * (points.hair < 0.5)
    albedo = mix(albedo * skin_gains, np.broadcast_to(shirt, albedo.shape), shirted)
    gloss *= 1 - shirted
    inside = np.flatnonzero(points.beard < -0.5)
    albedo[inside], gloss[inside], bump[inside] = points.albedo[inside], WET_GLOSS, 0.0
    return Material(albedo.astype(np.float32), gloss, wet, bump)


class PaintedPoints(NamedTuple):
    """Attributes of vertices or of points between them: canonical position, colour and what grows there."""

    position: np.ndarray  # (N, 3)
    albedo: np.ndarray  # (N, 3)
    hair: np.ndarray  # (N,)
    beard: np.ndarray  # (N,) negative inside the mouth
    eyes: np.ndarray  # (N, 2) right and left

    def stacked(self) -> np.ndarray:
        """(N, 10) float32, to be interpolated."""
        hairs = np.stack([self.hair, self.beard], axis=1)
        return np.concatenate([self.position, self.albedo, hairs, self.eyes], axis=1).astype(np.float32)

    @classmethod
    def unstacked(cls, columns: np.ndarray) -> "PaintedPoints":
        """The inverse of :meth:`stacked`."""
        return cls(columns[:, :3], columns[:, 3:6], columns[:, 6], columns[:, 7], columns[:, 8:10])


def painted_vertices(paint: Paint, surface: Surface) -> PaintedPoints:
    """Of all fine vertices."""
    eyes = np.stack([surface.region_weights[name] for name in ("right_eye", "left_eye")], axis=1)
    return PaintedPoints(surface.canonical, paint.albedo, paint.hair, paint.beard, eyes)


def _chromophores(rng: np.random.Generator, surface: Surface, subject: Subject) -> tuple[np.ndarray, np.ndarray]:
    """(W,) melanin and (W,) blood, as volume fractions."""
    position, weights = surface.canonical, surface.region_weights
    lips = _lips(surface)
    mottled = waves(rng, position, wavelength_mm=(10, 60), count=20)
    melanin = LIGHTEST_MELANIN * (DARKEST_MELANIN / LIGHTEST_MELANIN) ** subject.tone * np.exp(0.07 * mottled)
    around_eyes = _spots(position, ((-31, -4), (31, -4)), 12)
    melanin = melanin * (1 + 0.7 * around_eyes) * (1 - 0.4 * lips) * (1 - 0.15 * _spots(position, ((0, -40),), 14))
    for _ in range(rng.poisson(1.5)):  # moles
        centre = np.array([rng.uniform(-60, 60), rng.uniform(-110, 60)])
        squared = np.sum((position[:, :2] - centre) ** 2, axis=1)
        mole = rng.uniform(0.06, 0.2) * np.exp(-squared / rng.uniform(0.6, 1.6))
        melanin = melanin + mole * (position[:, 2] > -30)
    flushed = waves(rng, position, wavelength_mm=(8, 40), count=20)
    cheeks = _spots(position, ((-40, -36), (40, -36)), 17)
    nose = _spots(position, ((0, -40),), 11)
    chin = _spots(position, ((0, -100),), 12)
    rosy = 1 + 0.5 * subject.ruddiness
    rosier = 0.7 * cheeks + 0.7 * nose + 0.25 * chin + 0.9 * weights["ear"]
    blood = BLOOD * np.exp(0.14 * flushed) * (1 + rosy * rosier)
    blood = blood * (1 + 0.9 * around_eyes) * (1 + 5.0 * lips) * (1 - 0.25 * weights["neck"])
    return melanin.astype(np.float32), blood.astype(np.float32)


def _lips(surface: Surface) -> np.ndarray:
    return smooth_step(0.15, 0.85, surface.region_weights["lips"])


def _mouth(surface: Surface) -> np.ndarray:
    """(W,) float32 in [0, 1]: teeth and what lies around them."""
    return np.clip(surface.region_weights["mouth_interior"] + surface.region_weights["teeth"], 0, 1)


def _paint_mouth(albedo: np.ndarray, surface: Surface, seed: int) -> np.ndarray:
    """(W, 3) float32 reflectance with the inside of the mouth and its teeth."""
    inside, teeth = np.clip(surface.region_weights["mouth_interior"], 0, 1), surface.region_weights["teeth"]
    albedo = mix(albedo, np.broadcast_to(CAVITY, albedo.shape), inside)
    if not teeth.any():
        return mix(albedo, np.broadcast_to(TEETH, albedo.shape), _teeth(surface))
    rng = np.random.default_rng([seed, 7])
    stain = np.array([1.02, 1.0, 1.0]) ** rng.uniform(0, 3) * rng.uniform(0.75, 1.0) * [1, 1, rng.uniform(0.85, 1.05)]
    albedo = mix(albedo, np.broadcast_to(GUMS, albedo.shape), _gums(surface))
    return mix(albedo, np.broadcast_to((ENAMEL * stain).astype(np.float32), albedo.shape), np.clip(teeth, 0, 1))


@lru_cache(maxsize=4)
def _gums(surface: Surface) -> np.ndarray:
    """(W,) float32 in [0, 1]: gums, tongue and lining of the mouth, paler the farther they are from the teeth."""
    gums = np.zeros(len(surface.canonical), np.float32)
    inside = np.flatnonzero(surface.region_weights["mouth_interior"] > 0.5)
    teeth = surface.canonical[surface.region_weights["teeth"] > 0.5]
    distance, _ = cKDTree(teeth).query(surface.canonical[inside])
    gums[inside] = np.exp2(-distance / GUMS_MM)
    return gums


def _teeth(surface: Surface) -> np.ndarray:
    """(W,) float32: a row of upper teeth on the sheet that closes the mouth, below the upper lip."""
    inside = smooth_step(0.5, 0.9, surface.region_weights["mouth_interior"])
    row = smooth_step(0.02, 0.12, surface.jaw_share) * smooth_step(0.42, 0.32, surface.jaw_share)
    side = np.abs(surface.canonical[:, 0])
    return inside * row * smooth_step(24, 15, side) * 0.9


def _freckles(tile: np.ndarray, position: np.ndarray, amount: float) -> np.ndarray:
    """(N,) float32 in [0, 1]: small spots over nose and cheeks."""
    spots = sample_tile(tile, 1.3 * position[:, 0] + 31, 1.3 * position[:, 1] + 0.5 * position[:, 2])
    where = np.exp(-(((position[:, 1] + 30) / 26) ** 2)) * smooth_step(75, 45, np.abs(position[:, 0]))
    return amount * smooth_step(1.1 - 0.5 * amount, 2.3 - 0.5 * amount, spots) * (0.15 + 0.85 * where)


def clothes(position: np.ndarray) -> np.ndarray:
    """(N,) float32: below a collar that dips at the throat."""
    x, y = position[:, 0], position[:, 1]
    collar = -150 - 22 * np.exp(-((x / 32) ** 2))
    return smooth_step(1.5, -1.5, y - collar).astype(np.float32)


def _spots(position: np.ndarray, centres: tuple[tuple[float, float], ...], radius_mm: float) -> np.ndarray:
    total = np.zeros(len(position), np.float32)
    for x, y in centres:
        squared = (position[:, 0] - x) ** 2 + (position[:, 1] - y) ** 2
        total += np.exp(-squared / (2 * radius_mm**2)) * (position[:, 2] > -30)
    return total


def _pore_tile(rng: np.random.Generator) -> np.ndarray:
    height = noise_tile(rng, smoothing=2)
    slopes = [np.roll(height, -1, axis) - np.roll(height, 1, axis) for axis in (1, 0)]
    return np.stack([noise_tile(rng), *slopes], axis=-1).astype(np.float32)
