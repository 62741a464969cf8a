"""A head of variable shape: one quad mesh and the directions that move its vertices.

Three sources have such a model. ``makehuman`` is the one that ships: its mesh and its directions come from MakeHuman
(CC0), ``tools/build_head_model.py`` builds the file and ``data/01_raw/head_model.LICENSE.md`` says where each piece
comes from. ``ict`` and ``gnm`` are read by :mod:`~facedepth_pipeline.synthetic.head.ict` and
:mod:`~facedepth_pipeline.synthetic.head.gnm` from files that the user has. Millimetres; x right as the camera sees it
(the person's left), y up, z toward the camera; the origin lies midway between the centres of the eyes, and every
source faces the camera as MakeHuman's mean young adult of three ethnicities and two sexes does, which is the head of
``makehuman`` with all coefficients zero.

Names of directions: ``macro/<ethnicity>-<sex>-<age>`` and ``macro/<sex>-<age>-<weight>`` (the weights of
each of the two families should sum to 1), ``<part>/<name>-incr`` and ``-decr`` and the like for details, and
``expression/<face unit>``. Those of the other sources are ``identity/<number>`` and ``expression/<face unit>``.

The 25 landmarks, in the row order of a fiducials file. Rows 4, 7, 14, 15 and 18 mean what they mean in the
Texas database; what its other rows mean is not publicly known, so here they are common points of facial
anthropometry, chosen by this project ("right" is the person's right, which is left in the image):

==  ==================  ==  ==================  ==  ==================
 0  right_brow_outer     9  left_upper_lid      18  pronasale
 1  right_brow_inner    10  left_brow_inner     19  subnasale
 2  right_upper_lid     11  left_brow_outer     20  stomion
 3  right_eye_outer     12  right_alare         21  sublabiale
 4  right_eye_inner     13  left_alare          22  pogonion
 5  sellion             14  right_cheilion      23  right_gonion
 6  rhinion             15  left_cheilion       24  left_gonion
 7  left_eye_inner      16  labiale_superius
 8  left_eye_outer      17  labiale_inferius
==  ==================  ==  ==================  ==  ==================
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from facedepth_pipeline.data.texas.fiducials import FIDUCIAL_COUNT
from facedepth_pipeline.parameters import HeadSource

ARRAY_NAMES = (
    "vertices", "quads", "uvs", "regions", "region_names", "landmarks", "landmark_names",
    "direction_names", "direction_offsets", "direction_indices", "direction_deltas",
)  # fmt: skip


TEETH = "teeth"
FACE_UNIT = "expression/"


@dataclass(frozen=True, eq=False)
class HeadModel:
    """Head, neck and eyes of a mean adult, and how they vary; MakeHuman's has shoulders, the others have teeth.

    Attributes:
        vertices: (V, 3) float32, mm.
        quads: (Q, 4) int32 vertex numbers, wound toward the outside; a triangle repeats its third corner.
        uvs: (V, 2) float32 in [0, 1].
        regions: (V,) uint8 index into ``region_names``.
        region_names: Skin, lips, eyelid, ear, nostril, mouth_interior, scalp, neck, clothes, the eyes, and teeth.
        landmarks: (25,) int32 vertex numbers in the row order of a fiducials file.
        landmark_names: The 25 names listed above.
        direction_names: D names of sparse shape directions.
        direction_offsets: (D + 1,) int32; direction d owns the rows offsets[d] to offsets[d + 1].
        direction_indices: (N,) int32 vertex moved by each row.
        direction_deltas: (N, 3) float16 displacement at coefficient 1, mm.
        dense_names: E names of directions that move every vertex.
        dense_deltas: (E, V, 3) float32 displacement at coefficient 1, mm.
        canonical: (V, 3) float32 mm, for each vertex the place on MakeHuman's mean adult in whose coordinates
            appearance is painted; for MakeHuman the vertex itself.
        region_weights: (V, R) float32 shares of the regions in each vertex; rows sum to 1.
        source: Name of the head model.
        subdivisions: How often the mesh is subdivided before it is rendered.

    Raises:
        ValueError: If the arrays do not fit together.
    """

    vertices: np.ndarray
    quads: np.ndarray
    uvs: np.ndarray
    regions: np.ndarray
    region_names: tuple[str, ...]
    landmarks: np.ndarray
    landmark_names: tuple[str, ...]
    direction_names: tuple[str, ...]
    direction_offsets: np.ndarray
    direction_indices: np.ndarray
    direction_deltas: np.ndarray
    dense_names: tuple[str, ...]
    dense_deltas: np.ndarray
    canonical: np.ndarray
    region_weights: np.ndarray
    source: HeadSource
    subdivisions: int

    def __post_init__(self) -> None:
        count = len(self.vertices)
        numbers = {
            "quads": self.quads,
            "landmarks": self.landmarks,
            "direction_indices": self.direction_indices,
        }
        shapes = {
            "canonical": (self.canonical, (count, 3)),
            "region_weights": (self.region_weights, (count, len(self.region_names))),
            "dense_deltas": (self.dense_deltas, (len(self.dense_names), count, 3)),
        }
        for name, (array, expected) in shapes.items():
            if array.shape != expected:
                raise ValueError(f"{name} must have the shape {expected}; received {array.shape}.")
        for name, array in numbers.items():
            if array.size and not (array.min() >= 0 and array.max() < count):
                raise ValueError(f"{name} must lie in 0..{count - 1}; received up to {array.max()}.")
        if len(self.landmarks) != FIDUCIAL_COUNT or len(self.landmark_names) != FIDUCIAL_COUNT:
            raise ValueError(
                f"Expected {FIDUCIAL_COUNT} landmarks and names; received {len(self.landmarks)} and "
                f"{len(self.landmark_names)}."
            )
        if len(self.direction_offsets) != len(self.direction_names) + 1:
            raise ValueError(
                "direction_offsets must be one longer than direction_names; received "
                f"{len(self.direction_offsets)} and {len(self.direction_names)}."
            )

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, np.ndarray]) -> "HeadModel":
        """Take the arrays of ``head_model.npz`` as numpy opens it, without pickles.

        Raises:
            ValueError: If an array is missing or the arrays do not fit together.
        """
        missing = [name for name in ARRAY_NAMES if name not in arrays]
        if missing:
            raise ValueError(
                f"The head model lacks the arrays {missing}; tools/build_head_model.py writes all of them."
            )
        vertices, regions = np.asarray(arrays["vertices"]), np.asarray(arrays["regions"])
        region_names = _texts(arrays["region_names"])
        return cls(
            vertices=vertices,
            quads=np.asarray(arrays["quads"]),
            uvs=np.asarray(arrays["uvs"]),
            regions=regions,
            region_names=region_names,
            landmarks=np.asarray(arrays["landmarks"]),
            landmark_names=_texts(arrays["landmark_names"]),
            direction_names=_texts(arrays["direction_names"]),
            direction_offsets=np.asarray(arrays["direction_offsets"]),
            direction_indices=np.asarray(arrays["direction_indices"]),
            direction_deltas=np.asarray(arrays["direction_deltas"]),
            dense_names=(),
            dense_deltas=np.zeros((0, *vertices.shape), np.float32),
            canonical=vertices,
            region_weights=np.eye(len(region_names), dtype=np.float32)[regions],
            source="makehuman",
            subdivisions=2,
        )

    @cached_property
    def triangles(self) -> np.ndarray:
        """(2 Q, 3) int32: each quad split along its first diagonal."""
        return split_quads(self.quads)

    @cached_property
    def _direction_rows(self) -> dict[str, slice]:
        starts = self.direction_offsets[:-1].tolist()
        stops = self.direction_offsets[1:].tolist()
        return {name: slice(*rows) for name, *rows in zip(self.direction_names, starts, stops, strict=True)}

    @cached_property
    def _dense_rows(self) -> dict[str, int]:
        return {name: row for row, name in enumerate(self.dense_names)}

    def knows(self, direction: str) -> bool:
        """Whether this model has a direction of that name."""
        return direction in self._direction_rows or direction in self._dense_rows

    def shape(self, coefficients: Mapping[str, float]) -> np.ndarray:
        """Vertices of one head.

        Args:
            coefficients: Direction name to weight; 1 is the displacement as the model's authors made it. A face
                unit that this model lacks moves nothing.

        Returns:
            (V, 3) float32, mm.

        Raises:
            ValueError: If another name is not a direction of this model.
        """
        unknown = sorted(name for name in coefficients if not (self.knows(name) or name.startswith(FACE_UNIT)))
        if unknown:
            names = (*self.direction_names, *self.dense_names)
            raise ValueError(
                f"Received the unknown shape directions {unknown}; this model ({self.source}) has "
                f"{len(names)}, for example {names[0]!r}."
            )
        shaped = self.vertices.astype(np.float32)
        dense = {self._dense_rows[name]: weight for name, weight in coefficients.items() if name in self._dense_rows}
        if dense:
            # Not by BLAS, whose sums depend on how many threads it has.
            weights = np.zeros(len(self.dense_names), np.float32)
            weights[list(dense)] = list(dense.values())
            shaped += np.einsum("e,evc->vc", weights, self.dense_deltas)
        for name, weight in coefficients.items():
            if name in self._direction_rows:
                rows = self._direction_rows[name]
                delta = self.direction_deltas[rows].astype(np.float32)
                shaped[self.direction_indices[rows]] += np.float32(weight) * delta
        return shaped

    def landmark(self, name: str) -> int:
        """Vertex number of a landmark."""
        return int(self.landmarks[self.landmark_names.index(name)])


def _texts(array: np.ndarray) -> tuple[str, ...]:
    return tuple(str(text) for text in array)


def split_quads(quads: np.ndarray) -> np.ndarray:
    """(2 Q, 3) int32 triangles of (Q, 4) quads, the two halves of a quad side by side."""
    halves = np.stack([quads[:, [0, 1, 2]], quads[:, [0, 2, 3]]], axis=1)
    return halves.reshape(-1, 3).astype(np.int32)
