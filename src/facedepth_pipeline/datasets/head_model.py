"""The head model that portraits are rendered from."""

import numpy as np

from facedepth_pipeline.datasets.read_only import ReadOnlyDataset
from facedepth_pipeline.synthetic.head.head_model import HeadModel


class HeadModelDataset(ReadOnlyDataset[HeadModel]):
    """``head_model.npz``."""

    written_by = "tools/build_head_model.py"

    def load(self) -> HeadModel:
        """Read all arrays."""
        with np.load(self._filepath, allow_pickle=False) as arrays:
            return HeadModel.from_arrays(dict(arrays))
