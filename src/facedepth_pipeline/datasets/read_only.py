"""Datasets that a catalog hands out and no node saves."""

from pathlib import Path
from typing import Any, ClassVar, TypeVar

from kedro.io import AbstractDataset, DatasetError

Content = TypeVar("Content")


class ReadOnlyDataset(AbstractDataset[None, Content]):
    """A file or folder that nodes only read, or write to while they run.

    Args:
        filepath: Path of the file or folder; ``s3://bucket/prefix`` where the dataset allows it.
        metadata: Metadata for Kedro-Viz; not used here.
    """

    written_by: ClassVar[str]  # who writes it, for the error

    def __init__(self, *, filepath: str, metadata: dict[str, Any] | None = None) -> None:
        self._filepath = filepath
        self.metadata = metadata

    def save(self, data: None) -> None:
        """Refused: see ``written_by``."""
        raise DatasetError(f"{self._filepath} is not the output of a node: {self.written_by} writes it.")

    def _exists(self) -> bool:
        return Path(self._filepath).exists()

    def _describe(self) -> dict[str, Any]:
        return {"filepath": self._filepath}
