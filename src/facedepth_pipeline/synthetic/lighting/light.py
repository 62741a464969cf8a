"""Lights of a take: area lights, and all other light as spherical harmonics. Colours are linear.

Angles: azimuth from the camera axis toward +x (right in the image), elevation above the horizon.
Brightness: the irradiance on a surface that faces the light, where 1 renders a white surface as white.
"""

import math
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

Colour = tuple[float, float, float]

LIGHT_SAMPLES = 4  # shadow rays a light and a vertex: with smooth skin between vertices, enough for a soft rim
# Irradiance of a unit coefficient of radiance: the cosine lobe, band by band, over pi
# (Ramamoorthi and Hanrahan, "An Efficient Representation for Irradiance Environment Maps", 2001, equation 8).
COSINE_BANDS = np.repeat([1.0, 2 / 3, 1 / 4], [1, 3, 5]).astype(np.float32)


@dataclass(frozen=True)
class AreaLight:
    """A round light far away.

    Attributes:
        azimuth_deg: Of its centre.
        elevation_deg: Of its centre.
        radius_deg: Half the angle it fills, seen from the face; 0.25 is the sun, 20 a large soft box.
        colour: Linear RGB, brightness included.
    """

    azimuth_deg: float
    elevation_deg: float
    radius_deg: float
    colour: Colour

    @property
    def direction(self) -> np.ndarray:
        """(3,) float32 unit vector from the face to the middle of the light."""
        return direction_to(self.azimuth_deg, self.elevation_deg)

    def sample_directions(self) -> np.ndarray:
        """(LIGHT_SAMPLES, 3) float32 unit vectors, spread evenly over its disc (Vogel's spiral)."""
        number = np.arange(LIGHT_SAMPLES)
        radius = math.tan(math.radians(self.radius_deg)) * np.sqrt((number + 0.5) / LIGHT_SAMPLES)
        angle = number * math.pi * (3 - math.sqrt(5))
        across = np.cross([0.0, 1.0, 0.0], self.direction)
        across /= np.linalg.norm(across)
        upward = np.cross(self.direction, across)
        spread = np.outer(radius * np.cos(angle), across) + np.outer(radius * np.sin(angle), upward)
        spread -= spread.mean(axis=0)  # so few samples would lie to one side
        return normalized((self.direction + spread).astype(np.float32))


@dataclass(frozen=True)
class Lighting:
    """The light of one take.

    Attributes:
        lights: Area lights; they cast shadows.
        ambient: Nine RGB coefficients of the radiance from everywhere else, real spherical harmonics up
            to order 2 in the order 1, y, z, x, xy, yz, 3z^2 - 1, xz, x^2 - y^2, scaled so that the first
            is the mean irradiance.
    """

    lights: tuple[AreaLight, ...]
    ambient: tuple[Colour, ...]


class Shading(NamedTuple):
    """Light that reaches N points.

    Attributes:
        irradiance: (N, 3) float32 linear RGB, shadows and scattering in the skin included.
        openness: (N,) float32 in [0, 1], share of the surroundings that is seen, by cosine.
        lean: (N, 2) float32, by what share the irradiance grows for each unit that the normal tilts to x and y.
        visibility: (N, L) float32 in [0, 1], share of each area light that is seen.
    """

    irradiance: np.ndarray
    openness: np.ndarray
    lean: np.ndarray
    visibility: np.ndarray

    def stacked(self) -> np.ndarray:
        """(N, 6 + L) float32, to be interpolated."""
        return np.concatenate([self.irradiance, self.openness[:, None], self.lean, self.visibility], axis=1)

    @classmethod
    def unstacked(cls, columns: np.ndarray) -> "Shading":
        """The inverse of :meth:`stacked`."""
        return cls(columns[:, :3], columns[:, 3], columns[:, 4:6], columns[:, 6:])


def direction_to(azimuth_deg: float, elevation_deg: float) -> np.ndarray:
    """(3,) float32 unit vector."""
    azimuth, elevation = math.radians(azimuth_deg), math.radians(elevation_deg)
    flat = math.cos(elevation)
    return np.array([flat * math.sin(azimuth), math.sin(elevation), flat * math.cos(azimuth)], np.float32)


def normalized(vectors: np.ndarray) -> np.ndarray:
    """Vectors along the last axis at unit length; a zero vector stays zero."""
    length = np.sqrt(np.einsum("...i,...i->...", vectors, vectors))[..., None]
    return vectors / np.maximum(length, np.float32(1e-12))


