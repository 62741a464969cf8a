"""Eyes of one head: how far its lids move until they meet, lids that lie on eyeballs, eyeballs that turn.

Head models and people differ in all of this. The face units say how far eyes are shut and where they look.
"""

from collections.abc import Mapping
from functools import lru_cache
from typing import Literal

import numpy as np
from scipy.spatial import cKDTree

from facedepth_pipeline.synthetic.head.head_model import HeadModel
from facedepth_pipeline.synthetic.head.surface import Surface

Side = Literal["Left", "Right"]

BLINK, LOOK = "expression/eyeBlink", "expression/eyeLook"
SIDES: tuple[Side, ...] = ("Left", "Right")
EYES: dict[Side, str] = {"Right": "right_eye", "Left": "left_eye"}
# Canonical places on the rims of the left lids, mm: x, y of the upper, y of the lower one, z of both.
RIMS = np.array([[26.0, 1.6, -5.1, 16.8, 15.0], [33.0, 2.7, -5.5, 17.7, 16.0], [40.0, 1.8, -4.7, 15.5, 13.4]])
OVERLAP_MM = 0.7  # of lids that are shut
STRENGTHS = (0.3, 1.7)
SIDEWAYS_DEG, VERTICAL_DEG = (
    19.0,
    13.0,
)  # how far MakeHuman's units of the gaze turn an eye, the shift of the eyeball counted in
LIDS_FOLLOW = 0.4  # of units that move lids alone: they are made for an eye that turns by 30 degrees or so
LID_GAP_MM = 0.3  # between eyeball and lid
LID_SOFTNESS_MM = 0.4
FRONT_OF_EYE = 0.25  # share of the reach: behind it, no lid is seen
LINING = -0.2  # cosine of the normal to the direction from the eye; below it, a lid faces the eyeball


def units_of(head_model: HeadModel, shape: Mapping[str, float], face_units: Mapping[str, float]) -> dict[str, float]:
    """Those coefficients of an expression that a head model knows, so that eyes which shut do shut on this head.

    Args:
        head_model: The head model.
        shape: Coefficients of the head without the expression.
        face_units: Coefficients of the expression.
    """
    known = {name: value for name, value in face_units.items() if head_model.knows(name)}
    if not eyes_follow(head_model):
        known = {name: value * (LIDS_FOLLOW if name.startswith(LOOK) else 1) for name, value in known.items()}
    others = {name: value for name, value in known.items() if not name.startswith(BLINK)}
    for side in SIDES:
        if BLINK + side in known:
            known[BLINK + side] *= strength_of_closing(head_model, {**shape, **others}, side)
    return known


def strength_of_closing(head_model: HeadModel, shape: Mapping[str, float], side: Side) -> float:
    """Coefficient of ``expression/eyeBlink`` on one side at which the lids of a head meet, within ``STRENGTHS``.

    Args:
        head_model: The head model.
        shape: Coefficients of one head with its eyes open.
        side: Side of the person.
    """
    upper, lower = _rim_vertices(head_model, side)
    beside_rims = head_model.canonical[upper, 1] - head_model.canonical[lower, 1] - (RIMS[:, 1] - RIMS[:, 2])
    head = head_model.shape(shape)
    opening = head[upper, 1] - head[lower, 1] - beside_rims
    blink = head_model.shape({BLINK + side: 1.0}) - head_model.vertices
    closing = blink[lower, 1] - blink[upper, 1]
    return float(np.clip(np.max((opening + OVERLAP_MM) / np.maximum(closing, 1e-3)), *STRENGTHS))


@lru_cache(maxsize=4)
def eyes_follow(head_model: HeadModel) -> bool:
    """Whether the units of the gaze turn the eyeballs of a head model; else they move the lids alone."""
    unit = f"{LOOK}OutLeft"
    if not head_model.knows(unit):
        return False
    moved = head_model.shape({unit: 1.0}) - head_model.vertices
    return bool(np.abs(moved[head_model.regions == head_model.region_names.index(EYES["Left"])]).max() > 1)


def set_eyes(head_model: HeadModel, surface: Surface, head: np.ndarray, face_units: Mapping[str, float]) -> np.ndarray:
    """A head whose eyeballs look where the face units say, and whose lids lie on them.

    Args:
        head_model: The head model.
        surface: Its surface.
        head: (W, 3) float32 mm, the fine vertices with the expression, before the pose.
        face_units: Coefficients of the expression as they were drawn.

    Returns:
        (W, 3) float32; only eyeballs, and the lids of eyes that shut or turn, differ from ``head``.
    """
    if not eyes_follow(head_model) and any(name.startswith(LOOK) for name in face_units):
        head = turn_eyes(surface, head, face_units)
    return cover_eyes(surface, head) if any(name.startswith(BLINK) for name in face_units) else head


