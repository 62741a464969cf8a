"""The head model of Google's GNM, read from its file ``gnm_head.npz``.

GNM Head (Apache-2.0, github.com/google/GNM) is learned from scans. Metres, y up, z toward the viewer. Its directions of
identity and expression are scaled to variance 1. The expressions have numbers for names, so each face unit of
MakeHuman is expressed in them: the mixture, by least squares with a small norm, that moves the skin as the unit moves
MakeHuman's mean adult.
"""

import zipfile
from pathlib import Path

import numpy as np
from scipy.spatial import cKDTree

from facedepth_pipeline.synthetic.head.carry_over import TISSUES, Carried
from facedepth_pipeline.synthetic.head.foreign import ForeignHead, NotThatModelError, make_head_model
from facedepth_pipeline.synthetic.head.head_model import FACE_UNIT, TEETH, HeadModel
from facedepth_pipeline.synthetic.head.places import EYES, MOUTH_INTERIOR, HeadParts, features, skin_of
from facedepth_pipeline.synthetic.head.surface import Surface

MM_PER_METRE = 1000.0
KEPT_IDENTITIES = ("head_", "eyes_", "eyeballs_")  # the others vary teeth
ARRAYS = (
    "template_vertex_positions", "vertex_identity_basis", "expression_basis", "identity_names", "quads",
    "vertex_groups", "vertex_group_names",
)  # fmt: skip
GROUPS = ("skin", "upper_lip", "lower_lip", "mouth_sock", "teeth", "gums", "tongue")
EYE_GROUPS = ("eye_exteriors", "eyeball_exterior")  # the clear outer shell; names of newer and of older files
NORM_WEIGHT = 0.001  # of the mixture of expressions, in mean squared displacements of one
UNIT_NEIGHBOURS = 4


def read_gnm(path: Path, makehuman: HeadModel) -> HeadModel:
    """The head model of GNM.

    Args:
        path: ``gnm_head.npz``.
        makehuman: The head model that ships, whose mean adult lends pose, regions, painted coordinates and the meaning
            of face units.

    Raises:
        NotThatModelError: If the file is missing or is something else.
    """
    try:
        with np.load(path, allow_pickle=False) as file:
            arrays = {name: file[name] for name in ARRAYS}
        head, expressions = _read(arrays)
    except (OSError, KeyError, ValueError, zipfile.BadZipFile) as error:
        raise NotThatModelError("gnm", path, str(error)) from error

    def units(carried: Carried, mean_adult: Surface, turn: np.ndarray) -> dict[str, np.ndarray]:
        return face_units(expressions, head.tissue, carried, mean_adult, makehuman, turn)

    return make_head_model(head, makehuman, units)


def _read(arrays: dict[str, np.ndarray]) -> tuple[ForeignHead, np.ndarray]:
    """The head, and (E, V, 3) float32 mm of its expressions."""
    vertices = arrays["template_vertex_positions"].astype(np.float64) * MM_PER_METRE
    names = [str(name) for name in arrays["vertex_group_names"]]
    group = dict(zip(names, np.asarray(arrays["vertex_groups"]) > 0.5, strict=True))
    eyes = next((group[name] for name in EYE_GROUPS if name in group), None)
    missing = [name for name in GROUPS if name not in group] + ([] if eyes is not None else [EYE_GROUPS[0]])
    if eyes is None or missing:
        raise ValueError(f"it lacks the vertex groups {missing}")
    tissue = _tissue(group, eyes, vertices)
    kept = np.flatnonzero(tissue >= 0)
    renumbered = np.full(len(vertices), -1)
    renumbered[kept] = np.arange(len(kept))
    quads = renumbered[np.asarray(arrays["quads"], dtype=np.int64)]
    wanted = [str(name).startswith(KEPT_IDENTITIES) for name in arrays["identity_names"]]
    parts = _parts(group, tissue, vertices, kept)
    head = ForeignHead(
        source="gnm",
        vertices=vertices[kept],
        quads=quads[(quads >= 0).all(axis=1)],
        tissue=tissue[kept],
        places=features(parts),
        identities=_millimetres(arrays["vertex_identity_basis"][wanted], kept),
        units={},
        subdivisions=1,
    )
    return head, _millimetres(arrays["expression_basis"], kept)


