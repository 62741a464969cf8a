"""Which details of a face vary between people, and how much.

An axis has two opposite MakeHuman targets; a person has one value on it, positive for the first target.
Where the name holds ``{side}`` the face has the target twice, left and right.
"""

from collections.abc import Mapping
from typing import Literal, NamedTuple

import numpy as np


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
    *_axes("nose/nose-", SIZE, hump=0.3, volume=0.25, width1=0.3, width2=0.3, width3=0.3, greek=0.25),
    # The base shapes alone vary the protrusion of the nose by 2.2 mm (standard deviation over 150 people),
    # which is a good deal already: this axis adds little.
    *_axes("nose/nose-", SIZE, scale_depth=0.1, scale_horiz=0.3, scale_vert=0.3, flaring=0.25),
    *_axes("nose/nose-", SIZE, nostrils_width=0.25, point_width=0.3, septumangle=0.3),
    *_axes("nose/nose-", UP, base=0.25, point=0.2, trans=0.25, nostrils_angle=0.25),
    *_axes("nose/nose-", ("convex", "concave"), curve=0.25),
    *_axes("mouth/mouth-", SIZE, scale_horiz=0.35, scale_vert=0.25, scale_depth=0.2, cupidsbow=0.3),
    *_axes("mouth/mouth-", SIZE, lowerlip_height=0.3, upperlip_height=0.3, philtrum_volume=0.3),
    *_axes("mouth/mouth-", SIZE, lowerlip_volume=0.25, upperlip_volume=0.25),
    *_axes("mouth/mouth-", UP, angles=0.15, trans=0.2),
    *_axes("chin/chin-", SIZE, bones=0.3, height=0.25, prominent=0.3, width=0.35, prognathism=0.2),
    *_axes("chin/chin-", SIZE, cleft=0.2, jaw_drop=0.2),
    *_axes("cheek/{side}-cheek-", SIZE, bones=0.35, volume=0.35, inner=0.25),
    *_axes("forehead/forehead-", SIZE, nubian=0.2, scale_vert=0.15, temple=0.3),
    *_axes("forehead/forehead-", FORWARD, trans=0.3),
    *_axes("eyebrows/eyebrows-", UP, angle=0.3, trans=0.3),
    *_axes("eyebrows/eyebrows-", FORWARD, trans=0.3),
    *_axes("eyes/{side}-eye-", SIZE, height1=0.25, height2=0.25, height3=0.25, scale=0.2, bag=0.2),
    *_axes("eyes/{side}-eye-", UP, corner1=0.3, corner2=0.25, trans=0.15),
    *_axes("eyes/{side}-eye-", ("in", "out"), epicanthus=0.15, trans=0.15),
    *_axes("ears/{side}-ear-", SIZE, scale=0.3, wing=0.3, lobe=0.3),
    *_axes("head/head-", SIZE, scale_depth=0.2, scale_horiz=0.18, scale_vert=0.12, fat=0.2),
    *_axes("neck/neck-", SIZE, scale_horiz=0.25, double=0.2),
)

HEAD_OUTLINES = ("diamond", "invertedtriangular", "oval", "rectangular", "round", "square", "triangular")
ASYMMETRIES = (
    "brown-1", "brown-2", "cheek-1", "cheek-2", "eye-1", "eye-3", "eye-7", "jaw-1", "jaw-2", "jaw-3",
    "mouth-1", "mouth-2", "nose-1", "nose-2", "nose-3", "nose-4", "temple-1",
)  # fmt: skip
LARGEST = 2.2  # deviations; beyond it faces turn into caricatures
SIDE_DEVIATION = 0.12  # between the two halves of a face, as a share of the axis's own deviation


YOUNG_YEARS = 25.0  # MakeHuman's targets "young" and "old"
OLD_YEARS = 90.0
Sex = Literal["female", "male"]


def sample_shape(rng: np.random.Generator, mixture: Mapping[str, float], sex: Sex, age: int) -> dict[str, float]:
    """Coefficients of a random person's neutral face.

    Args:
        rng: Randomness.
        mixture: Shares of the base shapes ``african``, ``asian`` and ``caucasian``; they sum to 1.
        sex: Which base shape is the larger part.
        age: Years.
    """
    return _macro_shape(rng, mixture, sex, age) | sample_details(rng)


def sample_details(rng: np.random.Generator) -> dict[str, float]:
    """Coefficients of a random face's details: axes, one outline of the head, a little asymmetry."""
    details: dict[str, float] = {}
    for axis in AXES:
        value = axis.deviation * np.clip(rng.standard_normal(), -LARGEST, LARGEST)
        if "{side}" in axis.positive:
            for side in "lr":
                own = value + SIDE_DEVIATION * axis.deviation * np.clip(rng.standard_normal(), -LARGEST, LARGEST)
                _put(details, axis, side, own)
        else:
            _put(details, axis, "", value)
    outline = HEAD_OUTLINES[rng.integers(len(HEAD_OUTLINES))]
    details[f"head/head-{outline}"] = float(rng.uniform(0, 0.6))
    for name in ASYMMETRIES:
        details[f"asym/asym-{name}-{'lr'[rng.integers(2)]}"] = float(abs(rng.normal(0, 0.12)))
    return details


def _put(details: dict[str, float], axis: Axis, side: str, value: float) -> None:
    name = axis.positive if value >= 0 else axis.negative
    details[name.format(side=side)] = float(abs(value))


def _macro_shape(rng: np.random.Generator, mixture: Mapping[str, float], sex: Sex, age: int) -> dict[str, float]:
    """Multilinear weights of MakeHuman's base shapes: ethnicity x sex x age, and sex x age x weight."""
    maleness = rng.uniform(0.8, 1.0) if sex == "male" else rng.uniform(0.0, 0.15)
    sexes = {"female": 1 - maleness, "male": maleness}
    oldness = float(np.clip((age - YOUNG_YEARS) / (OLD_YEARS - YOUNG_YEARS), 0, 1))
    ages = {"young": 1 - oldness, "old": oldness}
    heaviness = float(np.clip(rng.normal(0.0, 0.35), -0.8, 0.9))
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
