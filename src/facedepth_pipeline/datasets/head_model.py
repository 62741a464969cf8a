"""The head model that portraits are rendered from."""

from pathlib import Path
from typing import Any

import numpy as np
from kedro.io import AbstractDataset, DatasetError

from facedepth_pipeline.synthetic.head.head_model import HeadModel


class HeadModelDataset(AbstractDataset[None, HeadModel]):
    """``head_model.npz``, made by ``tools/build_head_model.py``; read only.

    Args:
        filepath: The file.
        metadata: For Kedro-Viz; not used here.
    """

    def __init__(self, *, filepath: str, metadata: dict[str, Any] | None = None) -> None:
        self._filepath = Path(filepath)
        self.metadata = metadata

    def load(self) -> HeadModel:
        """Read all arrays."""
        with np.load(self._filepath, allow_pickle=False) as arrays:
            return HeadModel.from_arrays(dict(arrays))

    def save(self, data: None) -> None:
        """Refused: the tool makes the file."""
        raise DatasetError(f"{self._filepath} is read only; tools/build_head_model.py makes it.")

    def _exists(self) -> bool:
        return self._filepath.is_file()

    def _describe(self) -> dict[str, Any]:
        return {"filepath": str(self._filepath)}
