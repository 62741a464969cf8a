"""One wardrobe for every head: where each vertex of any head mesh lies on MakeHuman's mean adult.

Appearance is painted in the coordinates of that mean adult. Named places that both heads have (eye corners, lids,
lips, nose, brows, chin) first bend the new head onto it by a thin-plate spline. Then its skin is drawn to the nearest
skin that faces the same way, while neighbours are held together, in steps that give them more and more freedom. The
result is continuous, so brows, lips and beards have whole edges. Eyeballs are mapped by centre and radius; teeth and
what else lies in the mouth go by the spline alone.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from scipy import sparse
from scipy.sparse.linalg import SuperLU, splu
from scipy.spatial import cKDTree

from facedepth_pipeline.synthetic.head.head_model import TEETH, HeadModel, split_quads
from facedepth_pipeline.synthetic.head.places import EYES, MOUTH_INTERIOR, places_on, skin_of
from facedepth_pipeline.synthetic.head.surface import Surface, vertex_normals

TISSUES = ("skin", "eye_socket", MOUTH_INTERIOR, TEETH, *EYES)

NORMAL_MM = 8.0  # how many millimetres of distance two opposite normals are worth, by half
STIFFNESS = (1000.0, 300.0, 100.0, 30.0, 10.0, 3.0)
PLACE_PULL = 10.0  # of a named place, in nearest points
OUTLIER_MM = 5.0
REGION_NEIGHBOURS = 6
SHIFT_NEIGHBOURS = 24


class RawHead(NamedTuple):
    """A head mesh that another source brings, turned to the front.

    Attributes:
        vertices: (V, 3) float64 mm, origin midway between the eyes.
        quads: (Q, 4) int vertex numbers; a triangle repeats its third corner.
        tissue: (V,) int, index into ``TISSUES``.
        places: Name of a place, as in ``places.places_on``, to its vertex number.
    """

    vertices: np.ndarray
    quads: np.ndarray
    tissue: np.ndarray
    places: Mapping[str, int]


@dataclass(frozen=True, eq=False)
class Carried:
    """What MakeHuman's mean adult lends to another head.

    Attributes:
        canonical: (V, 3) float32 mm.
        region_names: Those of MakeHuman and ``teeth``.
        region_weights: (V, R) float32; rows sum to 1.
    """

    canonical: np.ndarray
    region_names: tuple[str, ...]
    region_weights: np.ndarray

    @property
    def regions(self) -> np.ndarray:
        """(V,) uint8 index of the largest share."""
        return self.region_weights.argmax(axis=1).astype(np.uint8)


def carry_over(raw: RawHead, mean_adult: Surface) -> Carried:
    """Give each vertex of a head its place on the mean adult, and its regions.

    Args:
        raw: The head.
        mean_adult: MakeHuman's.
    """
    targets = places_on(mean_adult)
    names = [name for name in raw.places if name in targets]
    numbers = np.array([raw.places[name] for name in names])
    goals = np.array([targets[name] for name in names])
    skin = raw.tissue == TISSUES.index("skin")
    bent = _drawn_to_skin(raw, skin, mean_adult, numbers, goals)
    loose = np.isin(raw.tissue, [TISSUES.index(name) for name in (MOUTH_INTERIOR, TEETH, "eye_socket")])
    bent[loose] += _shift_beside(raw.vertices[loose], raw.vertices[skin], (bent - raw.vertices)[skin])
    for side, name in enumerate(EYES):
        eye = raw.tissue == TISSUES.index(name)
        if eye.any():
            bent[eye] = _on_eyeball(raw.vertices[eye], mean_adult.eye_centres[side], mean_adult.eye_radius_mm)
    return Carried(bent.astype(np.float32), *_regions(bent, raw.tissue, skin, mean_adult))


def _drawn_to_skin(
    raw: RawHead, skin: np.ndarray, mean_adult: Surface, places: np.ndarray, goals: np.ndarray
) -> np.ndarray:
    """(V, 3) float64: the skin on the nearest skin, named places on their goals, all else where it was."""
    target = np.flatnonzero(skin_of(mean_adult))
    points = mean_adult.canonical[target].astype(np.float64)
    normals = mean_adult.canonical_normals[target].astype(np.float64)
    tree = cKDTree(np.concatenate([points, NORMAL_MM / 2 * normals], axis=1))
    quads = raw.quads[skin[raw.quads].all(axis=1)]
    triangles = split_quads(quads)
    start = raw.vertices
    stiff = _squared_laplacian(quads, len(start))
    pull = np.zeros(len(start))
    pull[places] = PLACE_PULL
    moved = start.copy()
    for stiffness in STIFFNESS:
        facing = vertex_normals(moved, triangles).astype(np.float64)
        _, nearest = tree.query(np.concatenate([moved, NORMAL_MM / 2 * facing], axis=1)[skin])
        offset = points[nearest] - moved[skin]
        toward = np.einsum("ij,ij->i", offset, normals[nearest])[:, None] * normals[nearest]
        weight = np.zeros(len(start))
        weight[skin] = 1 / (1 + np.sum(offset**2, axis=1) / OUTLIER_MM**2)
        wish = weight[:, None] * (moved - start)
        wish[skin] += weight[skin, None] * toward
        wish[places] += PLACE_PULL * (goals - start[places])
        system = sparse.diags_array(weight + pull + 1e-6) + stiffness * stiff
        moved = start + _positive(system).solve(wish)
    return moved


def _positive(system: sparse.sparray) -> SuperLU:
    """Factors of a symmetric positive definite matrix."""
    return splu(
        sparse.csc_array(system), permc_spec="MMD_AT_PLUS_A", diag_pivot_thresh=0.0, options={"SymmetricMode": True}
    )


def _shift_beside(points: np.ndarray, skin: np.ndarray, shift: np.ndarray) -> np.ndarray:
    """(N, 3): the mean shift of the nearest skin."""
    distance, nearest = cKDTree(skin).query(points, SHIFT_NEIGHBOURS)
    near = 1 / (distance + 1)
    return np.einsum("nk,nkc->nc", near / near.sum(axis=1, keepdims=True), shift[nearest])


def _squared_laplacian(quads: np.ndarray, count: int) -> sparse.csr_array:
    """Penalty of how far a vertex's shift lies from the mean of its neighbours' shifts."""
    start, end = quads.ravel(), np.roll(quads, -1, axis=1).ravel()
    start, end = start[start != end], end[start != end]
    linked = sparse.csr_array((np.ones(2 * len(start)), (np.r_[start, end], np.r_[end, start])), shape=(count, count))
    linked.data[:] = 1
    degree = np.maximum(linked.sum(axis=1), 1)
    laplacian = sparse.eye_array(count) - sparse.diags_array(1 / degree) @ linked
    return sparse.csr_array(laplacian.T @ laplacian)


def _on_eyeball(points: np.ndarray, centre: np.ndarray, radius_mm: float) -> np.ndarray:
    low, high = points.min(axis=0), points.max(axis=0)
    return centre + (points - (low + high) / 2) * (2 * radius_mm / (high - low)[0])


def _regions(
    canonical: np.ndarray, tissue: np.ndarray, skin: np.ndarray, mean_adult: Surface
) -> tuple[tuple[str, ...], np.ndarray]:
    """Shares of the regions: on the skin those of the mean adult's nearest skin, elsewhere what the tissue says."""
    names = (*(name for name in mean_adult.region_weights if name != TEETH), TEETH)
    weights = np.zeros((len(canonical), len(names)), np.float32)
    on_skin = skin_of(mean_adult)
    distance, nearest = cKDTree(mean_adult.canonical[on_skin]).query(canonical[skin], REGION_NEIGHBOURS)
    table = np.stack([mean_adult.region_weights[name][on_skin] for name in names], axis=1)
    table[:, [names.index(name) for name in (*EYES, MOUTH_INTERIOR)]] = 0
    near = 1 / (distance + 0.3)
    weights[skin] = np.einsum("nk,nkr->nr", near, table[nearest])
    weights[tissue == TISSUES.index("eye_socket"), names.index("eyelid")] = 1
    for name in (MOUTH_INTERIOR, TEETH, *EYES):
        weights[tissue == TISSUES.index(name), names.index(name)] = 1
    weights = np.clip(weights, 0, None)
    return names, weights / weights.sum(axis=1, keepdims=True)


def landmarks_of(makehuman: HeadModel, mean_adult: Surface, carried: Carried, raw: RawHead) -> np.ndarray:
    """(25,) int32: for each landmark of MakeHuman the named vertex, else the nearest vertex of the skin."""
    skin = np.flatnonzero(raw.tissue == TISSUES.index("skin"))
    _, nearest = cKDTree(carried.canonical[skin]).query(mean_adult.canonical[makehuman.landmarks])
    numbers = {name: int(skin[k]) for name, k in zip(makehuman.landmark_names, nearest, strict=True)}
    return np.array([raw.places.get(name, number) for name, number in numbers.items()], np.int32)
