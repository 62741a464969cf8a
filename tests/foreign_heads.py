"""MakeHuman's own mean adult, written as other people write their head models: what is read must be what was known."""

import json

import numpy as np

from facedepth_pipeline.synthetic.head.ict import EAR, PLACE_OF_POINT, TISSUE_RANGES
from facedepth_pipeline.synthetic.head.places import places_on
from facedepth_pipeline.synthetic.head.surface import build_surface

ICT_VERTICES = 26_719
NEVER_SEEN = 3  # vertices behind all ranges
SHIFT_MM = np.array([3.0, 40.0, 90.0])
MOUTH_MM = np.array([0.0, -72.0, 15.0])
C, S = np.cos(np.deg2rad(5)), np.sin(np.deg2rad(5))
TURNED = np.array([[1, 0, 0], [0, C, -S], [0, S, C]])  # looks 5 degrees down


class OwnHead:
    """The surface of MakeHuman at the numbers of its coarse vertices, turned and shifted.

    Attributes:
        true: (V, 3) float64 mm, on the fine surface, in front view.
        skin: (V,) bool.
    """

    def __init__(self, head_model):
        self.head_model = head_model
        self.surface = build_surface(head_model)
        self.count = len(head_model.vertices)
        self.true = self.surface.canonical[: self.count].astype(np.float64)
        self.skin = ~np.isin(self.regions, ["right_eye", "left_eye", "mouth_interior"])

    @property
    def regions(self):
        return np.array(self.head_model.region_names)[self.head_model.regions]

    def region(self, name):
        return self.regions == name

    def moved(self, unit):
        """(V, 3) mm: displacement of a direction on the fine surface, in front view."""
        shaped = self.surface.refine @ self.head_model.shape({unit: 1.0})
        return (shaped - self.surface.refine @ self.head_model.shape({}))[: self.count].astype(np.float64)


def displaced(points):
    """From the front view into the pose of the file, mm."""
    return points @ TURNED.T + SHIFT_MM


def write_ict(folder, own, identities, units):
    """A clone of ICT-FaceKit with MakeHuman's head in it.

    Args:
        folder: Folder that ``FaceXModel`` goes into.
        own: The head.
        identities: (E, V, 3) mm in front view.
        units: Name of each mesh of a face unit, and (V, 3) mm in front view.

    Returns:
        (V,) the number of each vertex of the head among all vertices of the file.
    """
    number = np.zeros(own.count, dtype=int)
    points = np.tile(MOUTH_MM, (ICT_VERTICES, 1))
    starts = {}
    for name, start, _ in TISSUE_RANGES:
        starts.setdefault(name, start)
    for name, where in (
        ("skin", own.skin), ("mouth_interior", own.region("mouth_interior")),
        ("right_eye", own.region("right_eye")), ("left_eye", own.region("left_eye")),
    ):  # fmt: skip
        number[where] = starts[name] + np.arange(where.sum())
    for name, start, stop in TISSUE_RANGES:
        kin = own.true[own.region(name)] if own.region(name).any() else MOUTH_MM[None]
        points[start:stop] = kin[0]  # vertices that no quad uses
    points[number] = own.true
    goals = places_on(own.surface)
    landmarks = np.zeros(68, dtype=int)
    for k, (point, place) in enumerate(PLACE_OF_POINT.items()):
        landmarks[point] = own.skin.sum() + k  # as exact as can be: vertices of their own
        points[landmarks[point]] = goals[place]
    for place, vertex in EAR.items():
        points[vertex] = goals[place]
        points[vertex + 1000] = goals[place] * [-1, 1, 1]
    model = folder / "FaceXModel"
    model.mkdir(parents=True)
    faces = "".join("f " + " ".join(f"{k + 1}/1" for k in quad) + "\n" for quad in number[own.head_model.quads])

    def write(name, delta):
        moved = points.copy()
        moved[number] += delta
        lines = "".join(f"v {x:.6f} {y:.6f} {z:.6f}\n" for x, y, z in displaced(moved) / 10)
        (model / f"{name}.obj").write_text(f"# MIT\nmtllib x.mtl\n{lines}vt 0 0\n{faces}")

    write("generic_neutral_mesh", 0)
    for k, delta in enumerate(identities):
        write(f"identity{k:03d}", delta)
    for name, delta in units.items():
        write(name, delta)
    indices = {"expressions": list(units), "idx_to_landmark_verts": landmarks.tolist()}
    (model / "vertex_indices.json").write_text(json.dumps(indices))
    return number


def gnm_arrays(own, identities, expressions):
    """The arrays of ``gnm_head.npz`` with MakeHuman's head in them, and behind it a tooth, a gum and a tongue.

    Args:
        own: The head.
        identities: (E, V, 3) mm in front view.
        expressions: (F, V, 3) mm in front view.
    """
    inside = MOUTH_MM + np.array([[0, 0, 0], [1, 0, 0], [0, 1, 0]])
    count = own.count + len(inside)
    lips, low = own.region("lips"), own.surface.jaw_share[: own.count] > 0.3
    mouth = own.region("mouth_interior")
    eyes = own.region("right_eye") | own.region("left_eye")
    masks = {
        "skin": own.skin | mouth, "upper_lip": lips & ~low, "lower_lip": lips & low, "ears": own.region("ear"),
        "mouth_sock": mouth, "eye_exteriors": eyes,
    }  # fmt: skip
    groups = np.zeros((len(masks) + 3, count), np.float32)
    for k, mask in enumerate(masks.values()):
        groups[k, : own.count] = mask
    groups[len(masks) :, own.count :] = np.eye(3)

    def basis(deltas):
        padded = np.zeros((len(deltas), count, 3))
        padded[:, : own.count] = deltas @ TURNED.T / 1000
        return padded.astype(np.float32)

    return {
        "version": "3.0",
        "variant": "head",
        "template_vertex_positions": (displaced(np.concatenate([own.true, inside])) / 1000).astype(np.float32),
        "vertex_identity_basis": basis(np.concatenate([identities, identities[:1]])),
        "identity_names": np.array([f"head_{k:03d}" for k in range(len(identities))] + ["teeth_000"]),
        "expression_basis": basis(expressions),
        "expression_names": np.array([f"lower_face_region_{k:03d}" for k in range(len(expressions))]),
        "quads": own.head_model.quads,
        "vertex_groups": groups,
        "vertex_group_names": np.array([*masks, "teeth", "gums", "tongue"]),
    }
