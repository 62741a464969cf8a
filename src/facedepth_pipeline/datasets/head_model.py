"""The head models that portraits are rendered from."""

from pathlib import Path
from typing import Any

import numpy as np

from facedepth_pipeline.datasets.read_only import ReadOnlyDataset
from facedepth_pipeline.synthetic.head.head_model import HeadModel
from facedepth_pipeline.synthetic.head.sources import HeadModels


class HeadModelDataset(ReadOnlyDataset[HeadModel]):
    """``head_model.npz``."""

    written_by = "tools/build_head_model.py"

    def load(self) -> HeadModel:
        """Read all arrays."""
        with np.load(self._filepath, allow_pickle=False) as arrays:
            return HeadModel.from_arrays(dict(arrays))


class HeadModelsDataset(ReadOnlyDataset[HeadModels]):
    """The head model that ships, and where the user has others; those are read when people are drawn from them.

    Args:
        filepath: ``head_model.npz``.
        ict_root: A clone of github.com/ICT-VGL/ICT-FaceKit, or None.
        gnm_path: ``gnm_head.npz`` of github.com/google/GNM, or None.
        metadata: Metadata for Kedro-Viz; not used here.
    """

    written_by = HeadModelDataset.written_by

    def __init__(
        self, *, filepath: str, ict_root: str | None, gnm_path: str | None, metadata: dict[str, Any] | None = None
    ) -> None:
        super().__init__(filepath=filepath, metadata=metadata)
        self._ict_root, self._gnm_path = ict_root, gnm_path

    def load(self) -> HeadModels:
        """Read the head model that ships."""
        return HeadModels(
            makehuman=HeadModelDataset(filepath=self._filepath).load(),
            ict_root=Path(self._ict_root).expanduser() if self._ict_root else None,
            gnm_path=Path(self._gnm_path).expanduser() if self._gnm_path else None,
        )

    def _describe(self) -> dict[str, Any]:
        return {"filepath": self._filepath, "ict_root": self._ict_root, "gnm_path": self._gnm_path}
