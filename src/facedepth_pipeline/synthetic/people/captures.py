"""Takes of a person: expression, pose, hair of the day, light, camera, background and scanner.

``studio`` is what is known of the database: neutral majority, frontal faces, soft light from the front, a plain
wall, a good camera. ``randomised`` varies all of it far beyond any studio, so that a generator trained on it has
to read the face and not the light (domain randomisation: Tobin et al., "Domain Randomization for Transferring
Deep Neural Networks from Simulation to the Real World", 2017). ``wild`` adds what photographs have that are taken
anywhere: a turned head, a camera near or far, glasses, strands of hair across the face, closed eyes, laughter.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np

from facedepth_pipeline.synthetic.accessories.glasses import Glasses, sample_glasses
from facedepth_pipeline.synthetic.accessories.strands import Strands, sample_strands
from facedepth_pipeline.synthetic.imaging.backdrop import Backdrop, BackdropKind
from facedepth_pipeline.synthetic.imaging.camera import Camera
from facedepth_pipeline.synthetic.imaging.scanner import Scanner
from facedepth_pipeline.synthetic.lighting.light import AreaLight, Colour, Lighting, direction_to, harmonics, white_at
from facedepth_pipeline.synthetic.people.expressions import (
    EXPRESSIONS,
    WILD_EXPRESSIONS,
    sample_face_units,
    sample_gaze,
)
from facedepth_pipeline.synthetic.people.subjects import triple

Preset = Literal["studio", "randomised", "wild"]
RangeRealism = Literal["clean", "scanner"]

NEUTRAL_SHARE = 0.62
BACKDROP_KINDS: tuple[BackdropKind, ...] = ("wall", "blurred", "blurred", "panels")
WILD_NEUTRAL_SHARE, CLOSED_SHARE, HALF_CLOSED_SHARE = 0.3, 0.06, 0.06
GLASSES_SHARE, STRANDS_SHARE = 0.18, 0.2
WILD_POSE_DEG = (12.0, 15.0, 4.0)  # limits of yaw, pitch and roll, two deviations from the middle
CAMERA_DISTANCE_MM = (350.0, 3000.0)


@dataclass(frozen=True)
class Capture:
    """What changes from one take of a person to the next.

    Attributes:
        expression: Key of ``WILD_EXPRESSIONS``; in other presets, of ``EXPRESSIONS``.
        light: Name of the kind of light: "studio", or a key of ``RANDOM_LIGHTS``.
        face_units: Coefficients added to the subject's shape.
        pose_deg: Rotation about y (yaw), x (pitch) and z (roll).
        nose_tip_px: Column and row of the nose tip.
        nose_tip_grey: Grey level of the nearest point of the nose.
        hair_growth: Factor on the usual thickness and length of the hair.
        beard_growth: Factor on the usual length of the beard; 0 is freshly shaved.
        skin_gains: Linear RGB factors on the colour of the skin (1, 1, 1 in the studio).
        shirt_colour: Linear RGB.
        lighting: Lights.
        backdrop: What stands behind.
        camera: How the picture is taken.
        scanner: Errors of the range image, or None for exact depth.
        camera_distance_mm: Distance from the camera to the eyes, or None for a picture without perspective.
        glasses: What is worn, or None.
        strands: Loose hair in the face, or None; a shaved head has none whatever this says.
    """

    expression: str
    light: str
    face_units: dict[str, float]
    pose_deg: tuple[float, float, float]
    nose_tip_px: tuple[float, float]
    nose_tip_grey: float
    hair_growth: float
    beard_growth: float
    skin_gains: Colour
    shirt_colour: Colour
    lighting: Lighting
    backdrop: Backdrop
    camera: Camera
    scanner: Scanner | None
    camera_distance_mm: float | None = None
    glasses: Glasses | None = None
    strands: Strands | None = None


def sample_capture(rng: np.random.Generator, *, first: bool, preset: Preset, range_realism: RangeRealism) -> Capture:
    """Draw a take; the first of each subject is neutral, save in the wild."""
    if preset == "wild":
        return _loosened(rng, sample_capture(rng, first=True, preset="randomised", range_realism=range_realism))
    names = list(EXPRESSIONS)
    neutral = first or rng.random() < NEUTRAL_SHARE
    expression = "neutral" if neutral else names[1 + rng.integers(len(names) - 1)]
    studio = preset == "studio"
    light = "studio" if studio else list(RANDOM_LIGHTS)[rng.integers(len(RANDOM_LIGHTS))]
    lighting = studio_light(rng) if studio else RANDOM_LIGHTS[light](rng)
    spread_deg, spread_px = (1.0, 3.0) if studio else (2.5, 6.0)
    return Capture(
        expression=expression,
        light=light,
        face_units=sample_face_units(rng, expression),
        pose_deg=triple(spread_deg * np.clip(rng.standard_normal(3), -2.5, 2.5)),
        nose_tip_px=(
            float(252 + spread_px * np.clip(rng.standard_normal(), -2.5, 2.5)),
            float(369 + spread_px * np.clip(rng.standard_normal(), -2.5, 2.5)),
        ),
        nose_tip_grey=float(rng.uniform(246, 250)),
        hair_growth=float(rng.uniform(0.75, 1.25)),
        beard_growth=float(rng.choice([0.0, rng.uniform(0.4, 1.3)], p=[0.3, 0.7])),
        skin_gains=(1.0, 1.0, 1.0) if studio else triple(np.exp(rng.normal(0, [0.10, 0.10, 0.13]))),
        shirt_colour=triple(rng.uniform(0.02, 0.5) * rng.uniform(0.3, 1, 3)),
        lighting=lighting,
        backdrop=_wall(rng) if studio else _random_backdrop(rng),
        camera=_studio_camera(rng) if studio else _random_camera(rng),
        scanner=None if range_realism == "clean" else _sample_scanner(rng),
    )


def _loosened(rng: np.random.Generator, capture: Capture) -> Capture:
    """The take as it would be anywhere but in a studio."""
    expression = _wild_expression(rng)
    pose_deg = triple(np.array(WILD_POSE_DEG) / 2 * np.clip(rng.standard_normal(3), -2, 2))
    column, row = 8 * np.clip(rng.standard_normal(2), -2.5, 2.5)
    return replace(
        capture,
        expression=expression,
        face_units=sample_face_units(rng, expression) | sample_gaze(rng, pose_deg),
        pose_deg=pose_deg,
        nose_tip_px=(float(252 + column), float(369 + row)),
        camera_distance_mm=float(np.exp(rng.uniform(*np.log(CAMERA_DISTANCE_MM)))),
        glasses=sample_glasses(rng) if rng.random() < GLASSES_SHARE else None,
        strands=sample_strands(rng) if rng.random() < STRANDS_SHARE else None,
    )


def _wild_expression(rng: np.random.Generator) -> str:
    """A name, with shares for the neutral face and the lids; all others come up alike."""
    shares = {"neutral": WILD_NEUTRAL_SHARE, "closed eyes": CLOSED_SHARE, "half-closed": HALF_CLOSED_SHARE}
    others = [name for name in WILD_EXPRESSIONS if name not in shares]
    shares |= dict.fromkeys(others, (1 - sum(shares.values())) / len(others))
    return list(shares)[rng.choice(len(shares), p=list(shares.values()))]


def studio_light(rng: np.random.Generator) -> Lighting:
    """A large soft light on one side of the camera, a weaker one on the other, and pale walls."""
    strong = rng.choice([-1.0, 1.0])
    key = AreaLight(
        float(strong * rng.uniform(18, 42)), float(rng.uniform(8, 32)), float(rng.uniform(10, 18)),
        _white(rng, rng.uniform(0.90, 1.10), (5000, 6200)),
    )  # fmt: skip
    fill = AreaLight(
        float(-strong * rng.uniform(18, 48)), float(rng.uniform(4, 28)), float(rng.uniform(10, 18)),
        _white(rng, rng.uniform(0.08, 0.20), (5000, 6200)),
    )  # fmt: skip
    walls = _ambient(_white(rng, rng.uniform(0.06, 0.11), (5000, 6200)), (0.0, 60.0), 0.25)
    return Lighting((key, fill), walls)


def _soft_box(rng: np.random.Generator) -> Lighting:
    key = _lamp(rng, (-60, 60), (0, 45), (12, 28), (0.5, 1.0))
    return Lighting((key,), _random_ambient(rng, (0.1, 0.45)))


def _hard_light(rng: np.random.Generator) -> Lighting:
    key = _lamp(rng, (-65, 65), (5, 60), (0.3, 3), (0.6, 1.1))
    return Lighting((key,), _random_ambient(rng, (0.12, 0.4)))


def _side_light(rng: np.random.Generator) -> Lighting:
    side = rng.choice([-1.0, 1.0])
    key = _lamp(rng, (side * 90, side * 62), (-5, 30), (3, 25), (0.7, 1.1))
    return Lighting((key,), _random_ambient(rng, (0.15, 0.4)))


def _top_light(rng: np.random.Generator) -> Lighting:
    key = _lamp(rng, (-40, 40), (52, 78), (2, 20), (0.6, 1.1))
    return Lighting((key,), _random_ambient(rng, (0.2, 0.5)))


def _two_lamps(rng: np.random.Generator) -> Lighting:
    lamps = (
        _lamp(rng, (-85, -15), (-15, 50), (1, 20), (0.25, 0.8)),
        _lamp(rng, (15, 85), (-15, 50), (1, 20), (0.25, 0.8)),
    )
    return Lighting(lamps, _random_ambient(rng, (0.08, 0.35)))


def _three_lamps(rng: np.random.Generator) -> Lighting:
    lamps = tuple(_lamp(rng, (-100, 100), (-25, 60), (1, 25), (0.15, 0.6)) for _ in range(3))
    return Lighting(lamps, _random_ambient(rng, (0.1, 0.4)))


def _overcast(rng: np.random.Generator) -> Lighting:
    sky = _white(rng, rng.uniform(0.5, 0.9), (5500, 8500))
    brightest = (float(rng.uniform(-60, 60)), float(rng.uniform(40, 90)))
    return Lighting((), _ambient(sky, brightest, rng.uniform(0.3, 0.75)))


def _flash(rng: np.random.Generator) -> Lighting:
    key = _lamp(rng, (-4, 4), (-2, 8), (0.5, 3), (0.6, 1.0))
    return Lighting((key,), _random_ambient(rng, (0.05, 0.25)))


RANDOM_LIGHTS: dict[str, Callable[[np.random.Generator], Lighting]] = {
    "soft box": _soft_box,
    "hard light": _hard_light,
    "side light": _side_light,
    "top light": _top_light,
    "two lamps": _two_lamps,
    "three lamps": _three_lamps,
    "overcast": _overcast,
    "flash": _flash,
}

Limits = tuple[float, float]


def _lamp(
    rng: np.random.Generator, azimuth_deg: Limits, elevation_deg: Limits, radius_deg: Limits, brightness: Limits
) -> AreaLight:
    return AreaLight(
        float(rng.uniform(min(azimuth_deg), max(azimuth_deg))),
        float(rng.uniform(*elevation_deg)),
        float(rng.uniform(*radius_deg)),
        _white(rng, rng.uniform(*brightness), (2700, 8500)),
    )


def _random_ambient(rng: np.random.Generator, brightness: Limits) -> tuple[Colour, ...]:
    toward = (float(rng.uniform(-180, 180)), float(rng.uniform(-60, 90)))
    return _ambient(_white(rng, rng.uniform(*brightness), (3200, 9000)), toward, rng.uniform(0, 0.6))


def _ambient(colour: Colour, toward_deg: tuple[float, float], lean: float) -> tuple[Colour, ...]:
    """Coefficients of light that is brighter toward one side; ``lean`` 0 is even, 1 as uneven as order 1 allows."""
    shape = harmonics(direction_to(*toward_deg)[None])[0]
    bands = np.array([1.0, lean / 1.7, lean**2 / 4])[np.repeat([0, 1, 2], [1, 3, 5])]
    return tuple(triple(np.array(colour) * value) for value in bands * shape)


def _white(rng: np.random.Generator, brightness: float, kelvin: Limits) -> Colour:
    return triple(brightness * white_at(float(rng.uniform(*kelvin))))


def _wall(rng: np.random.Generator) -> Backdrop:
    colour = triple(rng.uniform(0.02, 0.45) * rng.uniform(0.93, 1.07, 3))
    return Backdrop("wall", (colour,), 0.0, 0)


def _random_backdrop(rng: np.random.Generator) -> Backdrop:
    kind = BACKDROP_KINDS[rng.integers(len(BACKDROP_KINDS))]
    colours = tuple(triple(rng.uniform(0.01, 0.9) * rng.uniform(0.4, 1, 3)) for _ in range(4))
    return Backdrop(kind, colours, float(rng.uniform(8, 50)), int(rng.integers(2**32)))


def _studio_camera(rng: np.random.Generator) -> Camera:
    return Camera(
        exposure=float(rng.uniform(0.26, 0.32)),
        metering=0.45,
        white_balance=triple(rng.uniform(0.97, 1.03, 3)),
        contrast=float(rng.uniform(1.05, 1.15)),
        saturation=float(rng.uniform(0.78, 0.92)),
        blur_px=float(rng.uniform(0.5, 0.8)),
        vignette=0.05,
        noise_grey=float(rng.uniform(0.5, 1.6)),
        jpeg_quality=None,
        seed=int(rng.integers(2**32)),
    )


def _random_camera(rng: np.random.Generator) -> Camera:
    return Camera(
        exposure=float(rng.uniform(0.14, 0.42)),
        metering=float(rng.uniform(0.4, 1.0)),
        white_balance=triple(np.exp(rng.normal(0, [0.10, 0.04, 0.12]))),
        contrast=float(rng.uniform(0.8, 1.35)),
        saturation=float(rng.choice([0.0, rng.uniform(0.5, 1.25)], p=[0.06, 0.94])),
        blur_px=float(rng.uniform(0.3, 1.8)),
        vignette=float(rng.uniform(0, 0.35)),
        noise_grey=float(rng.uniform(0.3, 5)),
        jpeg_quality=int(rng.integers(35, 96)) if rng.random() < 0.7 else None,
        seed=int(rng.integers(2**32)),
    )


def _sample_scanner(rng: np.random.Generator) -> Scanner:
    return Scanner(
        smoothing_px=float(rng.uniform(1.2, 2.5)),
        ripple_mm=float(rng.uniform(0.1, 0.3)),
        noise_mm=float(rng.uniform(0.05, 0.2)),
        hole_share=float(rng.uniform(0.3, 0.8)),
        rim_px=float(rng.uniform(1.5, 5)),
        seed=int(rng.integers(2**32)),
    )
