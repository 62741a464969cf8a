"""A folder that a node hands on to a library which keeps its own files there."""

from pathlib import Path
from typing import Any

from kedro.io import AbstractDataset, DatasetError


class FolderDataset(AbstractDataset[None, Path]):
    """A folder, made when first asked for.

    Args:
        filepath: The folder.
        metadata: For Kedro-Viz; not used here.
    """

    def __init__(self, *, filepath: str, metadata: dict[str, Any] | None = None) -> None:
        self._filepath = Path(filepath)
        self.metadata = metadata

    def load(self) -> Path:
        """Path of the folder, which now exists."""
        self._filepath.mkdir(parents=True, exist_ok=True)
        return self._filepath

    def save(self, data: None) -> None:
        """Refused: its files are written by the library that owns them."""
        raise DatasetError(f"{self._filepath} is a working folder, not an output.")

    def _describe(self) -> dict[str, Any]:
        return {"filepath": str(self._filepath)}
