"""A folder of photos as they come."""

from collections.abc import Iterator, Mapping
from functools import cached_property
from typing import Any

from kedro.io import AbstractDataset, DatasetError

from facedepth_pipeline.photo.loading import PHOTO_SUFFIXES
from facedepth_pipeline.storage.storage import StoredFile, open_storage


class PhotosOnDisk:
    """Photos below a folder or an ``s3://`` prefix: listed once, read one at a time. It travels without the list."""

    def __init__(self, url: str) -> None:
        self._storage = open_storage(url)
        self.url = self._storage.url

    def __reduce__(self) -> tuple[type["PhotosOnDisk"], tuple[str]]:
        return type(self), (self.url,)

    @cached_property
    def files(self) -> list[StoredFile]:
        """All photos, in order of names."""
        return [
            file
            for file in self._storage.files()
            if not file.name.rpartition("/")[2].startswith(".")
            and f".{file.name.lower().rpartition('.')[2]}" in PHOTO_SUFFIXES
        ]

    @property
    def names(self) -> list[str]:
        """Their names."""
        return [file.name for file in self.files]

    def __len__(self) -> int:
        return len(self.files)

    def __iter__(self) -> Iterator[tuple[str, bytes]]:
        """Name and content of each photo."""
        return ((file.name, self.read(file.name)) for file in self.files)

    def read(self, name: str) -> bytes:
        """Content of one photo."""
        return self._storage.read(name)


class PhotosDataset(AbstractDataset[Mapping[str, bytes], PhotosOnDisk]):
    """A folder with photos in it, at any depth; files of other kinds are left alone.

    Args:
        filepath: The folder (``photos_root``), or ``s3://bucket/prefix``.
        metadata: For Kedro-Viz; not used here.
    """

    def __init__(self, *, filepath: str, metadata: dict[str, Any] | None = None) -> None:
        self._filepath = filepath
        self.metadata = metadata

    def load(self) -> PhotosOnDisk:
        """List the photos.

        Raises:
            DatasetError: If there is none.
        """
        photos = PhotosOnDisk(self._filepath)
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
        return bool(PhotosOnDisk(self._filepath).files)

    def _describe(self) -> dict[str, Any]:
        return {"filepath": self._filepath}
