"""Light drawn anew for each image of a batch: the kinds of light of the stand-in, as numbers.

The limits are those of ``synthetic.people.captures``; every kind is drawn as three lamps, of which some are dark.
Angles: azimuth from the camera axis toward +x (right in the image), elevation above the horizon. Colours are linear.
Brightness: the irradiance on a surface that faces the light, where 1 renders a white surface as white.
"""

import math
from typing import NamedTuple

import numpy as np

from facedepth_pipeline.pix2pix.draws import Draws
from facedepth_pipeline.runtime.keras_import import keras, ops

LAMPS = 3
# Of a lamp, low and high: azimuth, elevation and radius in degrees, brightness.
DARK = ((0, 0), (0, 0), (10, 10), (0, 0))
LAMP_LIMITS = np.array(
    [
        # studio, soft box, hard light, side light
        [((18, 42), (8, 32), (10, 18), (0.9, 1.1)), ((-48, -18), (4, 28), (10, 18), (0.08, 0.2)), DARK],
        [((-60, 60), (0, 45), (12, 28), (0.5, 1)), DARK, DARK],
        [((-65, 65), (5, 60), (0.3, 3), (0.6, 1.1)), DARK, DARK],
        [((62, 90), (-5, 30), (3, 25), (0.7, 1.1)), DARK, DARK],
        # top light, two lamps, three lamps, overcast, flash
        [((-40, 40), (52, 78), (2, 20), (0.6, 1.1)), DARK, DARK],
        [((-85, -15), (-15, 50), (1, 20), (0.25, 0.8)), ((15, 85), (-15, 50), (1, 20), (0.25, 0.8)), DARK],
        [((-100, 100), (-25, 60), (1, 25), (0.15, 0.6))] * LAMPS,
        [DARK, DARK, DARK],
        [((-4, 4), (-2, 8), (0.5, 3), (0.6, 1)), DARK, DARK],
    ],
    np.float32,
)
# Of the light from everywhere else, low and high: azimuth and elevation of its brightest side in degrees,
# brightness, lean (0 is even, 1 as uneven as order 1 allows), kelvin.
AMBIENT_LIMITS = np.array(
    [
        [(0, 0), (60, 60), (0.06, 0.11), (0.25, 0.25), (5000, 6200)],
        [(-180, 180), (-60, 90), (0.1, 0.45), (0, 0.6), (3200, 9000)],
        [(-180, 180), (-60, 90), (0.12, 0.4), (0, 0.6), (3200, 9000)],
        [(-180, 180), (-60, 90), (0.15, 0.4), (0, 0.6), (3200, 9000)],
        [(-180, 180), (-60, 90), (0.2, 0.5), (0, 0.6), (3200, 9000)],
        [(-180, 180), (-60, 90), (0.08, 0.35), (0, 0.6), (3200, 9000)],
        [(-180, 180), (-60, 90), (0.1, 0.4), (0, 0.6), (3200, 9000)],
        [(-60, 60), (40, 90), (0.5, 0.9), (0.3, 0.75), (5500, 8500)],
        [(-180, 180), (-60, 90), (0.05, 0.25), (0, 0.6), (3200, 9000)],
    ],
    np.float32,
)
LAMP_KELVIN = (2700.0, 8500.0)
LIGHT_NUMBERS = 4 + LAMPS * 5 + 2 * 5


class Light(NamedTuple):
    """Light of N images.

    Attributes:
        directions: (N, 3, 3) unit vectors from the face to lamp l, in [:, l].
        radius_deg: (N, 3) half the angle that each lamp fills.
        colours: (N, 3, 3) linear RGB of each lamp, brightness included.
        ambient: Light from everywhere else, as one or more leaning lights.
    """

    directions: keras.KerasTensor
    radius_deg: keras.KerasTensor
    colours: keras.KerasTensor
    ambient: tuple["Ambient", ...]


class Ambient(NamedTuple):
    """Light from everywhere that is brighter toward one side: spherical harmonics of order 2 about an axis.

    Attributes:
        toward: (N, 3) unit vector to the brightest side.
        lean: (N,) in [0, 1], see ``AMBIENT_LIMITS``.
        colour: (N, 3) linear RGB, mean irradiance.
    """

    toward: keras.KerasTensor
    lean: keras.KerasTensor
    colour: keras.KerasTensor


