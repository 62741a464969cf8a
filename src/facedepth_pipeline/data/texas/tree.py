"""A folder in the layout of the Texas database. One of the modules that open files."""

from pathlib import Path


class TexasTree:
    """Read access to the files below a folder (a ``TexasSource``)."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def paths(self) -> list[str]:
        """Sorted paths of all files, relative to the root, with forward slashes."""
        return sorted(path.relative_to(self.root).as_posix() for path in self.root.rglob("*") if path.is_file())

    def read(self, path: str) -> bytes:
        """Content of one file."""
        return (self.root / path).read_bytes()