def harmonics(directions: np.ndarray) -> np.ndarray:
    """(N, 9) real spherical harmonics of unit vectors (N, 3), each scaled so that its mean square is 1."""
    x, y, z = directions.T
    return np.stack(
        [
            np.ones_like(x),
            math.sqrt(3) * y,
            math.sqrt(3) * z,
            math.sqrt(3) * x,
            math.sqrt(15) * x * y,
            math.sqrt(15) * y * z,
            math.sqrt(5) / 2 * (3 * z * z - 1),
            math.sqrt(15) * x * z,
            math.sqrt(15) / 2 * (x * x - y * y),
        ],
        axis=-1,
    )


def ambient_irradiance(ambient: tuple[Colour, ...], normals: np.ndarray) -> np.ndarray:
    """(N, 3) float32 irradiance of the ambient light on unshadowed surfaces with unit normals (N, 3)."""
    coefficients = COSINE_BANDS[:, None] * np.array(ambient, np.float32)
    return np.clip(np.einsum("nk,kc->nc", harmonics(normals), coefficients), 0, None).astype(np.float32)


def even_directions(count: int, lowest_z: float) -> np.ndarray:
    """(count, 3) float32 unit vectors spread evenly over the part of the sphere with z above ``lowest_z``."""
    number = np.arange(count) + 0.5
    z = 1 - (1 - lowest_z) * number / count
    angle = number * math.pi * (3 - math.sqrt(5))
    flat = np.sqrt(1 - z * z)
    return np.stack([flat * np.cos(angle), flat * np.sin(angle), z], axis=1).astype(np.float32)


def highlight(
    normals: np.ndarray, gloss: np.ndarray, wet: np.ndarray, lighting: Lighting, shading: Shading
) -> np.ndarray:
    """Light reflected at the surface itself toward the camera, which looks along -z.

    Blinn and Phong's lobe, normalized, with Schlick's Fresnel term for skin (0.028 face on), and the
    brighter sheen of everything at grazing angles under the ambient light.

    Args:
        normals: (N, 3) float32, unit length.
        gloss: (N,) float32, 1 for skin of common oiliness.
        wet: (N,) bool, true where the highlight is a small spot, as on an eye.
        lighting: The lights.
        shading: What of them reaches the points.

    Returns:
        (N, 3) float32 linear RGB.
    """
    grazing = np.float32(0.06) * np.square(np.square(1 - np.clip(normals[:, 2], 0, 1)))
    mean_ambient = np.array(lighting.ambient[0], np.float32)
    light = (gloss * shading.openness * (0.028 + grazing))[:, None] * mean_ambient
    for number, lamp in enumerate(lighting.lights):
        halfway = normalized(lamp.direction + np.array([0, 0, 1], np.float32))
        cosine = np.clip(np.einsum("ij,j->i", normals, lamp.direction), 0, None)
        facing = np.clip(np.einsum("ij,j->i", normals, halfway), 0, 1)
        fresnel = 0.028 + 0.972 * (1 - float(halfway[2])) ** 5
        lobe = facing**2
        for _ in range(3):
            lobe *= lobe  # facing ** 16, by squaring: five times as fast as a power
        lobe *= np.float32(fresnel * (16 + 8) / 8) * cosine
        sharpness = 600 / (1 + 0.05 * lamp.radius_deg**2)  # a wet eye mirrors the lamp at its size
        lobe[wet] = np.float32(fresnel * (sharpness + 8) / 8) * facing[wet] ** sharpness * (cosine[wet] > 0)
        light += (gloss * lobe * shading.visibility[:, number])[:, None] * np.array(lamp.colour, np.float32)
    return light


def white_at(kelvin: float) -> np.ndarray:
    """(3,) linear RGB of a black body, relative to one of 5,500 K, of unit mean.

    Planck's law at 610, 550 and 465 nm, the middles of the sRGB primaries: good enough for a lamp.
    """
    nanometres = np.array([610.0, 550.0, 465.0])

    def radiance(temperature: float) -> np.ndarray:
        return nanometres**-5 / np.expm1(1.4388e7 / (nanometres * temperature))

    ratio = radiance(kelvin) / radiance(5500.0)
    return ratio / ratio.mean()


def srgb_from_linear(linear: np.ndarray) -> np.ndarray:
    """Display values in [0, 1] from linear light (IEC 61966-2-1)."""
    limited = np.clip(linear, 0, 1)
    return np.where(limited <= 0.0031308, 12.92 * limited, 1.055 * limited ** (1 / 2.4) - 0.055)


def linear_from_srgb(srgb: np.ndarray) -> np.ndarray:
    """Linear light in [0, 1] from display values in [0, 1]; the inverse of the above."""
    return np.where(srgb <= 0.04045, srgb / 12.92, ((srgb + 0.055) / 1.055) ** 2.4)
