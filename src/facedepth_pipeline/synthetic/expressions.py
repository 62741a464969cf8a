"""Expressions as mixtures of the head model's face units."""

import numpy as np

# Face units (both sides where there is a Left and a Right) at full strength.
EXPRESSIONS: dict[str, dict[str, float]] = {
    "neutral": {},
    "smile": {"mouthSmile": 0.75, "cheekSquint": 0.35, "mouthDimple": 0.2},
    "frown": {"mouthFrown": 0.6, "browDown": 0.6, "mouthShrugLower": 0.2},
    "surprise": {"browInnerUp": 0.6, "browOuterUp": 0.6, "eyeWide": 0.5, "jawOpen": 0.18},
    "talk": {"jawOpen": 0.12, "mouthFunnel": 0.35},
    "press": {"mouthPress": 0.5, "browDown": 0.2},
}
CENTRAL_FACE_UNITS = ("browInnerUp", "cheekPuff", "jawOpen", "mouthFunnel", "mouthPucker", "mouthShrugLower")


def sample_face_units(rng: np.random.Generator, expression: str) -> dict[str, float]:
    """Coefficients of an expression, a little stronger or weaker on each side."""
    strength = rng.uniform(0.6, 1.0)
    units = {}
    for name, weight in EXPRESSIONS[expression].items():
        sides = ("",) if name in CENTRAL_FACE_UNITS else ("Left", "Right")
        for side in sides:
            units[f"expression/{name}{side}"] = float(weight * strength * rng.uniform(0.9, 1.1))
    return units
