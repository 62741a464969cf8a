"""People, drawn at random: what stays the same from take to take.

The ethnicities name mixtures of MakeHuman's three base shapes with a range of skin tones. They vary the
stand-in data and claim nothing about real people.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np

from facedepth_pipeline.parameters import HeadSource
from facedepth_pipeline.synthetic.lighting.light import Colour
from facedepth_pipeline.synthetic.people.face_shape import Sex, sample_identity, sample_shape


class Ancestry(NamedTuple):
    """Share of the population, mixture of base shapes, and skin tone (0 lightest, 1 darkest)."""

    share: float
    african: float
    asian: float
    caucasian: float
    tone_mean: float
    tone_deviation: float


ANCESTRIES = {
    "african": Ancestry(0.16, 0.88, 0.02, 0.10, 0.78, 0.10),
    "asian": Ancestry(0.19, 0.02, 0.92, 0.06, 0.34, 0.08),
    "caucasian": Ancestry(0.37, 0.02, 0.03, 0.95, 0.20, 0.09),
    "hispanic": Ancestry(0.13, 0.12, 0.28, 0.60, 0.44, 0.09),
    "south asian": Ancestry(0.08, 0.18, 0.17, 0.65, 0.56, 0.10),
    "mixed": Ancestry(0.07, 0.34, 0.33, 0.33, 0.48, 0.14),
}
PURITY = 12.0  # concentration of the Dirichlet distribution around an ancestry's mixture
MIXED_PURITY = 1.5

# Linear RGB reflectance.
HAIR_COLOURS = {
    "black": (0.014, 0.011, 0.010),
    "dark brown": (0.035, 0.020, 0.012),
    "brown": (0.075, 0.042, 0.022),
    "red": (0.17, 0.060, 0.022),
    "blond": (0.28, 0.19, 0.095),
    "grey": (0.34, 0.33, 0.32),
}
IRIS_COLOURS = {
    "dark brown": (0.030, 0.014, 0.007),
    "brown": (0.075, 0.034, 0.013),
    "hazel": (0.11, 0.075, 0.026),
    "green": (0.11, 0.15, 0.075),
    "blue": (0.10, 0.16, 0.23),
    "grey": (0.19, 0.22, 0.25),
}


@dataclass(frozen=True)
class Subject:
    """One person.

    Attributes:
        subject_id: Three digits.
        sex: Which MakeHuman base shape is the larger part.
        age: Years.
        ethnicity: Key of ``ANCESTRIES``.
        mixture: Shares of the base shapes african, asian and caucasian.
        shape: Coefficients of the neutral face.
        tone: 0 lightest to 1 darkest skin.
        ruddiness: -1 pale to 1 rosy skin.
        freckles: 0 none to 1 many.
        creases_mm: Depth of the deepest lines of the face.
        lip_tint: 0 as the skin to 1 strongly red.
        oiliness: Strength of the skin's highlight, 1 on average.
        hair_colour: Linear RGB, brows and beard alike.
        iris_colour: Linear RGB.
        hair_mm: Usual thickness of the hair; 0 is a shaved head.
        hair_length_mm: How far long hair hangs below the eyes; 0 for short hair.
        hairline_mm: How far the hairline lies above (+) or below (-) the mean.
        brow_strength: 0 invisible to 1 dense.
        beard: 0 none to 1 dense: how much grows.
        beard_mm: Usual length of the beard; below 2 mm it is stubble.
        texture_seed: Seed of the fixed pattern of skin and hair.
        source: The head model whose directions ``shape`` names.
    """

    subject_id: str
    sex: Sex
    age: int
    ethnicity: str
    mixture: dict[str, float]
    shape: dict[str, float]
    tone: float
    ruddiness: float
    freckles: float
    creases_mm: float
    lip_tint: float
    oiliness: float
    hair_colour: Colour
    iris_colour: Colour
    hair_mm: float
    hair_length_mm: float
    hairline_mm: float
    brow_strength: float
    beard: float
    beard_mm: float
    texture_seed: int
    source: HeadSource = "makehuman"


def sample_subject(rng: np.random.Generator, subject_id: str) -> Subject:
    """Draw a person with a head of MakeHuman's."""
    ethnicity = _pick(rng, {name: ancestry.share for name, ancestry in ANCESTRIES.items()})
    ancestry = ANCESTRIES[ethnicity]
    sex: Sex = "male" if rng.random() < 0.5 else "female"
    age = int(np.clip(19 + 56 * rng.beta(1.1, 2.0), 19, 75))
    base = np.array([ancestry.african, ancestry.asian, ancestry.caucasian])
    purity = MIXED_PURITY if ethnicity == "mixed" else PURITY
    shares = rng.dirichlet(base * purity + 0.05).tolist()
    mixture = dict(zip(("african", "asian", "caucasian"), shares, strict=True))
    tone = float(np.clip(rng.normal(ancestry.tone_mean, ancestry.tone_deviation), 0, 1))
    male = sex == "male"
    oldness = max(age - 28, 0) / 47
    hair_mm = _hair_thickness(rng, male, age)
    return Subject(
        subject_id=subject_id,
        sex=sex,
        age=age,
        ethnicity=ethnicity,
        mixture=mixture,
        shape=sample_shape(rng, mixture, sex, age),
        tone=tone,
        ruddiness=float(rng.uniform(-1, 1)),
        freckles=float(rng.uniform(0, 1) ** 3 * np.clip(1.2 - 2 * tone, 0, 1)),
        creases_mm=float(np.clip(0.08 + 0.6 * oldness * rng.uniform(0.5, 1.2), 0, 0.7)),
        lip_tint=float(rng.uniform(0.0, 0.4) if male else rng.uniform(0.1, 1)),
        oiliness=float(np.exp(rng.normal(0, 0.3))),
        hair_colour=_hair_colour(rng, tone, age),
        iris_colour=_iris_colour(rng, tone),
        hair_mm=hair_mm,
        hair_length_mm=float(rng.uniform(60, 210)) if hair_mm and rng.random() < (0.04 if male else 0.7) else 0.0,
        hairline_mm=_hairline(rng, male, age),
        brow_strength=float(rng.uniform(0.65, 1) if male else rng.uniform(0.45, 0.85)),
        beard=float(rng.uniform(0.5, 1)) if male and rng.random() < 0.75 else 0.0,
        beard_mm=float(rng.choice([0.2, 0.6, 1.2, 4.0, 8.0], p=[0.45, 0.2, 0.12, 0.15, 0.08])) if male else 0.0,
        texture_seed=int(rng.integers(2**32)),
    )


