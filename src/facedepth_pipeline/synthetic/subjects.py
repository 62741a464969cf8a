"""People, drawn at random: what stays the same from take to take.

The ethnicities name mixtures of MakeHuman's three base shapes with a range of skin tones. They vary the
stand-in data and claim nothing about real people.
"""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from facedepth_pipeline.synthetic.face_shape import Sex, sample_shape


class Ancestry(NamedTuple):
    """Share of the population, mixture of base shapes, and melanin (0 lightest, 1 darkest skin)."""

    share: float
    african: float
    asian: float
    caucasian: float
    melanin_mean: float
    melanin_deviation: float


ANCESTRIES = {
    "african": Ancestry(0.18, 0.88, 0.02, 0.10, 0.74, 0.11),
    "asian": Ancestry(0.20, 0.02, 0.92, 0.06, 0.28, 0.08),
    "caucasian": Ancestry(0.40, 0.02, 0.03, 0.95, 0.15, 0.08),
    "hispanic": Ancestry(0.14, 0.12, 0.28, 0.60, 0.38, 0.09),
    "south asian": Ancestry(0.08, 0.18, 0.17, 0.65, 0.52, 0.10),
}

# Linear RGB reflectance.
HAIR_COLOURS = {
    "black": (0.012, 0.010, 0.009),
    "dark brown": (0.035, 0.020, 0.012),
    "brown": (0.085, 0.045, 0.022),
    "red": (0.20, 0.065, 0.022),
    "blond": (0.32, 0.21, 0.10),
    "grey": (0.34, 0.33, 0.32),
}
IRIS_COLOURS = {
    "dark brown": (0.030, 0.014, 0.007),
    "brown": (0.075, 0.034, 0.013),
    "hazel": (0.11, 0.075, 0.026),
    "green": (0.11, 0.15, 0.075),
    "blue": (0.11, 0.20, 0.32),
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
        melanin: 0 lightest to 1 darkest skin.
        ruddiness: -1 pale to 1 rosy skin.
        lip_tint: 0 as the skin to 1 strongly red.
        hair_colour: Linear RGB, brows and beard alike.
        iris_colour: Linear RGB.
        hair_mm: Thickness of the hair; 0 is a shaved head.
        hairline_mm: How far the hairline lies above (+) or below (-) the mean.
        brow_strength: 0 invisible to 1 dense.
        beard: 0 none, 1 dense stubble.
        shirt_colour: Linear RGB.
        texture_seed: Seed of the fixed pattern of skin and hair.
    """

    subject_id: str
    sex: Sex
    age: int
    ethnicity: str
    mixture: dict[str, float]
    shape: dict[str, float]
    melanin: float
    ruddiness: float
    lip_tint: float
    hair_colour: tuple[float, float, float]
    iris_colour: tuple[float, float, float]
    hair_mm: float
    hairline_mm: float
    brow_strength: float
    beard: float
    shirt_colour: tuple[float, float, float]
    texture_seed: int


def sample_subject(rng: np.random.Generator, subject_id: str) -> Subject:
    """Draw a person."""
    ethnicity = _pick(rng, {name: ancestry.share for name, ancestry in ANCESTRIES.items()})
    ancestry = ANCESTRIES[ethnicity]
    sex: Sex = "male" if rng.random() < 0.5 else "female"
    age = int(np.clip(22 + 48 * rng.beta(1.1, 2.2), 22, 70))
    base = np.array([ancestry.african, ancestry.asian, ancestry.caucasian])
    mixture = dict(zip(("african", "asian", "caucasian"), rng.dirichlet(base * 12 + 0.05).tolist(), strict=True))
    melanin = float(np.clip(rng.normal(ancestry.melanin_mean, ancestry.melanin_deviation), 0, 1))
    return Subject(
        subject_id=subject_id,
        sex=sex,
        age=age,
        ethnicity=ethnicity,
        mixture=mixture,
        shape=sample_shape(rng, mixture, sex, age),
        melanin=melanin,
        ruddiness=float(rng.uniform(-1, 1)),
        lip_tint=float(rng.uniform(0.3, 1) if sex == "female" else rng.uniform(0.1, 0.5)),
        hair_colour=_hair_colour(rng, melanin, age),
        iris_colour=_iris_colour(rng, melanin),
        hair_mm=_hair_thickness(rng, sex, age),
        hairline_mm=float(rng.normal(0, 5) + (rng.uniform(0, 0.5) * max(age - 30, 0) if sex == "male" else 0)),
        brow_strength=float(rng.uniform(0.65, 1) if sex == "male" else rng.uniform(0.45, 0.85)),
        beard=float(rng.choice([0, rng.uniform(0, 0.4), rng.uniform(0.4, 0.9)])) if sex == "male" else 0.0,
        shirt_colour=_triple(rng.uniform(0.02, 0.5) * rng.uniform(0.3, 1, 3)),
        texture_seed=int(rng.integers(2**32)),
    )


def _hair_colour(rng: np.random.Generator, melanin: float, age: int) -> tuple[float, float, float]:
    light = max(0.0, 0.4 - melanin)
    odds = {
        "black": 0.1 + 2 * melanin,
        "dark brown": 0.5,
        "brown": 2.2 * light,
        "red": 0.3 * light,
        "blond": 1.5 * light,
    }
    colour = np.array(HAIR_COLOURS[_pick(rng, odds)])
    greyness = np.clip((age - 42) / 30 + rng.normal(0, 0.15), 0, 1) if age > 38 else 0.0
    return _triple(colour + (np.array(HAIR_COLOURS["grey"]) - colour) * greyness * 0.9)


def _iris_colour(rng: np.random.Generator, melanin: float) -> tuple[float, float, float]:
    light = max(0.0, 0.22 - melanin)
    odds = {
        "dark brown": 0.3 + 2 * melanin,
        "brown": 0.35,
        "hazel": light,
        "green": light,
        "blue": 3 * light,
        "grey": light,
    }
    return _triple(np.array(IRIS_COLOURS[_pick(rng, odds)]) * rng.uniform(0.8, 1.2))


def _hair_thickness(rng: np.random.Generator, sex: Sex, age: int) -> float:
    if sex == "male":
        return 0.0 if rng.random() < 0.06 + 0.004 * (age - 22) else float(rng.uniform(2, 9))
    return float(rng.uniform(5, 14))


def _pick(rng: np.random.Generator, odds: dict[str, float]) -> str:
    shares = np.array(list(odds.values()))
    return list(odds)[rng.choice(len(shares), p=shares / shares.sum())]


def _triple(values: np.ndarray) -> tuple[float, float, float]:
    first, second, third = (float(value) for value in values)
    return first, second, third
