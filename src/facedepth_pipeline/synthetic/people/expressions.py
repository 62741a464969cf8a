"""Expressions as mixtures of the head model's face units."""

import numpy as np

# Face units at full strength (both sides where there is a Left and a Right).
EXPRESSIONS: dict[str, dict[str, float]] = {
    "neutral": {},
    "smile": {"mouthSmile": 1.0, "cheekSquint": 0.4, "mouthDimple": 0.2, "eyeSquint": 0.2},
    "grin": {"mouthSmile": 1.1, "cheekSquint": 0.6, "jawOpen": 0.1, "mouthUpperUp": 0.5, "mouthLowerDown": 0.2,
             "eyeSquint": 0.3},
    "open mouth": {"jawOpen": 0.4},
    "surprise": {"browInnerUp": 0.7, "browOuterUp": 0.7, "eyeWide": 0.6, "jawOpen": 0.22},
    "talk": {"jawOpen": 0.14, "mouthFunnel": 0.35},
    "frown": {"mouthFrown": 0.6, "browDown": 0.7, "mouthShrugLower": 0.25},
    "squint": {"eyeSquint": 0.8, "cheekSquint": 0.5, "browDown": 0.4, "noseSneer": 0.2},
    "disgust": {"noseSneer": 0.7, "mouthUpperUp": 0.4, "browDown": 0.4, "mouthFrown": 0.2},
    "press": {"mouthPress": 0.6, "browDown": 0.2, "mouthRollLower": 0.2},
    "pucker": {"mouthPucker": 0.6},
}  # fmt: skip
CENTRAL_FACE_UNITS = (
    "browInnerUp", "cheekPuff", "jawOpen", "mouthFunnel", "mouthPucker", "mouthRollLower", "mouthShrugLower",
)  # fmt: skip


def sample_face_units(rng: np.random.Generator, expression: str) -> dict[str, float]:
    """Coefficients of an expression, a little stronger or weaker on each side."""
    strength = rng.uniform(0.55, 1.0)
    units = {}
    for name, weight in EXPRESSIONS[expression].items():
        sides = ("",) if name in CENTRAL_FACE_UNITS else ("Left", "Right")
        for side in sides:
            units[f"expression/{name}{side}"] = float(weight * strength * rng.uniform(0.85, 1.15))
    return units
