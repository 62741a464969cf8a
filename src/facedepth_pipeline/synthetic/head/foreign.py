"""A head model of somebody else's made one of ours: turned to the front, dressed by MakeHuman's mean adult."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from facedepth_pipeline.parameters import HeadSource
from facedepth_pipeline.synthetic.head.carry_over import TISSUES, Carried, RawHead, carry_over, landmarks_of
from facedepth_pipeline.synthetic.head.head_model import TEETH, HeadModel
from facedepth_pipeline.synthetic.head.places import EYES, FOUND, MOUTH_INTERIOR, is_ear, places_on
from facedepth_pipeline.synthetic.head.surface import Surface, build_surface

WHERE_TO_GET: dict[HeadSource, tuple[str, str]] = {
    "ict": (
        "a clone of github.com/ICT-VGL/ICT-FaceKit (MIT licence)",
        "--params=ict_root=FOLDER",
    ),
    "gnm": (
        "the file gnm_head.npz of github.com/google/GNM (Apache-2.0 licence)",
        "--params=gnm_path=FILE",
    ),
}
SMALLEST_DELTA_MM = 0.005
TURNS = 3  # after that a further one changes the pose by less than a tenth of a degree
TEETH_DEPTH_MM, MOUTH_DEPTH_MM = 10.0, 22.0  # behind the place where the lips meet


class NotThatModelError(ValueError):
    """A path leads to no such head model; the message says where to get it and under which licence."""

    def __init__(self, source: HeadSource, path: Path | None, problem: str = "") -> None:
        what, option = WHERE_TO_GET[source]
        found = "no path is given" if path is None else f"{path} is none: {problem}"
        super().__init__(f"Heads of the source {source!r} need {what}, named by {option}; {found}.")


@dataclass(frozen=True, eq=False)
class ForeignHead:
    """What a reader found in somebody else's files.

    Attributes:
        source: Name of the head model.
        vertices: (V, 3) float64 mm, y up, z toward the viewer, origin and pose as the authors have them.
        quads: (Q, 4) int; a triangle repeats its third corner.
        tissue: (V,) int, index into ``carry_over.TISSUES``.
        places: Name of a place, as in ``places.places_on``, to its vertex number.
        identities: (E, V, 3) float32 mm at one standard deviation.
        units: Name of a face unit with its prefix to (V, 3) float32 mm at full strength.
        subdivisions: How often the mesh is subdivided before it is rendered.
    """

    source: HeadSource
    vertices: np.ndarray
    quads: np.ndarray
    tissue: np.ndarray
    places: Mapping[str, int]
    identities: np.ndarray
    units: Mapping[str, np.ndarray]
    subdivisions: int


FindUnits = Callable[[Carried, Surface, np.ndarray], Mapping[str, np.ndarray]]


def make_head_model(head: ForeignHead, makehuman: HeadModel, find_units: FindUnits | None = None) -> HeadModel:
    """The head model of a foreign head: millimetres stay millimetres, only pose and origin change.

    Args:
        head: What the reader found.
        makehuman: The head model that ships.
        find_units: Makes face units, in the pose that the head had, from what the mean adult lends; by default those
            of the head.
    """
    mean_adult = build_surface(makehuman)
    turn, raw, carried = _dressed(head, mean_adult)
    units = find_units(carried, mean_adult, turn) if find_units else head.units
    vertices = shallow_mouth(raw.vertices, head.tissue, head.places)
    moved = _moved(units)
    return HeadModel(
        vertices=vertices.astype(np.float32),
        quads=head.quads.astype(np.int32),
        uvs=np.zeros((len(vertices), 2), np.float32),
        regions=carried.regions,
        region_names=carried.region_names,
        landmarks=landmarks_of(makehuman, mean_adult, carried, raw),
        landmark_names=makehuman.landmark_names,
        direction_names=tuple(units),
        direction_offsets=np.cumsum([0, *map(len, moved)]).astype(np.int32),
        direction_indices=np.concatenate([np.zeros(0), *moved]).astype(np.int32),
        direction_deltas=np.concatenate(
            [np.zeros((0, 3)), *(delta[rows] @ turn.T for delta, rows in zip(units.values(), moved, strict=True))]
        ).astype(np.float16),
        dense_names=tuple(f"identity/{number:03d}" for number in range(len(head.identities))),
        dense_deltas=np.ascontiguousarray(head.identities @ turn.T.astype(np.float32)),
        canonical=carried.canonical,
        region_weights=carried.region_weights,
        source=head.source,
        subdivisions=head.subdivisions,
    )


def _dressed(head: ForeignHead, mean_adult: Surface) -> tuple[np.ndarray, RawHead, Carried]:
    """The turn to the front, the turned head, and what the mean adult lends it.

    Named places tell the first turn. Then the whole face does, each vertex with its place on the mean adult, and the
    better pose finds better places.
    """
    goals = places_on(mean_adult)
    names = sorted(name for name in head.places if name in goals and not is_ear(name))
    centred = head.vertices - _between_the_eyes(head)
    turn = frontal_turn(centred[[head.places[name] for name in names]], np.array([goals[name] for name in names]))
    for _ in range(TURNS):
        raw = RawHead(centred @ turn.T, head.quads, head.tissue, head.places)
        carried = carry_over(raw, mean_adult)
        x, y, z = carried.canonical.T
        face = (head.tissue == TISSUES.index("skin")) & (np.abs(x) < 60) & (y > -112) & (y < 50) & (z > -25)
        turn = frontal_turn(centred[face], carried.canonical[face].astype(np.float64))
    return turn, raw._replace(vertices=centred @ turn.T), carried


def frontal_turn(points: np.ndarray, goals: np.ndarray) -> np.ndarray:
    """(3, 3) float64: the rotation that brings (N, 3) points nearest to their goals, after a shift (Kabsch)."""
    covariance = (points - points.mean(axis=0)).T @ (goals - goals.mean(axis=0))
    left, _, right = np.linalg.svd(covariance)
    mirrored = np.sign(np.linalg.det(left @ right))
    return (left * [1, 1, mirrored] @ right).T


def shallow_mouth(vertices: np.ndarray, tissue: np.ndarray, places: Mapping[str, int]) -> np.ndarray:
    """The head with a mouth that is nowhere deeper than ``MOUTH_DEPTH_MM``; the front teeth stay where they are.

    A scanner sees no throat, and MakeHuman's head has a lid behind the lips; an open mouth as deep as it is would be a
    hole in the range image.

    Args:
        vertices: (V, 3) mm, turned to the front.
        tissue: (V,) int, index into ``carry_over.TISSUES``.
        places: Named places, which tell where the lips meet.
    """
    found = places if "upper_lip_rim" in places else {name.removeprefix(FOUND): at for name, at in places.items()}
    middle = np.mean([vertices[found[name]] for name in ("upper_lip_rim", "lower_lip_rim")], axis=0)
    corners = np.array([vertices[found[name]] for name in ("right_cheilion", "left_cheilion")])
    inside = np.isin(tissue, [TISSUES.index(name) for name in (MOUTH_INTERIOR, TEETH)])
    aside = np.minimum(np.abs(vertices[inside, 0] / np.ptp(corners[:, 0]) * 2), 1)
    lips_z = middle[2] + (corners[:, 2].mean() - middle[2]) * aside**2
    further = np.maximum(lips_z - vertices[inside, 2] - TEETH_DEPTH_MM, 0)
    room = MOUTH_DEPTH_MM - TEETH_DEPTH_MM
    shallow = vertices.copy()
    shallow[inside, 2] += further - room * (1 - np.exp(-further / room))
    return shallow


def _between_the_eyes(head: ForeignHead) -> np.ndarray:
    boxes = [head.vertices[head.tissue == TISSUES.index(name)] for name in EYES]
    return np.mean([(eye.min(axis=0) + eye.max(axis=0)) / 2 for eye in boxes], axis=0)


def _moved(units: Mapping[str, np.ndarray]) -> list[np.ndarray]:
    """For each unit the numbers of the vertices that it moves."""
    return [np.flatnonzero(np.abs(delta).max(axis=1) > SMALLEST_DELTA_MM) for delta in units.values()]
