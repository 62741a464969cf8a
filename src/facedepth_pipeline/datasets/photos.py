"""A folder of photos, as a Kedro dataset."""

from collections.abc import Mapping
from typing import Any

from kedro.io import AbstractDataset, DatasetError

from facedepth_pipeline.photo.folder import PhotoFolder
from facedepth_pipeline.photo.loading import PHOTO_SUFFIXES
from facedepth_pipeline.storage.storage import open_storage


class PhotosDataset(AbstractDataset[Mapping[str, bytes], PhotoFolder]):
    """A folder with photos in it, at any depth; files of other kinds are left alone.

    Args:
        filepath: The folder (``photos_root``), or ``s3://bucket/prefix``.
        metadata: For Kedro-Viz; not used here.
    """

    def __init__(self, *, filepath: str, metadata: dict[str, Any] | None = None) -> None:
        self._filepath = filepath
        self.metadata = metadata

    def load(self) -> PhotoFolder:
        """List the photos.

        Raises:
            DatasetError: If there is none.
        """
        photos = PhotoFolder(self._filepath)
        if not photos.files:
            raise DatasetError(
                f"No photo in {self._filepath}: expected files ending in {', '.join(sorted(PHOTO_SUFFIXES))}. "
                "Put photos there, or name another folder with --params=photos_root=..."
            )
        return photos

    def save(self, data: Mapping[str, bytes]) -> None:
        """Write photos by name, beside those that are there."""
        storage = open_storage(self._filepath)
        for name, content in data.items():
            storage.write(name, content)

    def _exists(self) -> bool:
        return bool(PhotoFolder(self._filepath).files)

    def _describe(self) -> dict[str, Any]:
        return {"filepath": self._filepath}
