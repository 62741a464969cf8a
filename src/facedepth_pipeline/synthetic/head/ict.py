"""The head model of ICT-FaceKit, read from a clone of its repository as it is.

ICT-FaceKit (MIT, github.com/ICT-VGL/ICT-FaceKit) has a neutral mesh, 100 meshes ``identity000.obj`` and so on, each a
direction of shape learned from scans of people in a light stage, to be drawn from a standard normal, and a mesh for
each of 53 face units. Centimetres.
"""

import json
import re
from pathlib import Path

import numpy as np
from scipy.spatial import cKDTree

from facedepth_pipeline.synthetic.head.carry_over import TISSUES
from facedepth_pipeline.synthetic.head.foreign import ForeignHead, NotThatModelError, make_head_model
from facedepth_pipeline.synthetic.head.head_model import TEETH, HeadModel
from facedepth_pipeline.synthetic.head.places import MOUTH_INTERIOR
from facedepth_pipeline.synthetic.head.surface import JAW_OPEN

MM_PER_CENTIMETRE = 10.0
NEUTRAL = "generic_neutral_mesh.obj"
END_OF_BLOCK = re.compile(rb"\n(?!v )")
LIPS_CLOSED = -0.03  # of the unit jawOpen: the lips of the neutral mesh are 0.7 mm apart
MIDDLE_UNITS = ("browInnerUp", "cheekPuff")  # one unit for both sides, as ARKit has them
# Vertices of each tissue; the ranges are those that the model's own README lists.
TISSUE_RANGES = (
    ("skin", 0, 11248),
    (MOUTH_INTERIOR, 11248, 13294),
    ("eye_socket", 13294, 14062),
    (MOUTH_INTERIOR, 14062, 17039),
    (TEETH, 17607, 18679),  # the upper teeth from the second premolar on; no picture shows those behind
    (TEETH, 19814, 20884),
    ("left_eye", 21451, 22221),  # the outer shell of the eyeball; the iris inside is painted
    ("right_eye", 23021, 23791),
)
# The place of each of the 68 iBUG points.
PLACE_OF_POINT = {
    8: "chin", 17: "right_brow_1", 18: "right_brow_2", 19: "right_brow_3", 20: "right_brow_4", 21: "right_brow_5",
    22: "left_brow_5", 23: "left_brow_4", 24: "left_brow_3", 25: "left_brow_2", 26: "left_brow_1",
    27: "sellion", 30: "pronasale", 31: "right_wing_base", 32: "right_nostril_base", 33: "subnasale",
    34: "left_nostril_base", 35: "left_wing_base",
    36: "right_eye_outer", 37: "right_upper_lid_outer", 38: "right_upper_lid_inner", 39: "right_eye_inner",
    40: "right_lower_lid_inner", 41: "right_lower_lid_outer",
    42: "left_eye_inner", 43: "left_upper_lid_inner", 44: "left_upper_lid_outer", 45: "left_eye_outer",
    46: "left_lower_lid_outer", 47: "left_lower_lid_inner",
    48: "right_cheilion", 49: "right_upper_lip", 50: "right_cupid_bow", 51: "labiale_superius", 52: "left_cupid_bow",
    53: "left_upper_lip", 54: "left_cheilion", 55: "left_lower_lip", 56: "left_lower_lip_inner",
    57: "labiale_inferius", 58: "right_lower_lip_inner", 59: "right_lower_lip",
    61: "right_upper_lip_rim", 62: "upper_lip_rim", 63: "left_upper_lip_rim", 65: "left_lower_lip_rim",
    66: "lower_lip_rim", 67: "right_lower_lip_rim",
}  # fmt: skip

# Vertices of the right ear; those of the left one mirror them.
EAR = {
    "right_ear_top": 7571, "right_ear_back_upper": 7590, "right_ear_back": 7950, "right_ear_back_lower": 7540,
    "right_ear_lobe_back": 7471, "right_ear_lobe_bottom": 7850, "right_ear_lobe_front": 7845,
    "right_ear_tragus": 7821, "right_ear_helix_root": 8154,
}  # fmt: skip


