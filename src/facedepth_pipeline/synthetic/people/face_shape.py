"""Which details of a face vary between people, and how much.

A head of ICT-FaceKit or of GNM follows the statistics of its own model. The rest of this module is about MakeHuman,
which has none.

An axis has two opposite MakeHuman targets; a person has one value on it, positive for the first target.
Where the name holds ``{side}`` the face has the target twice, left and right. Three factors move several axes
at once: the size of the head, the protrusion of the nose, and how heavy a person is.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Literal, NamedTuple

import numpy as np

Sex = Literal["female", "male"]


class Axis(NamedTuple):
    """One axis of variation: names at coefficient +1 and -1, and standard deviation over people."""

    positive: str
    negative: str
    deviation: float


def _axes(prefix: str, ends: tuple[str, str], **deviations: float) -> list[Axis]:
    return [
        Axis(
            f"{prefix}{name.replace('_', '-')}-{ends[0]}",
            f"{prefix}{name.replace('_', '-')}-{ends[1]}",
            deviation,
        )
        for name, deviation in deviations.items()
    ]


SIZE = ("incr", "decr")
UP = ("up", "down")
FORWARD = ("forward", "backward")

AXES: tuple[Axis, ...] = (
    *_axes("nose/nose-", SIZE, hump=0.2, volume=0.12, width1=0.25, width2=0.25, width3=0.2, greek=0.2),
    *_axes("nose/nose-", SIZE, scale_depth=0.15, scale_horiz=0.2, scale_vert=0.25, flaring=0.15),
    *_axes("nose/nose-", SIZE, nostrils_width=0.15, point_width=0.25, septumangle=0.2),
    *_axes("nose/nose-", UP, base=0.2, point=0.15, trans=0.2, nostrils_angle=0.2),
    *_axes("nose/nose-", ("convex", "concave"), curve=0.2),
    *_axes("nose/nose-", ("backward", "forward"), trans=0.1),
    *_axes("mouth/mouth-", SIZE, scale_horiz=0.3, scale_vert=0.25, scale_depth=0.2, cupidsbow=0.3),
    *_axes("mouth/mouth-", SIZE, lowerlip_height=0.3, upperlip_height=0.3, philtrum_volume=0.3),
    *_axes("mouth/mouth-", SIZE, lowerlip_volume=0.25, upperlip_volume=0.25),
    *_axes("mouth/mouth-", UP, angles=0.15, trans=0.2),
    *_axes("chin/chin-", SIZE, bones=0.3, height=0.22, prominent=0.3, width=0.3, prognathism=0.2),
    *_axes("chin/chin-", SIZE, cleft=0.2, jaw_drop=0.2),
    *_axes("cheek/{side}-cheek-", SIZE, bones=0.35, volume=0.25, inner=0.2),
    *_axes("forehead/forehead-", SIZE, nubian=0.2, scale_vert=0.15, temple=0.3),
    *_axes("forehead/forehead-", FORWARD, trans=0.3),
    *_axes("eyebrows/eyebrows-", UP, angle=0.3, trans=0.3),
    *_axes("eyebrows/eyebrows-", FORWARD, trans=0.3),
    *_axes("eyes/{side}-eye-", SIZE, height1=0.25, height2=0.25, height3=0.25, scale=0.2, bag=0.2),
    *_axes("eyes/{side}-eye-", UP, corner1=0.3, corner2=0.25, trans=0.15),
    *_axes("eyes/{side}-eye-", ("in", "out"), epicanthus=0.15, trans=0.28),
    *_axes("ears/{side}-ear-", SIZE, scale=0.3, wing=0.3, lobe=0.3),
    *_axes("head/head-", SIZE, scale_depth=0.15, scale_horiz=0.1, scale_vert=0.12, fat=0.15),
    *_axes("neck/neck-", SIZE, scale_horiz=0.2, double=0.15),
)

# What moves together, by the axis's positive name, in coefficients per standard deviation of the factor.
SIZE_FACTOR = {
    "head/head-scale-depth-incr": 0.14,
    "head/head-scale-horiz-incr": 0.14,
    "head/head-scale-vert-incr": 0.16,
}
NOSE_FACTOR = {  # the tip moves away from the lip under it, which stays
    "nose/nose-scale-depth-incr": 0.3,
    "nose/nose-trans-backward": 0.25,
}
# Per unit of heaviness: MakeHuman's targets of weight move the neck and leave the face alone.
HEAVINESS_FACTOR = {
    "head/head-fat-incr": 0.5,
    "cheek/{side}-cheek-volume-incr": 0.5,
    "cheek/{side}-cheek-inner-incr": 0.3,
    "neck/neck-double-incr": 0.4,
    "neck/neck-scale-horiz-incr": 0.3,
}
BASE_SHAPES = ("african", "asian", "caucasian")
# Added to the base shapes, because MakeHuman's heads are too broad, its eyes too close together and most of its
# noses too flat: with them the means of eight caliper measures fit those of measured adults of the same sex
# (``anthropometry.PUBLISHED``). Fitted to the survey's own groups, and for the protrusion of the african and
# asian noses to 0.9 of the caucasian, by least squares with a small norm and with the root, the wings and the
# base of the nose kept at their depth. Both targets of volume move the tip forward; together they leave its
# roundness. Coefficients for the base shapes in the order above.
POPULATION_OFFSETS: dict[Sex, dict[str, tuple[float, float, float]]] = {
    "female": {
        "head/head-scale-horiz-incr": (-0.17, -0.03, -0.26),
        "head/head-scale-vert-incr": (-0.2, 0.15, 0.0),
        "nose/nose-scale-depth-incr": (0.13, 0.16, -0.03),
        "nose/nose-trans-backward": (0.15, 0.17, 0.0),
        "nose/nose-volume-incr": (0.3, 0.3, 0.0),
        "nose/nose-volume-decr": (0.3, 0.3, 0.0),
        "nose/nose-point-up": (0.2, 0.2, 0.0),
        "nose/nose-scale-horiz-incr": (0.14, 0.3, 0.11),
        "nose/nose-scale-vert-incr": (-0.16, 0.05, -0.2),
        "mouth/mouth-scale-horiz-incr": (0.16, 0.14, 0.19),
        "chin/chin-height-incr": (0.27, 0.15, -0.03),
        "eyes/{side}-eye-trans-out": (0.49, 0.28, 0.28),
        "nose/nose-nostrils-width-incr": (0.1, 0.21, 0.07),
    },
    "male": {
        "head/head-scale-horiz-incr": (-0.18, -0.14, -0.21),
        "head/head-scale-vert-incr": (-0.17, 0.13, 0.04),
        "nose/nose-scale-depth-incr": (0.7, 0.13, 0.0),
        "nose/nose-trans-backward": (0.7, 0.15, 0.0),
        "nose/nose-volume-incr": (0.3, 0.3, 0.15),
        "nose/nose-volume-decr": (0.3, 0.3, 0.3),
        "nose/nose-point-up": (0.2, 0.2, 0.12),
        "nose/nose-scale-horiz-incr": (0.18, 0.33, 0.18),
        "nose/nose-scale-vert-incr": (-0.03, 0.14, -0.05),
        "mouth/mouth-scale-horiz-incr": (0.14, 0.37, 0.12),
        "chin/chin-height-incr": (0.3, 0.05, 0.08),
        "eyes/{side}-eye-trans-out": (0.59, 0.39, 0.36),
        "nose/nose-nostrils-width-incr": (0.13, 0.23, 0.12),
    },
}

HEAD_OUTLINES = ("diamond", "invertedtriangular", "oval", "rectangular", "round", "square", "triangular")
ASYMMETRIES = (
    "brown-1", "brown-2", "cheek-1", "cheek-2", "eye-1", "eye-3", "eye-7", "jaw-1", "jaw-2", "jaw-3",
    "mouth-1", "mouth-2", "nose-1", "nose-2", "nose-3", "nose-4", "temple-1",
)  # fmt: skip
LARGEST = 2.2  # deviations; beyond it faces turn into caricatures
LARGEST_IDENTITY = 2.5  # deviations, of a direction of a statistical model
STRONGEST_OUTLINE = 0.3  # coefficient; the outlines oval and round widen the head by 24 mm at 1
SIDE_DEVIATION = 0.12  # between the two halves of a face, as a share of the axis's own deviation

YOUNG_YEARS = 25.0  # MakeHuman's targets "young" and "old"
OLD_YEARS = 90.0


def sample_shape(rng: np.random.Generator, mixture: Mapping[str, float], sex: Sex, age: int) -> dict[str, float]:
    """Coefficients of a random person's neutral face.

    Args:
        rng: Randomness.
        mixture: Shares of the base shapes ``african``, ``asian`` and ``caucasian``; they sum to 1.
        sex: Which base shape is the larger part.
        age: Years.
    """
    size, nose = np.clip(rng.standard_normal(2), -LARGEST, LARGEST)
    heaviness = float(np.clip(rng.normal(0.0, 0.45), -1.0, 1.0))
    means: dict[str, float] = defaultdict(float)
    for factor, value in ((SIZE_FACTOR, size), (NOSE_FACTOR, nose), (HEAVINESS_FACTOR, heaviness)):
        for name, loading in factor.items():
            means[name] += float(value * loading)
    shape = _macro_shape(rng, mixture, sex, age, heaviness) | sample_details(rng, means)
    for name, offsets in POPULATION_OFFSETS[sex].items():
        offset = sum(mixture[base] * of_base for base, of_base in zip(BASE_SHAPES, offsets, strict=True))
        for direction in _both_sides(name):
            shape[direction] = shape.get(direction, 0.0) + offset
    return shape


def sample_identity(rng: np.random.Generator, directions: Sequence[str]) -> dict[str, float]:
    """Coefficients of a random head of a statistical model, whose directions have variance 1."""
    values = np.clip(rng.standard_normal(len(directions)), -LARGEST_IDENTITY, LARGEST_IDENTITY)
    return dict(zip(directions, values.tolist(), strict=True))


def sample_details(rng: np.random.Generator, means: Mapping[str, float]) -> dict[str, float]:
    """Coefficients of a random face's details: axes, one outline of the head, a little asymmetry.

    Args:
        rng: Randomness.
        means: Mean of an axis by its positive name, where it is not 0.
    """
    details: dict[str, float] = {}
    for axis in AXES:
        value = means.get(axis.positive, 0.0) + axis.deviation * np.clip(rng.standard_normal(), -LARGEST, LARGEST)
        if "{side}" in axis.positive:
            for side in "lr":
                own = value + SIDE_DEVIATION * axis.deviation * np.clip(rng.standard_normal(), -LARGEST, LARGEST)
                _put(details, axis, side, own)
        else:
            _put(details, axis, "", value)
    outline = HEAD_OUTLINES[rng.integers(len(HEAD_OUTLINES))]
    details[f"head/head-{outline}"] = float(rng.uniform(0, STRONGEST_OUTLINE))
    for name in ASYMMETRIES:
        details[f"asym/asym-{name}-{'lr'[rng.integers(2)]}"] = float(abs(rng.normal(0, 0.12)))
    return details


def _both_sides(name: str) -> list[str]:
    return [name.format(side=side) for side in "lr"] if "{side}" in name else [name]


def _put(details: dict[str, float], axis: Axis, side: str, value: float) -> None:
    name = axis.positive if value >= 0 else axis.negative
    details[name.format(side=side)] = float(abs(value))


def _macro_shape(
    rng: np.random.Generator, mixture: Mapping[str, float], sex: Sex, age: int, heaviness: float
) -> dict[str, float]:
    """Multilinear weights of MakeHuman's base shapes: ethnicity x sex x age, and sex x age x weight."""
    maleness = rng.uniform(0.8, 1.0) if sex == "male" else rng.uniform(0.0, 0.15)
    sexes = {"female": 1 - maleness, "male": maleness}
    oldness = float(np.clip((age - YOUNG_YEARS) / (OLD_YEARS - YOUNG_YEARS), 0, 1))
    ages = {"young": 1 - oldness, "old": oldness}
    builds = {
        "minweight": max(-heaviness, 0),
        "averageweight": 1 - abs(heaviness),
        "maxweight": max(heaviness, 0),
    }
    weights = {}
    for sex_name, sex_share in sexes.items():
        for age_name, age_share in ages.items():
            share = sex_share * age_share
            for name, part in mixture.items():
                weights[f"macro/{name}-{sex_name}-{age_name}"] = float(part * share)
            for name, part in builds.items():
                weights[f"macro/{sex_name}-{age_name}-{name}"] = float(part * share)
    return weights
