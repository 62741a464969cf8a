"""Preprocessed pairs as a Kedro dataset."""

from collections.abc import Iterable
from pathlib import Path
from typing import Any

from kedro.io import AbstractDataset, DatasetError

from facedepth_pipeline.data.pairs import Pair
from facedepth_pipeline.data.pairs_folder import INDEX_FILE, PairsOnDisk, write_pairs


class PairsFolderDataset(AbstractDataset[Iterable[Pair], PairsOnDisk]):
    """A folder of 256x256 pairs.

    Saving takes pairs one at a time, so memory does not grow with their number, and replaces the
    folder as a whole at the end: an interrupted run leaves the earlier one untouched.

    Args:
        filepath: The folder.
        metadata: For Kedro-Viz; not used here.
    """

    def __init__(self, *, filepath: str, metadata: dict[str, Any] | None = None) -> None:
        self._folder = Path(filepath)
        self.metadata = metadata

    def load(self) -> PairsOnDisk:
        """Open the folder; pairs are decoded one at a time."""
        if not self._exists():
            raise DatasetError(f"No pairs at {self._folder}. Make them with: kedro run --pipelines=ingest,preprocess")
        return PairsOnDisk(self._folder)

    def save(self, data: Iterable[Pair]) -> None:
        """Write all pairs and their index."""
        write_pairs(self._folder, data)

    def _exists(self) -> bool:
        return (self._folder / INDEX_FILE).is_file()

    def _describe(self) -> dict[str, Any]:
        return {"filepath": str(self._folder)}