def turn_eyes(surface: Surface, head: np.ndarray, face_units: Mapping[str, float]) -> np.ndarray:
    """(W, 3) float32 head with its eyeballs turned about their centres, as far as MakeHuman's units turn them."""
    turned = head.copy()
    for side, name in EYES.items():
        eye = np.flatnonzero(surface.region_weights[name] > 0.5)
        centre = _middle(head[eye])
        turned[eye] = centre + np.einsum("ij,kj->ik", head[eye] - centre, _gaze(face_units, side))
    return turned


def _gaze(face_units: Mapping[str, float], side: Side) -> np.ndarray:
    """(3, 3) float32 rotation of the eye on one side."""

    def unit(direction: str) -> float:
        return face_units.get(f"{LOOK}{direction}{side}", 0.0)

    outward = 1 if side == "Left" else -1
    yaw = np.deg2rad(SIDEWAYS_DEG * outward * (unit("Out") - unit("In")))
    pitch = np.deg2rad(VERTICAL_DEG * (unit("Up") - unit("Down")))
    (cy, cp), (sy, sp) = np.cos([yaw, pitch]), np.sin([yaw, pitch])
    sideways = np.array([[cy, 0, sy], [0, 1, 0], [-sy, 0, cy]])
    upward = np.array([[1, 0, 0], [0, cp, sp], [0, -sp, cp]])
    return np.einsum("ij,jk->ik", sideways, upward).astype(np.float32)


def cover_eyes(surface: Surface, head: np.ndarray) -> np.ndarray:
    """(W, 3) float32 head whose lids lie on its eyeballs wherever they would sink in.

    Args:
        surface: The head's mesh.
        head: (W, 3) float32 mm, its fine vertices before the pose.
    """
    covered = head.copy()
    lids = surface.region_weights["eyelid"] + surface.region_weights["skin"] > 0.5
    for name, canonical_centre in zip(("right_eye", "left_eye"), surface.eye_centres, strict=True):
        eye = head[surface.region_weights[name] > 0.5]
        centre, reach = _middle(eye), np.ptp(eye, axis=0).max() / 2 + 4
        near = np.flatnonzero(lids & (np.abs(head - centre).max(axis=1) < reach))
        facing, _ = _polar(surface.canonical[near] - canonical_centre)
        outside = np.einsum("ij,ij->i", facing, surface.canonical_normals[near]) > LINING
        near = near[outside & (head[near, 2] - centre[2] > FRONT_OF_EYE * reach)]
        direction, distance = _polar(head[near] - centre)
        eye_direction, eye_distance = _polar(eye - centre)
        _, nearest = cKDTree(eye_direction).query(direction)
        least = eye_distance[nearest] + LID_GAP_MM
        lifted = least + LID_SOFTNESS_MM * np.logaddexp(0, (distance - least) / LID_SOFTNESS_MM)
        covered[near] = centre + direction * lifted[:, None]
    return covered


def _middle(eye: np.ndarray) -> np.ndarray:
    return (eye.min(axis=0) + eye.max(axis=0)) / 2


def _polar(offsets: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """(N, 3) unit vectors and (N,) lengths."""
    distance = np.sqrt(np.einsum("ij,ij->i", offsets, offsets))
    return offsets / np.maximum(distance, 1e-6)[:, None], distance


@lru_cache(maxsize=8)
def _rim_vertices(head_model: HeadModel, side: Side) -> tuple[np.ndarray, np.ndarray]:
    """Vertex numbers nearest to the places on the upper and the lower rim."""
    places = RIMS * [1 if side == "Left" else -1, 1, 1, 1, 1]
    upper, lower = places[:, [0, 1, 3]], places[:, [0, 2, 4]]
    eyes = [head_model.region_names.index(name) for name in EYES.values()]
    skin = np.flatnonzero(~np.isin(head_model.regions, eyes))
    return _nearest(head_model.canonical, skin, upper), _nearest(head_model.canonical, skin, lower)


def _nearest(points: np.ndarray, numbers: np.ndarray, places: np.ndarray) -> np.ndarray:
    squared = np.sum((points[numbers] - places[:, None]) ** 2, axis=2)
    return numbers[np.argmin(squared, axis=1)]