def read_ict(folder: Path, makehuman: HeadModel) -> HeadModel:
    """The head model of ICT-FaceKit.

    Args:
        folder: A clone of the repository, or its folder ``FaceXModel``.
        makehuman: The head model that ships, whose mean adult lends pose, regions and painted coordinates.

    Raises:
        NotThatModelError: If the folder is missing or holds something else.
    """
    model = folder / "FaceXModel" if (folder / "FaceXModel").is_dir() else folder
    try:
        head = _read(model)
    except (OSError, KeyError, ValueError, IndexError) as error:
        raise NotThatModelError("ict", folder, str(error)) from error
    return make_head_model(head, makehuman)


def _read(model: Path) -> ForeignHead:
    neutral = (model / NEUTRAL).read_bytes()
    vertices, quads = parse_vertices(neutral), parse_faces(neutral)
    indices = json.loads((model / "vertex_indices.json").read_bytes())
    tissue = np.full(len(vertices), -1)
    for name, start, stop in TISSUE_RANGES:
        tissue[start:stop] = TISSUES.index(name)
    kept = np.flatnonzero(tissue >= 0)
    renumbered = np.full(len(vertices), -1)
    renumbered[kept] = np.arange(len(kept))
    quads = renumbered[quads]
    points = np.array(indices["idx_to_landmark_verts"])

    def displacement(path: Path) -> np.ndarray:
        moved = parse_vertices(path.read_bytes())
        if moved.shape != vertices.shape:
            raise ValueError(f"{path.name} has {len(moved)} vertices where {NEUTRAL} has {len(vertices)}")
        return ((moved - vertices)[kept] * MM_PER_CENTIMETRE).astype(np.float32)

    identities = sorted(model.glob("identity[0-9][0-9][0-9].obj"))
    if not identities:
        raise ValueError("there is no identity000.obj")
    units: dict[str, np.ndarray] = {}
    for name in indices["expressions"]:
        unit = f"expression/{_unit(name)}"
        units[unit] = units.get(unit, 0) + displacement(model / f"{name}.obj")
    return ForeignHead(
        source="ict",
        vertices=vertices[kept] * MM_PER_CENTIMETRE + LIPS_CLOSED * units[JAW_OPEN],
        quads=quads[(quads >= 0).all(axis=1)],
        tissue=tissue[kept],
        places={place: int(renumbered[vertex]) for place, vertex in _places(vertices, points).items()},
        identities=np.stack([displacement(path) for path in identities]),
        units=units,
        subdivisions=1,
    )


def _places(vertices: np.ndarray, points: np.ndarray) -> dict[str, int]:
    """Vertex number of each named place."""
    right = np.array(list(EAR.values()))
    _, left = cKDTree(vertices).query(vertices[right] * [-1, 1, 1])
    ears = EAR | {name.replace("right", "left"): int(vertex) for name, vertex in zip(EAR, left, strict=True)}
    return {place: int(points[number]) for number, place in PLACE_OF_POINT.items()} | ears


def parse_vertices(obj: bytes) -> np.ndarray:
    """(V, 3) float64 of the one block of ``v`` lines in an OBJ file."""
    start = obj.index(b"\nv ") + 1
    end = END_OF_BLOCK.search(obj, start)
    block = obj[start : end.start() if end else len(obj)]
    return np.fromstring(block.replace(b"v", b" "), dtype=np.float64, sep=" ").reshape(-1, 3)


def parse_faces(obj: bytes) -> np.ndarray:
    """(Q, 4) int vertex numbers; a triangle repeats its third corner."""
    faces = []
    for line in obj.splitlines():
        if line.startswith(b"f "):
            corners = [int(corner.split(b"/", 1)[0]) - 1 for corner in line.split()[1:]]
            faces.append(corners if len(corners) == 4 else [*corners, corners[-1]])
    return np.array(faces)


def _unit(name: str) -> str:
    """MakeHuman's name of a face unit: ``mouthSmile_L`` is ``mouthSmileLeft``."""
    for ending, side in (("_L", "Left"), ("_R", "Right")):
        if name.endswith(ending):
            unit = name.removesuffix(ending)
            return unit if unit in MIDDLE_UNITS else unit + side
    return name
