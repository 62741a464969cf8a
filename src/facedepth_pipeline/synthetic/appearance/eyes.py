"""Eyeballs and lashes."""

import numpy as np

from facedepth_pipeline.synthetic.head.surface import Surface
from facedepth_pipeline.synthetic.noise import mix, smooth_step

SCLERA = np.array([0.46, 0.42, 0.40], np.float32)
VEINS = np.array([0.42, 0.22, 0.20], np.float32)
PUPIL = np.array([0.006, 0.005, 0.005], np.float32)
IRIS_RADIUS_MM = 6.3
PUPIL_RADIUS_MM = 2.3


def eye_albedo(from_centre: np.ndarray, iris_colour: np.ndarray) -> np.ndarray:
    """(N, 3) float32 linear reflectance of points given relative to the centre of their eye, mm."""
    off_axis = np.hypot(from_centre[:, 0], from_centre[:, 1])
    angle = np.arctan2(from_centre[:, 1], from_centre[:, 0])
    rays = 1 + 0.2 * np.sin(23 * angle + 3 * np.sin(5 * angle)) + 0.12 * np.sin(61 * angle)
    collarette = 1 + 0.35 * np.exp(-(((off_axis - 3.4) / 0.8) ** 2))
    ring = 1 - 0.65 * smooth_step(IRIS_RADIUS_MM - 1.6, IRIS_RADIUS_MM, off_axis)
    albedo = mix(
        np.broadcast_to(SCLERA, from_centre.shape),
        np.broadcast_to(VEINS, from_centre.shape),
        0.55 * smooth_step(8.0, 13.0, np.abs(from_centre[:, 0])),
    )
    inside = smooth_step(IRIS_RADIUS_MM + 0.4, IRIS_RADIUS_MM - 0.3, off_axis)
    albedo = mix(albedo, iris_colour * (rays * ring * collarette)[:, None], inside)
    pupil = smooth_step(PUPIL_RADIUS_MM + 0.3, PUPIL_RADIUS_MM - 0.3, off_axis)
    return mix(albedo, np.broadcast_to(PUPIL, from_centre.shape), pupil).astype(np.float32)


def lash_weight(surface: Surface) -> np.ndarray:
    """(W,) float32: the rims of the lids where they meet the eyeball, the upper one darker."""
    rim = np.zeros(len(surface.canonical), np.float32)
    for centre in surface.eye_centres:
        offset = surface.canonical - centre
        gap = np.sqrt(np.sum(offset**2, axis=1)) - surface.eye_radius_mm
        upper = smooth_step(-3.0, 1.0, offset[:, 1])
        darkness = (0.25 + 0.75 * upper) * (offset[:, 2] > 0)
        rim = np.maximum(rim, darkness * smooth_step(3.2, 1.2, gap - 0.5 * upper))
    lids = surface.region_weights["eyelid"] + surface.region_weights["skin"]
    return (0.85 * rim * np.clip(lids, 0, 1)).astype(np.float32)