def with_head_of(subject: Subject, source: HeadSource, identities: Sequence[str], rng: np.random.Generator) -> Subject:
    """The person with a head of another model, drawn from the statistics of that model; all else stays.

    Args:
        subject: The person.
        source: Name of the head model.
        identities: Names of its directions of identity, each of variance 1.
        rng: Randomness.
    """
    return replace(subject, source=source, shape=sample_identity(rng, identities))


def _hair_colour(rng: np.random.Generator, tone: float, age: int) -> Colour:
    light = max(0.0, 0.42 - tone)
    odds = {
        "black": 0.1 + 2 * tone,
        "dark brown": 0.5,
        "brown": 2.2 * light,
        "red": 0.3 * light,
        "blond": 1.5 * light,
    }
    colour = np.array(HAIR_COLOURS[_pick(rng, odds)])
    greyness = np.clip((age - 42) / 30 + rng.normal(0, 0.15), 0, 1) if age > 38 else 0.0
    return triple(colour + (np.array(HAIR_COLOURS["grey"]) - colour) * greyness * 0.9)


def _iris_colour(rng: np.random.Generator, tone: float) -> Colour:
    light = max(0.0, 0.26 - tone)
    odds = {
        "dark brown": 0.3 + 2 * tone,
        "brown": 0.35,
        "hazel": light,
        "green": light,
        "blue": 3 * light,
        "grey": light,
    }
    return triple(np.array(IRIS_COLOURS[_pick(rng, odds)]) * rng.uniform(0.8, 1.2))


def _hair_thickness(rng: np.random.Generator, male: bool, age: int) -> float:
    if male and rng.random() < 0.06 + 0.004 * (age - 22):
        return 0.0
    return float(rng.uniform(2, 10) if male else rng.uniform(4, 14))


def _hairline(rng: np.random.Generator, male: bool, age: int) -> float:
    if male:
        return float(rng.normal(0, 5) + rng.uniform(0, 0.5) * max(age - 30, 0))
    return float(rng.uniform(-30, -18) if rng.random() < 0.18 else rng.normal(-1, 4))  # a fringe, sometimes


def _pick(rng: np.random.Generator, odds: dict[str, float]) -> str:
    shares = np.array(list(odds.values()))
    return list(odds)[rng.choice(len(shares), p=shares / shares.sum())]


def triple(values: np.ndarray) -> Colour:
    """Three plain floats."""
    first, second, third = (float(value) for value in values)
    return first, second, third
