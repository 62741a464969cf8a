"""The head model as the renderer needs it: a smooth fine mesh whose topology never changes."""

from dataclasses import dataclass

import numpy as np
from scipy import sparse

from facedepth_pipeline.synthetic.head.head_model import TEETH, HeadModel, split_quads
from facedepth_pipeline.synthetic.head.subdivision import subdivision_matrix

JAW_OPEN = "expression/jawOpen"


@dataclass(frozen=True, eq=False)
class Surface:
    """Everything about the fine mesh that no subject changes.

    Attributes:
        refine: (W, V) sparse float32 weights from coarse to fine vertices.
        refine_last: (W, U) sparse float32, the last subdivision alone; fine vertex u < U is vertex u of the mesh
            before it.
        diffusion: (W, W) sparse float32, rows sum to 1: half of a vertex's value and half of the mean of
            its neighbours'. Where vertices lie 1 mm apart, n products spread by sqrt(n) / 2 mm.
        triangles: (T, 3) int32, fine.
        canonical: (W, 3) float32 mm, places on MakeHuman's mean adult: a coordinate that is fixed to the skin and
            the same for every head model, in which appearance is painted.
        canonical_normals: (W, 3) float32, unit length.
        region_weights: Region name to (W,) float32 in [0, 1]; they sum to 1 over regions. ``teeth`` is always
            there, and 0 where the head has none.
        jaw_share: (W,) float32, how far each vertex follows when the jaw drops: 0 not at all, 1 as the chin.
        eye_centres: (2, 3) float32 mm, canonical, right then left of the person.
        eye_radius_mm: Of the eyeball.
        landmarks: (25,) int32 fine vertex numbers.
        vertex_from_triangle: (W, T) sparse 0/1 incidence, to sum normals.
    """

    refine: sparse.csr_array
    refine_last: sparse.csr_array
    diffusion: sparse.csr_array
    triangles: np.ndarray
    canonical: np.ndarray
    canonical_normals: np.ndarray
    region_weights: dict[str, np.ndarray]
    jaw_share: np.ndarray
    eye_centres: np.ndarray
    eye_radius_mm: float
    landmarks: np.ndarray
    vertex_from_triangle: sparse.csr_array

    def normals(self, vertices: np.ndarray) -> np.ndarray:
        """(W, 3) float32 unit normals of fine vertices, averaged over triangles by area."""
        return _normals(vertices, self.triangles, self.vertex_from_triangle)


def build_surface(head_model: HeadModel) -> Surface:
    """Subdivide the head until there is about 1 mm between vertices on the face.

    Raises:
        ValueError: If the head model is to be subdivided less than once.
    """
    if head_model.subdivisions < 1:
        raise ValueError(f"subdivisions must be 1 or more; received {head_model.subdivisions}.")
    refine_first, quads_between = subdivision_matrix(
        head_model.quads, len(head_model.vertices), head_model.subdivisions - 1
    )
    refine_last, quads = subdivision_matrix(quads_between, refine_first.shape[0], 1)
    refine = sparse.csr_array(refine_last @ refine_first)
    triangles = split_quads(quads)
    incidence = _incidence(triangles, refine.shape[0])
    canonical = refine @ head_model.canonical.astype(np.float32)
    weights = refine @ head_model.region_weights
    region_weights = {TEETH: np.zeros(len(canonical), np.float32)}
    region_weights |= {name: weights[:, k] for k, name in enumerate(head_model.region_names)}
    eyes = [
        head_model.canonical[head_model.regions == head_model.region_names.index(name)]
        for name in ("right_eye", "left_eye")
    ]
    centres = np.stack([(eye.min(axis=0) + eye.max(axis=0)) / 2 for eye in eyes]).astype(np.float32)
    return Surface(
        refine=refine,
        refine_last=refine_last,
        diffusion=_diffusion(quads, refine.shape[0]),
        triangles=triangles,
        canonical=canonical,
        canonical_normals=_normals(canonical, triangles, incidence),
        region_weights=region_weights,
        jaw_share=_jaw_share(head_model, refine),
        eye_centres=centres,
        eye_radius_mm=float(np.ptp(eyes[0][:, 0]) / 2),
        landmarks=head_model.landmarks,  # subdivision keeps the numbers of the coarse vertices
        vertex_from_triangle=incidence,
    )


def _jaw_share(head_model: HeadModel, refine: sparse.csr_array) -> np.ndarray:
    """(W,) float32; all 0 for a head model whose jaw cannot drop."""
    if not head_model.knows(JAW_OPEN):
        return np.zeros(refine.shape[0], np.float32)
    closed = refine @ head_model.vertices.astype(np.float32)
    dropped = closed[:, 1] - (refine @ head_model.shape({JAW_OPEN: 1.0}))[:, 1]
    return np.clip(dropped / dropped.max(), 0, 1).astype(np.float32)


def _diffusion(quads: np.ndarray, vertex_count: int) -> sparse.csr_array:
    start = np.concatenate([quads, np.roll(quads, -1, axis=1)]).ravel()
    end = np.concatenate([np.roll(quads, -1, axis=1), quads]).ravel()
    linked = sparse.csr_array((np.ones(len(start), np.float32), (start, end)), shape=(vertex_count, vertex_count))
    linked.data[:] = 1  # an edge between two quads was counted twice
    share = 0.5 / np.maximum(linked.sum(axis=1), 1)
    spread = sparse.diags_array(share) @ linked + 0.5 * sparse.eye_array(vertex_count)
    return sparse.csr_array(spread.astype(np.float32))


def _incidence(triangles: np.ndarray, vertex_count: int) -> sparse.csr_array:
    columns = np.repeat(np.arange(len(triangles)), 3)
    ones = np.ones(triangles.size, dtype=np.float32)
    return sparse.csr_array((ones, (triangles.ravel(), columns)), shape=(vertex_count, len(triangles)))


def vertex_normals(vertices: np.ndarray, triangles: np.ndarray) -> np.ndarray:
    """(V, 3) float32 unit normals of any mesh, averaged over triangles by area."""
    return _normals(vertices, triangles, _incidence(triangles, len(vertices)))


def _normals(vertices: np.ndarray, triangles: np.ndarray, incidence: sparse.csr_array) -> np.ndarray:
    first, second, third = (vertices[triangles[:, corner]] for corner in range(3))
    summed = incidence @ np.cross(second - first, third - first)
    length = np.sqrt(np.einsum("ij,ij->i", summed, summed))[:, None]
    return (summed / np.maximum(length, np.float32(1e-12))).astype(np.float32)
