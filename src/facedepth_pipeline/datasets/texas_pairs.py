"""The Texas database, or its stand-in, as a Kedro dataset."""

import csv
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from kedro.io import AbstractDataset, DatasetError
from PIL import Image

from facedepth_pipeline.datasets.files import replace_file
from facedepth_pipeline.synthetic.database import SyntheticPair
from facedepth_pipeline.texas.fiducials import format_fiducials
from facedepth_pipeline.texas.ingestion import METADATA_COLUMNS, METADATA_FILE

MARKER_FILE = "SYNTHETIC_STAND_IN.txt"
MARKER_TEXT = (
    "These faces are rendered from a CC0 head model by `kedro run --pipelines=synthesize`.\n"
    "They show no real person. The folder may be overwritten by the next run.\n"
)


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


class TexasPairsDataset(AbstractDataset[Iterator[SyntheticPair], TexasTree]):
    """A folder in the layout of the Texas 3D Face Recognition Database.

    Loading gives a :class:`TexasTree`. Saving writes rendered pairs, and only into a folder that is
    empty or that carries the marker file of an earlier rendering: never over the real database.

    Args:
        filepath: The root of the tree (``texas_root``).
        metadata: For Kedro-Viz; not used here.
    """

    def __init__(self, *, filepath: str, metadata: dict[str, Any] | None = None) -> None:
        self._root = Path(filepath)
        self.metadata = metadata

    def load(self) -> TexasTree:
        """Open the tree.

        Raises:
            DatasetError: If the folder is missing or empty.
        """
        if not self._root.is_dir() or not any(self._root.iterdir()):
            raise DatasetError(
                f"No face database at {self._root}: the folder is {'empty' if self._root.is_dir() else 'missing'}. "
                "Ask for the Texas 3D Face Recognition Database at https://live.ece.utexas.edu/research/texas3dfr/ "
                "and put it there (or name its folder with --params=texas_root=...), or render the stand-in: "
                "kedro run --env=demo --pipelines=synthesize, then run with --env=demo."
            )
        return TexasTree(self._root)

    def save(self, data: Iterator[SyntheticPair]) -> None:
        """Write pairs one by one, the metadata table last; pairs of an earlier rendering go first."""
        marker = self._root / MARKER_FILE
        if self._root.exists() and any(self._root.iterdir()) and not marker.is_file():
            raise DatasetError(
                f"{self._root} is not empty and has no {MARKER_FILE}: it may be the real database, so nothing "
                "is written there. Name another folder with --params=texas_root=..."
            )
        self._root.mkdir(parents=True, exist_ok=True)
        marker.write_text(MARKER_TEXT, encoding="utf-8")
        self._remove_earlier_rendering()
        images, points = self._root / "PreprocessedImages", self._root / "ManualFiducialPoints"
        images.mkdir(exist_ok=True)
        points.mkdir(exist_ok=True)
        rows = []
        for pair in data:
            _save_png(pair.portrait, images / pair.name.file_name("Portrait"))
            _save_png(pair.range_grey, images / pair.name.file_name("Range"))
            text = format_fiducials(pair.fiducials_px)
            (points / pair.name.fiducials_file_name).write_text(text, encoding="utf-8")
            rows.append({"image_id": pair.name.image_id, **pair.metadata})
        with (
            replace_file(self._root / METADATA_FILE) as partial,
            partial.open("w", newline="", encoding="utf-8") as table,
        ):
            writer = csv.DictWriter(table, ["image_id", *METADATA_COLUMNS], extrasaction="ignore")
            writer.writeheader()
            writer.writerows(rows)

    def _remove_earlier_rendering(self) -> None:
        for pattern in ("PreprocessedImages/Clean_*.png", "ManualFiducialPoints/Clean_*.txt", METADATA_FILE):
            for path in self._root.glob(pattern):
                path.unlink()

    def _exists(self) -> bool:
        return self._root.is_dir() and any(self._root.iterdir())

    def _describe(self) -> dict[str, Any]:
        return {"filepath": str(self._root)}


def _save_png(image: Any, path: Path) -> None:
    with replace_file(path) as partial:
        Image.fromarray(image).save(partial, compress_level=3)
