"""Folders that a node works in: read and written while it runs, not an output of it."""

from pathlib import Path
from typing import Any, ClassVar, TypeVar

from kedro.io import AbstractDataset, DatasetError

Folder = TypeVar("Folder")


class WorkingFolderDataset(AbstractDataset[None, Folder]):
    """Hands a folder to a node; nothing is read before the node asks.

    Args:
        filepath: The folder.
        metadata: For Kedro-Viz; not used here.
    """

    folder_type: ClassVar[type]

    def __init__(self, *, filepath: str, metadata: dict[str, Any] | None = None) -> None:
        self._filepath = Path(filepath)
        self.metadata = metadata

    def load(self) -> Folder:
        """The folder; it may not be there yet."""
        folder: Folder = self.folder_type(self._filepath)
        return folder

    def save(self, data: None) -> None:
        """Refused: whoever works in the folder writes it."""
        raise DatasetError(f"{self._filepath} is a working folder, not an output.")

    def _describe(self) -> dict[str, Any]:
        return {"filepath": str(self._filepath)}
