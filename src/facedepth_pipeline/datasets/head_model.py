"""The head models that portraits are rendered from."""

from pathlib import Path
from typing import Any

import numpy as np
from kedro.io import AbstractDataset, DatasetError

from facedepth_pipeline.synthetic.head.head_model import HeadModel
from facedepth_pipeline.synthetic.head.sources import HeadModels


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


class HeadModelsDataset(AbstractDataset[None, HeadModels]):
    """The head model that ships, and where the user has others; those are read when people are drawn from them.

    Args:
        filepath: ``head_model.npz``.
        ict_root: A clone of github.com/ICT-VGL/ICT-FaceKit, or None.
        gnm_path: ``gnm_head.npz`` of github.com/google/GNM, or None.
        metadata: For Kedro-Viz; not used here.
    """

    def __init__(
        self, *, filepath: str, ict_root: str | None, gnm_path: str | None, metadata: dict[str, Any] | None = None
    ) -> None:
        self._makehuman = HeadModelDataset(filepath=filepath)
        self._ict_root, self._gnm_path = ict_root, gnm_path
        self.metadata = metadata

    def load(self) -> HeadModels:
        """Read the head model that ships."""
        return HeadModels(
            makehuman=self._makehuman.load(),
            ict_root=Path(self._ict_root).expanduser() if self._ict_root else None,
            gnm_path=Path(self._gnm_path).expanduser() if self._gnm_path else None,
        )

    def save(self, data: None) -> None:
        """Refused: others make these files."""
        raise DatasetError("Head models are read only.")

    def _describe(self) -> dict[str, Any]:
        return {"makehuman": self._makehuman._describe(), "ict_root": self._ict_root, "gnm_path": self._gnm_path}
