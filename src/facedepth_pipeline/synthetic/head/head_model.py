"""A head of variable shape: one quad mesh and sparse directions that move its vertices.

The mesh and the directions come from MakeHuman (CC0); ``tools/build_head_model.py`` builds the file and
``data/01_raw/head_model.LICENSE.md`` says where each piece comes from. Millimetres; x right as the camera
sees it (the person's left), y up, z toward the camera; the origin lies midway between the centres of the
eyes. With all coefficients zero the head is the mean young adult of three ethnicities and two sexes.

Names of directions: ``macro/<ethnicity>-<sex>-<age>`` and ``macro/<sex>-<age>-<weight>`` (the weights of
each of the two families should sum to 1), ``<part>/<name>-incr`` and ``-decr`` and the like for details, and
``expression/<face unit>``.

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

ARRAY_NAMES = (
    "vertices", "quads", "uvs", "regions", "region_names", "landmarks", "landmark_names",
    "direction_names", "direction_offsets", "direction_indices", "direction_deltas",
)  # fmt: skip


@dataclass(frozen=True, eq=False)
class HeadModel:
    """Head, neck, shoulders and eyes of the mean young adult, and how they vary.

    Attributes:
        vertices: (V, 3) float32, mm.
        quads: (Q, 4) int32 vertex numbers, wound toward the outside.
        uvs: (V, 2) float32 in [0, 1].
        regions: (V,) uint8 index into ``region_names``.
        region_names: Skin, lips, eyelid, ear, nostril, mouth_interior, scalp, neck, clothes and the eyes.
        landmarks: (25,) int32 vertex numbers in the row order of a fiducials file.
        landmark_names: The 25 names listed above.
        direction_names: D names of shape directions.
        direction_offsets: (D + 1,) int32; direction d owns the rows offsets[d] to offsets[d + 1].
        direction_indices: (N,) int32 vertex moved by each row.
        direction_deltas: (N, 3) float16 displacement at coefficient 1, mm.

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

    def __post_init__(self) -> None:
        count = len(self.vertices)
        numbers = {
            "quads": self.quads,
            "landmarks": self.landmarks,
            "direction_indices": self.direction_indices,
        }
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
        return cls(
            vertices=np.asarray(arrays["vertices"]),
            quads=np.asarray(arrays["quads"]),
            uvs=np.asarray(arrays["uvs"]),
            regions=np.asarray(arrays["regions"]),
            region_names=_texts(arrays["region_names"]),
            landmarks=np.asarray(arrays["landmarks"]),
            landmark_names=_texts(arrays["landmark_names"]),
            direction_names=_texts(arrays["direction_names"]),
            direction_offsets=np.asarray(arrays["direction_offsets"]),
            direction_indices=np.asarray(arrays["direction_indices"]),
            direction_deltas=np.asarray(arrays["direction_deltas"]),
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

    def shape(self, coefficients: Mapping[str, float]) -> np.ndarray:
        """Vertices of one head.

        Args:
            coefficients: Direction name to weight; 1 is the displacement as MakeHuman made it.

        Returns:
            (V, 3) float32, mm.

        Raises:
            ValueError: If a name is not a direction of this model.
        """
        unknown = sorted(set(coefficients) - self._direction_rows.keys())
        if unknown:
            raise ValueError(
                f"Received the unknown shape directions {unknown}; this model has "
                f"{len(self.direction_names)}, for example {self.direction_names[0]!r}."
            )
        shaped = self.vertices.astype(np.float32)
        for name, weight in coefficients.items():
            rows = self._direction_rows[name]
            shaped[self.direction_indices[rows]] += np.float32(weight) * self.direction_deltas[rows].astype(np.float32)
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
