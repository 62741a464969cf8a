"""Results of photos on disk."""

import json
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from kedro.io import AbstractDataset
from PIL import Image

from facedepth_pipeline.batch import PhotoResult
from facedepth_pipeline.datasets.files import replace_folder
from facedepth_pipeline.results import (
    FACE_COLUMNS,
    PHOTO_COLUMNS,
    PREVIEW_FILE,
    RECORD_FILE,
    face_rows,
    write_result,
)


class ReconstructionsOnDisk:
    """Results below a folder: ``<photo_id>/<result_key>/``."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def records(self) -> pd.DataFrame:
        """One row a face with PHOTO_COLUMNS and FACE_COLUMNS, oldest first; ``folder`` is its path below the root."""
        rows = [
            row
            for path in sorted(self._folder.glob(f"*/*/{RECORD_FILE}"))
            if not path.parent.name.startswith(".")
            for row in face_rows(json.loads(path.read_text("utf-8")), path.parent.relative_to(self._folder).as_posix())
        ]
        table = pd.DataFrame(rows, columns=(*PHOTO_COLUMNS, *FACE_COLUMNS))
        table = table.astype({"vertices": "Int64", "triangles": "Int64"})  # those of a refused photo are missing
        return table.sort_values(["finished_at", "file_name", "face"], ignore_index=True)

    def preview(self, folder: str) -> np.ndarray:
        """(H, W, 3) uint8 picture of one result."""
        with Image.open(self._folder / folder / PREVIEW_FILE) as image:
            return np.asarray(image.convert("RGB"))


class ReconstructionsDataset(AbstractDataset[Iterable[PhotoResult], ReconstructionsOnDisk]):
    """Folder of results. Saving takes them one at a time; each appears whole, beside earlier ones.

    What the folder of a photo holds is said in :mod:`facedepth_pipeline.results`; that of a refused photo holds
    ``result.json`` alone.

    Args:
        filepath: The folder (``meshes_root``).
        metadata: For Kedro-Viz; not used here.
    """

    def __init__(self, *, filepath: str, metadata: dict[str, Any] | None = None) -> None:
        self._filepath = Path(filepath)
        self.metadata = metadata

    def load(self) -> ReconstructionsOnDisk:
        """Open the folder."""
        return ReconstructionsOnDisk(self._filepath)

    def save(self, data: Iterable[PhotoResult]) -> None:
        """Write results as they come."""
        for result in data:
            with replace_folder(self._filepath / result.photo_id / result.made_by.result_key) as folder:
                write_result(folder, result, datetime.now(UTC))

    def _exists(self) -> bool:
        return self._filepath.is_dir()

    def _describe(self) -> dict[str, Any]:
        return {"filepath": str(self._filepath)}
