"""A folder of photos as they come, on a disk or in a bucket."""

from collections.abc import Iterator
from functools import cached_property

from facedepth_pipeline.photo.loading import PHOTO_SUFFIXES
from facedepth_pipeline.storage.storage import StoredFile, open_storage


class PhotoFolder:
    """Photos below a folder or an ``s3://`` prefix: listed once, read one at a time. It travels without the list."""

    def __init__(self, url: str) -> None:
        self._storage = open_storage(url)
        self.url = self._storage.url

    def __reduce__(self) -> tuple[type["PhotoFolder"], tuple[str]]:
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
