"""Lights and shading: two directional lights, a sky, a mild gloss. Colours are linear, not gamma-coded."""

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Light:
    """Directional light.

    Attributes:
        azimuth_deg: Angle from the camera axis toward +x (right in the image).
        elevation_deg: Angle above the horizon.
        colour: Linear RGB, brightness included.
    """

    azimuth_deg: float
    elevation_deg: float
    colour: tuple[float, float, float]

    @property
    def direction(self) -> np.ndarray:
        """(3,) float32 unit vector from the face to the light."""
        azimuth, elevation = np.deg2rad([self.azimuth_deg, self.elevation_deg])
        flat = np.cos(elevation)
        return np.array([flat * np.sin(azimuth), np.sin(elevation), flat * np.cos(azimuth)], np.float32)


@dataclass(frozen=True)
class Lighting:
    """The lights of one take; ``ambient`` is linear, from the side and half of it from below."""

    lights: tuple[Light, ...]
    ambient: float


def shade(
    albedo: np.ndarray, normals: np.ndarray, gloss: np.ndarray, wet: np.ndarray, lighting: Lighting
) -> np.ndarray:
    """Light that leaves each point toward the camera (which looks along -z).

    Args:
        albedo: (N, 3) float32 linear RGB.
        normals: (N, 3) float32, unit length.
        gloss: (N,) float32, strength of the highlight.
        wet: (N,) bool, True where the highlight is a small spot, as on an eye.
        lighting: Lights and sky.

    Returns:
        (N, 3) float32 linear RGB, not limited to 1.
    """
    sky = lighting.ambient * (0.75 + 0.25 * normals[:, 1])
    received = np.repeat(sky[:, None], 3, axis=1).astype(np.float32)
    highlight = np.zeros_like(received)
    toward_camera = np.array([0, 0, 1], np.float32)
    for light in lighting.lights:
        colour = np.array(light.colour, np.float32)
        cosine = np.einsum("ij,j->i", normals, light.direction)
        # A little wrap: skin scatters light past the terminator.
        received += np.clip((cosine + 0.15) / 1.15, 0, None)[:, None] * colour
        halfway = light.direction + toward_camera
        halfway /= np.sqrt(np.sum(halfway**2))
        facing = np.clip(np.einsum("ij,j->i", normals, halfway), 0, 1)
        spot = facing**2  # facing ** 16 by squaring: five times as fast as a power
        for _ in range(3):
            spot *= spot
        spot[wet] = facing[wet] ** 120
        highlight += (gloss * spot * (cosine > 0))[:, None] * colour
    return albedo * received + highlight


def srgb_from_linear(linear: np.ndarray) -> np.ndarray:
    """Display values in [0, 1] from linear light (IEC 61966-2-1)."""
    limited = np.clip(linear, 0, 1)
    return np.where(limited <= 0.0031308, 12.92 * limited, 1.055 * limited ** (1 / 2.4) - 0.055)


def linear_from_srgb(srgb: np.ndarray) -> np.ndarray:
    """Linear light in [0, 1] from display values in [0, 1]; the inverse of the above."""
    return np.where(srgb <= 0.04045, srgb / 12.92, ((srgb + 0.055) / 1.055) ** 2.4)
