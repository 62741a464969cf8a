"""Expressions as mixtures of the head model's face units."""

import numpy as np

from facedepth_pipeline.synthetic.people.eyes import SIDES, SIDEWAYS_DEG, VERTICAL_DEG

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
# A name that ends in Left or Right moves that side alone.
WILD_EXPRESSIONS: dict[str, dict[str, float]] = EXPRESSIONS | {
    "wide smile": {"mouthSmile": 1.2, "mouthUpperUp": 0.5, "mouthLowerDown": 0.5, "jawOpen": 0.15,
                   "cheekSquint": 0.6, "eyeSquint": 0.3},
    "laugh": {"mouthSmile": 1.1, "mouthUpperUp": 0.6, "mouthLowerDown": 0.4, "jawOpen": 0.4, "cheekSquint": 0.8,
              "eyeSquint": 0.7},
    "left smile": {"mouthSmileLeft": 1.0, "mouthSmileRight": 0.2, "cheekSquintLeft": 0.5, "mouthDimpleLeft": 0.3},
    "right smile": {"mouthSmileRight": 1.0, "mouthSmileLeft": 0.2, "cheekSquintRight": 0.5, "mouthDimpleRight": 0.3},
    "closed eyes": {"eyeBlink": 1.0},
    "half-closed": {"eyeBlink": 0.5},
    "left wink": {"eyeBlinkLeft": 1.0, "cheekSquintLeft": 0.6, "mouthSmileLeft": 0.5},
    "right wink": {"eyeBlinkRight": 1.0, "cheekSquintRight": 0.6, "mouthSmileRight": 0.5},
    "chin up": {"mouthShrugLower": 0.8, "mouthShrugUpper": 0.5, "browDown": 0.2},
    "sad": {"browInnerUp": 0.9, "mouthFrown": 0.6, "mouthShrugLower": 0.3},
    "shout": {"jawOpen": 0.75, "mouthUpperUp": 0.3, "mouthLowerDown": 0.4, "browDown": 0.5, "eyeSquint": 0.3},
    "kiss": {"mouthPucker": 0.9, "mouthFunnel": 0.2},
    "puff": {"cheekPuff": 0.7, "mouthPress": 0.3},
    "say o": {"mouthFunnel": 0.7, "jawOpen": 0.25},
    "say e": {"mouthStretch": 0.6, "jawOpen": 0.12, "mouthLowerDown": 0.4, "mouthUpperUp": 0.2},
    "bitten lip": {"mouthRollLower": 0.8, "mouthSmile": 0.3},
    "left jaw": {"jawLeft": 0.7, "mouthLeft": 0.4},
    "right jaw": {"jawRight": 0.7, "mouthRight": 0.4},
}  # fmt: skip
CENTRAL_FACE_UNITS = (
    "browInnerUp", "cheekPuff", "jawLeft", "jawOpen", "jawRight", "mouthFunnel", "mouthLeft", "mouthPucker",
    "mouthRight", "mouthRollLower", "mouthShrugLower", "mouthShrugUpper",
)  # fmt: skip


def sample_face_units(rng: np.random.Generator, expression: str) -> dict[str, float]:
    """Coefficients of an expression, a little stronger or weaker on each side."""
    strength = rng.uniform(0.55, 1.0)
    units = {}
    for name, weight in WILD_EXPRESSIONS[expression].items():
        one_sided = name in CENTRAL_FACE_UNITS or name.endswith(("Left", "Right"))
        for side in ("",) if one_sided else SIDES:
            spread = rng.uniform(0.85, 1.15)
            # Lids that are closed stay closed; those that are not differ in what they leave open.
            moved = (
                1 - (1 - weight) * 1.3 * strength * spread
                if name.startswith("eyeBlink")
                else weight * strength * spread
            )
            units[f"expression/{name}{side}"] = float(moved)
    return units


def sample_gaze(rng: np.random.Generator, pose_deg: tuple[float, float, float]) -> dict[str, float]:
    """Coefficients that turn both eyes, two times out of three toward the camera.

    Args:
        rng: Source of randomness.
        pose_deg: Yaw, pitch and roll of the head.
    """
    left_deg, up_deg = (-pose_deg[0], pose_deg[1]) if rng.random() < 2 / 3 else (0.0, 0.0)
    left_deg += float(rng.normal(0, 4))
    up_deg += float(rng.normal(0, 3))
    outer, inner = ("Left", "Right") if left_deg > 0 else ("Right", "Left")
    sideways, vertical = abs(left_deg) / SIDEWAYS_DEG, abs(up_deg) / VERTICAL_DEG
    direction = "Up" if up_deg > 0 else "Down"
    units = {f"eyeLookOut{outer}": sideways, f"eyeLookIn{inner}": sideways}
    units |= {f"eyeLook{direction}{side}": vertical for side in SIDES}
    return {f"expression/{name}": min(value, 1.0) for name, value in units.items()}
