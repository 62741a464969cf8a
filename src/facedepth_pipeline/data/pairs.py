"""A preprocessed pair, and the sequence of them that training and evaluation read."""

import hashlib
from collections.abc import Collection, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from facedepth_pipeline.depth import DepthMap, depth_from_range, fit_depth, fit_photo
from facedepth_pipeline.parameters import Fit


@dataclass(frozen=True, eq=False)
class Pair:
    """One photo with its depth, pixel for pixel.

    Attributes:
        image_id: Id in the database.
        subject_id: Who it is.
        photo: (256, 256, 3) uint8 RGB.
        depth_map: Depth in millimetres, mask and pitch, 256x256.
        fit: How the 751x501 frame became 256x256.
    """

    image_id: str
    subject_id: str
    photo: np.ndarray
    depth_map: DepthMap
    fit: Fit


class Pairs(Sequence[Pair]):
    """Pairs read one at a time, with a table that says what there is without reading any.

    Attributes:
        table: One row a pair, in order: image_id, subject_id, photo_path, depth_path, pitch_x_mm,
            pitch_y_mm, fit, photo_sha256, depth_sha256.
    """

    table: pd.DataFrame

    def of_subjects(self, subject_ids: Collection[str]) -> "PairsView":
        """The pairs of these people alone, in the same order."""
        return PairsView(self, np.flatnonzero(self.table["subject_id"].isin(list(subject_ids))))


class PairsView(Pairs):
    """Some of the pairs of another sequence."""

    def __init__(self, pairs: Pairs, positions: np.ndarray) -> None:
        self._pairs, self._positions = pairs, positions
        self.table = pairs.table.iloc[positions].reset_index(drop=True)

    def __len__(self) -> int:
        return len(self._positions)

    def __getitem__(self, position: int) -> Pair:  # type: ignore[override]
        return self._pairs[int(self._positions[position])]


def preprocess_pair(image_id: str, subject_id: str, portrait: np.ndarray, range_grey: np.ndarray, fit: Fit) -> Pair:
    """Resample one Texas pair, (751, 501, 3) portrait and (751, 501) range, to 256x256."""
    return Pair(image_id, subject_id, fit_photo(portrait, fit), fit_depth(depth_from_range(range_grey), fit), fit)


def pairs_digest(pairs: Pairs) -> str:
    """SHA-256 over the contents of these pairs, in order: figures of different digests do not compare."""
    columns = ["image_id", "subject_id", "fit", "photo_sha256", "depth_sha256"]
    rows = pairs.table[columns].itertuples(index=False)
    return hashlib.sha256("\n".join(",".join(map(str, row)) for row in rows).encode()).hexdigest()
