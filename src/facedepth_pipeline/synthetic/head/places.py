"""Named places of a head, by which one head is laid on another.

``places_on`` finds on MakeHuman's mean adult what another model's landmarks mean. ``features`` finds places by shape
alone, by the same rules on any head, for models whose files name no landmarks.
"""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from facedepth_pipeline.synthetic.head.surface import Surface

EYES = ("right_eye", "left_eye")
MOUTH_INTERIOR = "mouth_interior"

# Places on the front of the mean adult, x and y in mm, the person's right half; the left half mirrors it.
FRONT_PLACES = {
    "right_brow_1": (-50.0, 13.5),  # from the outer end to the inner one, along the upper edge of the brow
    "right_brow_2": (-42.0, 18.3),
    "right_brow_3": (-31.5, 20.2),
    "right_brow_4": (-21.3, 20.2),
    "right_brow_5": (-12.0, 19.0),
    "right_eye_outer": (-44.4, -1.3),
    "right_upper_lid_outer": (-38.7, 2.4),
    "right_upper_lid_inner": (-27.8, 2.2),
    "right_eye_inner": (-17.8, -3.8),
    "right_lower_lid_inner": (-27.6, -5.5),
    "right_lower_lid_outer": (-38.8, -5.1),
    "sellion": (0.0, 0.2),
    "pronasale": (0.0, -38.7),
    "right_wing_base": (-12.8, -48.6),
    "right_nostril_base": (-7.1, -48.3),
    "subnasale": (0.0, -50.0),
    "right_cheilion": (-24.6, -73.3),
    "right_upper_lip": (-17.0, -64.3),
    "right_cupid_bow": (-7.0, -62.3),
    "labiale_superius": (0.0, -61.6),
    "right_upper_lip_rim": (-10.0, -71.4),
    "upper_lip_rim": (0.0, -72.1),
    "lower_lip_rim": (0.0, -73.0),
    "right_lower_lip_rim": (-10.0, -72.6),
    "right_lower_lip": (-18.0, -82.4),
    "right_lower_lip_inner": (-10.0, -84.4),
    "labiale_inferius": (0.0, -85.8),
    "chin": (0.0, -110.5),
}
# Places that the front does not show: x, y and z in mm.
EAR_PLACES = {
    "right_ear_top": (-84.2, 3.4, -79.9),
    "right_ear_back_upper": (-85.6, -4.5, -92.8),
    "right_ear_back": (-84.4, -15.4, -95.8),
    "right_ear_back_lower": (-81.8, -28.9, -92.8),
    "right_ear_lobe_back": (-80.8, -42.5, -83.0),
    "right_ear_lobe_bottom": (-76.5, -50.5, -74.3),
    "right_ear_lobe_front": (-71.8, -47.8, -64.2),
    "right_ear_tragus": (-74.0, -26.7, -71.2),
    "right_ear_helix_root": (-82.2, 0.4, -73.9),
}
PLACE_REACH_MM = 0.8  # the frontmost skin this near in x and y is the place

FOUND = "found_"  # begins the names of places that the shape tells
MIDLINE_MM = 2.5
ASIDE = 0.3  # what a millimetre beside the midline costs a place on it
LID_GAP = 1.13  # the lids' margins lie within so many radii of the eye's centre
LIP_FRONT_MM = 7.0  # from the frontmost point of a lip back to where the lips meet


def is_ear(place: str) -> bool:
    """Whether a place lies on an ear: ears stand where they will and say little about which way a face looks."""
    return "_ear_" in place


def skin_of(surface: Surface) -> np.ndarray:
    """(W,) bool: neither eye nor mouth interior."""
    other = sum(surface.region_weights[name] for name in (*EYES, MOUTH_INTERIOR))
    return np.asarray(other < 0.25)


