"""A folder of photos as they come."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from kedro.io import AbstractDataset, DatasetError

from facedepth_pipeline.datasets.files import replace_file

PHOTO_SUFFIXES = frozenset(
    {".jpg", ".jpeg", ".png", ".webp", ".avif", ".tif", ".tiff", ".bmp", ".gif", ".heic", ".heif"}
)


class PhotosOnDisk:
    """Photos below a folder, read one at a time."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.names = sorted(
            path.relative_to(folder).as_posix()
            for path in folder.rglob("*")
            if path.is_file() and path.suffix.lower() in PHOTO_SUFFIXES and not path.name.startswith(".")
        )

    def __len__(self) -> int:
        return len(self.names)

    def __iter__(self) -> Iterator[tuple[str, bytes]]:
        """Name and content of each photo, in order of names."""
        return ((name, self.read(name)) for name in self.names)

    def read(self, name: str) -> bytes:
        """Content of one photo."""
        return (self._folder / name).read_bytes()


class PhotosDataset(AbstractDataset[Mapping[str, bytes], PhotosOnDisk]):
    """A folder with photos in it, at any depth; files of other kinds are left alone.

    Args:
        filepath: The folder (``photos_root``).
        metadata: For Kedro-Viz; not used here.
    """

    def __init__(self, *, filepath: str, metadata: dict[str, Any] | None = None) -> None:
        self._filepath = Path(filepath)
        self.metadata = metadata

    def load(self) -> PhotosOnDisk:
        """List the photos.

        Raises:
            DatasetError: If there is none.
        """
        if not self._exists():
            raise DatasetError(
                f"No photo in {self._filepath}: expected files ending in {', '.join(sorted(PHOTO_SUFFIXES))}. "
                "Put photos there, or name another folder with --params=photos_root=..."
            )
        return PhotosOnDisk(self._filepath)

    def save(self, data: Mapping[str, bytes]) -> None:
        """Write photos by name, beside those that are there."""
        for name, content in data.items():
            with replace_file(self._filepath / name) as partial:
                partial.write_bytes(content)

    def _exists(self) -> bool:
        return self._filepath.is_dir() and len(PhotosOnDisk(self._filepath)) > 0

    def _describe(self) -> dict[str, Any]:
        return {"filepath": str(self._filepath)}