def draw_light(draws: Draws) -> Light:
    """Draw a kind of light for each image, then its lamps and the light from everywhere else.

    Half of the images have the kind mirrored. The light from everywhere else is a mixture of two, which differ in
    side and colour, as a window and the walls of a room do.

    Args:
        draws: Source of ``LIGHT_NUMBERS`` numbers for each image.
    """
    kinds = len(LAMP_LIMITS)
    kind = ops.cast(ops.floor(kinds * draws.uniform()), "int32")
    side = 2 * draws.happens(0.5) - 1
    drawn = _within(LAMP_LIMITS, kind, draws.uniform(LAMPS, 4))  # (N, 3, 4)
    lamp_colour = white_at(draws.between(*LAMP_KELVIN, LAMPS)) * drawn[..., 3:]
    first, second = (_within(AMBIENT_LIMITS, kind, draws.uniform(5)) for _ in range(2))
    share = draws.between(0.0, 0.5)
    return Light(
        direction_to(drawn[..., 0] * side[:, None], drawn[..., 1]),
        drawn[..., 2],
        lamp_colour,
        (_ambient(first, side, 1 - share), _ambient(second, side, share)),
    )


def _within(limits: np.ndarray, kind: keras.KerasTensor, uniform: keras.KerasTensor) -> keras.KerasTensor:
    chosen = ops.take(limits, kind, axis=0)
    return chosen[..., 0] + (chosen[..., 1] - chosen[..., 0]) * uniform


def _ambient(drawn: keras.KerasTensor, side: keras.KerasTensor, share: keras.KerasTensor) -> Ambient:
    toward = direction_to(drawn[:, 0] * side, drawn[:, 1])
    return Ambient(toward, drawn[:, 3], white_at(drawn[:, 4]) * (drawn[:, 2] * share)[:, None])


def direction_to(azimuth_deg: keras.KerasTensor, elevation_deg: keras.KerasTensor) -> keras.KerasTensor:
    """(..., 3) unit vectors: x right in the image, y up, z toward the camera."""
    azimuth, elevation = math.pi / 180 * azimuth_deg, math.pi / 180 * elevation_deg
    flat = ops.cos(elevation)
    return ops.stack([flat * ops.sin(azimuth), ops.sin(elevation), flat * ops.cos(azimuth)], axis=-1)


def white_at(kelvin: keras.KerasTensor) -> keras.KerasTensor:
    """(..., 3) linear RGB of a black body, relative to one of 5,500 K, of unit mean (Planck's law)."""
    exponent = np.float32(1.4388e7) / np.array([610.0, 550.0, 465.0], np.float32)
    ratio = np.expm1(exponent / np.float32(5500.0)) / ops.expm1(exponent / kelvin[..., None])
    return ratio / ops.mean(ratio, axis=-1, keepdims=True)


def irradiance_of(ambient: Ambient, normals: keras.KerasTensor) -> keras.KerasTensor:
    """(N, H, W, 1) share of the mean irradiance that reaches unshadowed surfaces with normals (N, H, W, 3).

    The sum of the nine harmonics about one axis by their addition theorem; the bands of the cosine are 1, 2/3 and
    1/4 (Ramamoorthi and Hanrahan, "An Efficient Representation for Irradiance Environment Maps", 2001, equation 8).
    """
    cosine = cosines(normals, ambient.toward[:, None])
    lean = ambient.lean[:, None, None, None]
    order_1 = 2 / 3 * 3 / 1.7 * lean * cosine
    order_2 = 1 / 4 * 5 / 4 * ops.square(lean) * (1.5 * ops.square(cosine) - 0.5)
    return ops.relu(1 + order_1 + order_2)


def cosines(normals: keras.KerasTensor, directions: keras.KerasTensor) -> keras.KerasTensor:
    """(N, H, W, K) dot products of normals (N, H, W, 3) with K unit vectors for each image, (N, K, 3)."""
    x, y, z = (directions[:, None, None, :, axis] for axis in range(3))
    return normals[..., :1] * x + normals[..., 1:2] * y + normals[..., 2:] * z