def places_on(surface: Surface) -> dict[str, np.ndarray]:
    """(3,) float64 mm of each named place of MakeHuman's mean adult, both halves and features by shape."""
    points = surface.canonical[skin_of(surface)].astype(np.float64)
    places = {name: np.array(place) for name, place in EAR_PLACES.items()}
    for name, (x, y) in FRONT_PLACES.items():
        distance = np.hypot(points[:, 0] - x, points[:, 1] - y)
        near = np.flatnonzero(distance < max(PLACE_REACH_MM, distance[points[:, 2] > 0].min() + 1e-6))
        places[name] = points[near[points[near, 2].argmax()]]
    right = [name for name in places if name.startswith("right_")]
    places |= {name.replace("right_", "left_", 1): places[name] * [-1, 1, 1] for name in right}
    lips = surface.region_weights["lips"] > 0.5
    below = surface.jaw_share > 0.3
    found = features(
        HeadParts(
            vertices=surface.canonical.astype(np.float64),
            skin=skin_of(surface),
            upper_lip=lips & ~below,
            lower_lip=lips & below,
            ears=surface.region_weights["ear"] > 0.5,
            eyes=tuple(surface.region_weights[name] > 0.5 for name in EYES),
        )
    )
    return places | {name: surface.canonical[number].astype(np.float64) for name, number in found.items()}


class HeadParts(NamedTuple):
    """A head that roughly faces z, origin midway between the eyes, mm.

    Attributes:
        vertices: (V, 3) float64.
        skin: (V,) bool.
        upper_lip: (V,) bool, its red.
        lower_lip: (V,) bool, its red.
        ears: (V,) bool.
        eyes: (V,) bool of the right and of the left eyeball.
    """

    vertices: np.ndarray
    skin: np.ndarray
    upper_lip: np.ndarray
    lower_lip: np.ndarray
    ears: np.ndarray
    eyes: tuple[np.ndarray, ...]


def features(parts: HeadParts) -> dict[str, int]:
    """Vertex number of each place that the shape itself tells; those that a head lacks are left out."""
    x, y, z = parts.vertices.T
    middle = np.abs(x) < MIDLINE_MM
    found: dict[str, int] = {}

    def find(name: str, among: np.ndarray, height: np.ndarray) -> None:
        if among.any():
            found[FOUND + name] = int(np.where(among, height, -np.inf).argmax())

    profile, aside = parts.skin & middle, ASIDE * np.abs(x)
    find("pronasale", profile & (y > -65) & (y < -10), z - aside)
    find("sellion", profile & (y > -18) & (y < 15) & (z > 0), -z - aside)
    if FOUND + "pronasale" in found:
        tip = y[found[FOUND + "pronasale"]]
        find("subnasale", profile & (y > tip - 22) & (y < tip - 5) & (z > 0), -z - aside)
        find("gnathion", profile & (y < tip - 45) & (y > tip - 95), z - y - aside)
    for side, eye in zip(("right", "left"), parts.eyes, strict=True):
        _find_eye(find, side, parts, eye)
    _find_lips(find, parts, middle)
    for side, sign in (("right", -1), ("left", 1)):
        ear = parts.ears & (sign * x > 0)
        find(f"{side}_ear_top", ear, y)
        find(f"{side}_ear_bottom", ear, -y)
    return found


Find = Callable[[str, np.ndarray, np.ndarray], None]


def _find_eye(find: Find, side: str, parts: HeadParts, eye: np.ndarray) -> None:
    x, y, z = parts.vertices.T
    ball = parts.vertices[eye]
    centre = (ball.min(axis=0) + ball.max(axis=0)) / 2
    radius = np.ptp(ball[:, 0]) / 2
    away = np.linalg.norm(parts.vertices - centre, axis=1)
    forward = (z - centre[2]) / radius
    margin = parts.skin & (away < LID_GAP * radius) & (forward > 0.35)
    beside = np.abs(x - centre[0]) < 0.25 * radius
    find(f"{side}_upper_lid", margin & beside & (y > centre[1]), -y)
    find(f"{side}_lower_lid", margin & beside & (y < centre[1]), y)


def _find_lips(find: Find, parts: HeadParts, middle: np.ndarray) -> None:
    x, y, z = parts.vertices.T
    for name, lip, up in (("upper", parts.upper_lip, 1), ("lower", parts.lower_lip, -1)):
        centre = lip & middle
        if centre.any():
            front = centre & (z > z[centre].max() - LIP_FRONT_MM)
            find(f"{name}_lip_edge", front, up * y - ASIDE * np.abs(x))
            find(f"{name}_lip_rim", front, -up * y - ASIDE * np.abs(x))
    lips = parts.upper_lip | parts.lower_lip
    find("right_cheilion", lips, 0.3 * z - x)
    find("left_cheilion", lips, 0.3 * z + x)
