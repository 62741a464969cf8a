"""Glasses as an optician has them: form, material, size, and how they will sit."""

from dataclasses import dataclass
from typing import Literal, NamedTuple

import numpy as np

from facedepth_pipeline.synthetic.lighting.light import Colour

GlassesForm = Literal["round", "oval", "rectangular", "aviator", "browline"]


class Outline(NamedTuple):
    """Form of a lens.

    Attributes:
        width: Share of the room between bridge and hinge.
        height: Share of the width.
        squareness: Exponent of the superellipse, 2 for an ellipse.
        taper: How much narrower the lens is at its bottom than in its middle, as a share.
        droop: How far the outer corner hangs down, as a share of the height.
    """

    width: float
    height: float
    squareness: float
    taper: float
    droop: float


OUTLINES: dict[GlassesForm, Outline] = {
    "round": Outline(0.80, 0.94, 2.0, 0.04, 0.0),
    "oval": Outline(0.87, 0.66, 2.2, 0.04, -0.03),
    "rectangular": Outline(0.90, 0.60, 3.6, 0.08, -0.04),
    "aviator": Outline(0.94, 0.84, 2.4, 0.20, 0.06),
    "browline": Outline(0.90, 0.72, 2.9, 0.16, -0.04),
}

# Linear RGB.
METALS: tuple[Colour, ...] = ((0.40, 0.28, 0.11), (0.34, 0.34, 0.35), (0.10, 0.10, 0.11), (0.02, 0.02, 0.02))
PLASTICS: tuple[Colour, ...] = (
    (0.012, 0.012, 0.013), (0.012, 0.012, 0.013), (0.09, 0.035, 0.012), (0.05, 0.022, 0.012), (0.02, 0.03, 0.09),
    (0.28, 0.02, 0.03), (0.42, 0.38, 0.35), (0.20, 0.19, 0.18),
)  # fmt: skip
LENS_TINTS: tuple[Colour, ...] = ((0.06, 0.06, 0.06), (0.16, 0.08, 0.03), (0.05, 0.09, 0.06), (0.10, 0.14, 0.22))


@dataclass(frozen=True)
class Glasses:
    """A pair of glasses and how it sits.

    Attributes:
        form: Form of the lenses.
        metal: Whether the frame is of metal; else it is of plastic.
        width: Width of the front as a share of the width of the head at the temples.
        bridge_mm: Room between the lenses.
        rim_mm: Thickness of the rim as seen from the front.
        depth_mm: Thickness of the rim from front to back.
        temple_mm: Height of the temples at the hinge.
        vertex_mm: Distance from the front of the eyes to the rims, where brows, cheeks and nose allow it.
        slip_mm: How far the middle of the lenses lies below the centres of the eyes.
        tilt_deg: How far the lower rims lean toward the cheeks.
        wrap_mm: Radius of the curve of the front, seen from above.
        colour: Linear RGB of the frame.
        mottle: How uneven that colour is, 0 even to 1 as tortoiseshell.
        tint: Share of the light that the lenses take: 0 clear to 0.9 for dark sunglasses.
        tint_fade: Share of the tint that is gone at the lower rim.
        tint_colour: Linear RGB of the light that a full tint lets through.
    """

    form: GlassesForm
    metal: bool
    width: float
    bridge_mm: float
    rim_mm: float
    depth_mm: float
    temple_mm: float
    vertex_mm: float
    slip_mm: float
    tilt_deg: float
    wrap_mm: float
    colour: Colour
    mottle: float
    tint: float
    tint_fade: float
    tint_colour: Colour


def sample_glasses(rng: np.random.Generator) -> Glasses:
    """Draw a pair of glasses."""
    form = list(OUTLINES)[rng.choice(len(OUTLINES), p=[0.18, 0.2, 0.34, 0.12, 0.16])]
    metal = form == "aviator" or bool(rng.random() < 0.4)
    colours = METALS if metal else PLASTICS
    gains = rng.uniform(0.7, 1.3) * rng.uniform(0.9, 1.1, 3)
    red, green, blue = (float(value) for value in np.array(colours[rng.integers(len(colours))]) * gains)
    return Glasses(
        form=form,
        metal=metal,
        width=float(rng.uniform(0.95, 1.06)),
        bridge_mm=float(rng.uniform(15, 21)),
        rim_mm=float(rng.uniform(0.9, 1.7) if metal else rng.uniform(2.0, 5.0)),
        depth_mm=float(rng.uniform(1.2, 2.2) if metal else rng.uniform(2.5, 4.0)),
        temple_mm=float(rng.uniform(1.4, 2.5) if metal else rng.uniform(3.0, 7.0)),
        vertex_mm=float(rng.uniform(10, 12)),
        slip_mm=float(rng.uniform(2, 8)),
        tilt_deg=float(rng.uniform(3, 11)),
        wrap_mm=float(rng.uniform(250, 500)),
        colour=(red, green, blue),
        mottle=float(rng.uniform(0, 1)) if red > 2 * blue else 0.0,
        tint=_sample_tint(rng),
        tint_fade=float(rng.choice([0.0, rng.uniform(0.1, 0.7)], p=[0.7, 0.3])),
        tint_colour=LENS_TINTS[rng.integers(len(LENS_TINTS))],
    )


def _sample_tint(rng: np.random.Generator) -> float:
    """Most lenses are clear, some are tinted, a few are those of sunglasses."""
    kind = rng.random()
    if kind < 0.8:
        return float(rng.uniform(0, 0.08))
    return float(rng.uniform(0.1, 0.5) if kind < 0.93 else rng.uniform(0.7, 0.9))
