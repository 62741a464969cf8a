"""Takes of a person: expression, pose, light and camera."""

from dataclasses import dataclass
from typing import Literal

import numpy as np

from facedepth_pipeline.synthetic.expressions import EXPRESSIONS, sample_face_units
from facedepth_pipeline.synthetic.light import Light, Lighting

Preset = Literal["studio", "randomised"]
RangeRealism = Literal["clean", "scanner"]


@dataclass(frozen=True)
class Capture:
    """What changes from one take of a person to the next.

    Attributes:
        expression: Key of ``EXPRESSIONS``.
        light: Name of the kind of light, for tables and contact sheets.
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
    light: str
    face_units: dict[str, float]
    pose_deg: tuple[float, float, float]
    nose_tip_px: tuple[float, float]
    nose_tip_grey: float
    lighting: Lighting
    backdrop: tuple[float, float, float]
    noise_grey: float
    noise_seed: int


def sample_capture(rng: np.random.Generator, *, first: bool, preset: Preset, range_realism: RangeRealism) -> Capture:
    """Draw a take; the first of each subject is neutral."""
    names = list(EXPRESSIONS)
    neutral = first or rng.random() < 0.5
    expression = "neutral" if neutral else names[1 + rng.integers(len(names) - 1)]
    key = Light(float(rng.uniform(-40, 40)), float(rng.uniform(5, 40)), _warm_white(rng, rng.uniform(0.7, 1.0)))
    fill = Light(float(rng.uniform(-70, 70)), float(rng.uniform(0, 35)), _warm_white(rng, rng.uniform(0.15, 0.5)))
    return Capture(
        expression=expression,
        light="studio",
        face_units=sample_face_units(rng, expression),
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


def _warm_white(rng: np.random.Generator, brightness: float) -> tuple[float, float, float]:
    warmth = rng.uniform(-0.06, 0.06)
    return _triple(brightness * np.array([1 + warmth, 1, 1 - warmth]))


def _triple(values: np.ndarray) -> tuple[float, float, float]:
    first, second, third = (float(value) for value in values)
    return first, second, third
