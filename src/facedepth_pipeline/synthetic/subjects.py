"""People and takes, drawn at random: a subject's face is fixed, a take adds expression, pose and light.

The ethnicities name mixtures of MakeHuman's three base shapes with a range of skin tones. They vary the
stand-in data and claim nothing about real people.
"""

from dataclasses import dataclass
from typing import Literal, NamedTuple

import numpy as np

from facedepth_pipeline.synthetic.light import Light, Lighting
from facedepth_pipeline.synthetic.shape_axes import sample_details

Sex = Literal["female", "male"]

YOUNG_YEARS = 25.0  # MakeHuman's targets "young" and "old"
OLD_YEARS = 90.0


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
# Expressions: face units (both sides where there is a Left and a Right) at full strength.
EXPRESSIONS: dict[str, dict[str, float]] = {
    "neutral": {},
    "smile": {"mouthSmile": 0.75, "cheekSquint": 0.35, "mouthDimple": 0.2},
    "frown": {"mouthFrown": 0.6, "browDown": 0.6, "mouthShrugLower": 0.2},
    "surprise": {"browInnerUp": 0.6, "browOuterUp": 0.6, "eyeWide": 0.5, "jawOpen": 0.18},
    "talk": {"jawOpen": 0.12, "mouthFunnel": 0.35},
    "press": {"mouthPress": 0.5, "browDown": 0.2},
}
CENTRAL_FACE_UNITS = ("browInnerUp", "cheekPuff", "jawOpen", "mouthFunnel", "mouthPucker", "mouthShrugLower")


@dataclass(frozen=True)
class Subject:
    """One person.

    Attributes:
        subject_id: Three digits.
        sex: Which MakeHuman base shape is the larger part.
        age: Years.
        ethnicity: Key of ``ANCESTRIES``.
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


@dataclass(frozen=True)
class Capture:
    """What changes from one take of a person to the next.

    Attributes:
        expression: Key of ``EXPRESSIONS``.
        face_units: Coefficients added to the subject's shape.
        pose_deg: Rotation about y (yaw), x (pitch) and z (roll).
        nose_tip_px: Column and row of the nose tip.
        nose_tip_grey: Grey level of the nearest point of the nose.
        lighting: Lights.
        backdrop: Linear RGB of the wall behind.
        noise_grey: Standard deviation of the camera's noise, grey levels.
        noise_seed: Seed of that noise.
    """

    expression: str
    face_units: dict[str, float]
    pose_deg: tuple[float, float, float]
    nose_tip_px: tuple[float, float]
    nose_tip_grey: float
    lighting: Lighting
    backdrop: tuple[float, float, float]
    noise_grey: float
    noise_seed: int


def sample_subject(rng: np.random.Generator, subject_id: str) -> Subject:
    """Draw a person."""
    ethnicity = _pick(rng, {name: ancestry.share for name, ancestry in ANCESTRIES.items()})
    ancestry = ANCESTRIES[ethnicity]
    sex: Sex = "male" if rng.random() < 0.5 else "female"
    age = int(np.clip(22 + 48 * rng.beta(1.1, 2.2), 22, 70))
    shape = _macro_shape(rng, ancestry, sex, age) | sample_details(rng)
    melanin = float(np.clip(rng.normal(ancestry.melanin_mean, ancestry.melanin_deviation), 0, 1))
    return Subject(
        subject_id=subject_id,
        sex=sex,
        age=age,
        ethnicity=ethnicity,
        shape=shape,
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


def sample_capture(rng: np.random.Generator, first: bool) -> Capture:
    """Draw a take; the first of each subject is neutral."""
    names = list(EXPRESSIONS)
    neutral = first or rng.random() < 0.5
    expression = "neutral" if neutral else names[1 + rng.integers(len(names) - 1)]
    key = Light(float(rng.uniform(-40, 40)), float(rng.uniform(5, 40)), _warm_white(rng, rng.uniform(0.7, 1.0)))
    fill = Light(float(rng.uniform(-70, 70)), float(rng.uniform(0, 35)), _warm_white(rng, rng.uniform(0.15, 0.5)))
    return Capture(
        expression=expression,
        face_units=_face_units(rng, expression),
        pose_deg=_triple(np.clip(rng.normal(0, 1.0, 3), -2.5, 2.5)),
        nose_tip_px=(
            float(252 + np.clip(rng.normal(0, 3), -8, 8)),
            float(369 + np.clip(rng.normal(0, 3), -8, 8)),
        ),
        nose_tip_grey=float(rng.uniform(246, 250)),
        lighting=Lighting((key, fill), ambient=float(rng.uniform(0.28, 0.46))),
        backdrop=_triple(rng.uniform(0.01, 0.35) * rng.uniform(0.9, 1.1, 3)),
        noise_grey=float(rng.uniform(0.5, 2.0)),
        noise_seed=int(rng.integers(2**32)),
    )


def _macro_shape(rng: np.random.Generator, ancestry: Ancestry, sex: Sex, age: int) -> dict[str, float]:
    """Multilinear weights of MakeHuman's base shapes: ethnicity x sex x age, and sex x age x weight."""
    base = np.array([ancestry.african, ancestry.asian, ancestry.caucasian])
    mixture = dict(zip(("african", "asian", "caucasian"), rng.dirichlet(base * 12 + 0.05), strict=True))
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


def _face_units(rng: np.random.Generator, expression: str) -> dict[str, float]:
    strength = rng.uniform(0.6, 1.0)
    units = {}
    for name, weight in EXPRESSIONS[expression].items():
        sides = ("",) if name in CENTRAL_FACE_UNITS else ("Left", "Right")
        for side in sides:
            units[f"expression/{name}{side}"] = float(weight * strength * rng.uniform(0.9, 1.1))
    return units


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


def _warm_white(rng: np.random.Generator, brightness: float) -> tuple[float, float, float]:
    warmth = rng.uniform(-0.06, 0.06)
    return _triple(brightness * np.array([1 + warmth, 1, 1 - warmth]))


def _pick(rng: np.random.Generator, odds: dict[str, float]) -> str:
    shares = np.array(list(odds.values()))
    return list(odds)[rng.choice(len(shares), p=shares / shares.sum())]


def _triple(values: np.ndarray) -> tuple[float, float, float]:
    first, second, third = (float(value) for value in values)
    return first, second, third