def _millimetres(basis: np.ndarray, kept: np.ndarray) -> np.ndarray:
    return basis[:, kept].astype(np.float32) * np.float32(MM_PER_METRE)


def _tissue(group: dict[str, np.ndarray], eyes: np.ndarray, vertices: np.ndarray) -> np.ndarray:
    """(V,) int, index into ``TISSUES``; -1 for what no camera sees."""
    tissue = np.full(len(vertices), -1)
    lids = group.get("eye_sockets", np.zeros_like(eyes))
    mouth = group["mouth_sock"] | group["gums"] | group["tongue"]
    right = vertices[:, 0] < vertices[eyes, 0].mean()
    for name, where in (
        ("skin", group["skin"]), ("eye_socket", lids), (MOUTH_INTERIOR, mouth), (TEETH, group["teeth"]),
        (EYES[0], eyes & right), (EYES[1], eyes & ~right),
    ):  # fmt: skip
        tissue[where] = TISSUES.index(name)
    return tissue


def _parts(group: dict[str, np.ndarray], tissue: np.ndarray, vertices: np.ndarray, kept: np.ndarray) -> HeadParts:
    nowhere = np.zeros(len(vertices), bool)
    eyes = [tissue == TISSUES.index(name) for name in EYES]
    centre = np.mean([(vertices[eye].min(axis=0) + vertices[eye].max(axis=0)) / 2 for eye in eyes], axis=0)
    return HeadParts(
        vertices=(vertices - centre)[kept],
        skin=(tissue == TISSUES.index("skin"))[kept],
        upper_lip=group["upper_lip"][kept],
        lower_lip=group["lower_lip"][kept],
        ears=group.get("ears", nowhere)[kept],
        eyes=tuple(eye[kept] for eye in eyes),
    )


def face_units(
    expressions: np.ndarray,
    tissue: np.ndarray,
    carried: Carried,
    mean_adult: Surface,
    makehuman: HeadModel,
    turn: np.ndarray,
) -> dict[str, np.ndarray]:
    """Face units of MakeHuman as mixtures of another model's expressions.

    Args:
        expressions: (E, V, 3) float32 mm, in the pose of the other model's file.
        tissue: (V,) int, index into ``TISSUES``.
        carried: Place of each vertex on the mean adult.
        mean_adult: MakeHuman's.
        makehuman: Its head model.
        turn: (3, 3) rotation that turns the other model to the front.

    Returns:
        Face unit with its prefix to (V, 3) float32 mm, in the pose of the file.
    """
    names = [name for name in makehuman.direction_names if name.startswith(FACE_UNIT)]
    rest = makehuman.shape({})
    wishes = np.stack([mean_adult.refine @ (makehuman.shape({name: 1.0}) - rest) for name in names])
    skin = tissue == TISSUES.index("skin")
    wish = _lent(wishes, mean_adult, skin_of(mean_adult), carried.canonical[skin]) @ turn
    basis = expressions[:, skin].reshape(len(expressions), -1).astype(np.float64)
    gram = basis @ basis.T
    gram += NORM_WEIGHT * np.trace(gram) / len(gram) * np.eye(len(gram))
    mixtures = np.linalg.solve(gram, basis @ wish.reshape(len(names), -1).T)
    moved = np.tensordot(mixtures.T.astype(np.float32), expressions, axes=1)
    for name in EYES:  # the model itself turns eyeballs by joints
        eye, lender = tissue == TISSUES.index(name), mean_adult.region_weights[name] > 0.5
        moved[:, eye] = _lent(wishes, mean_adult, lender, carried.canonical[eye]) @ turn
    return dict(zip(names, moved, strict=True))


def _lent(values: np.ndarray, mean_adult: Surface, lenders: np.ndarray, places: np.ndarray) -> np.ndarray:
    """(U, N, 3): values of (U, W, 3) at places of the mean adult, from its nearest vertices among the lenders."""
    distance, nearest = cKDTree(mean_adult.canonical[lenders]).query(places, UNIT_NEIGHBOURS)
    near = 1 / (distance + 0.3)
    near /= near.sum(axis=1, keepdims=True)
    return np.einsum("nk,unkc->unc", near, values[:, lenders][:, nearest])
