"""The Texas database, or its stand-in, as a Kedro dataset."""

import csv
import logging
from contextlib import closing
from os import SEEK_END
from pathlib import Path
from typing import Any

from kedro.io import AbstractDataset, DatasetError
from PIL import Image
from tqdm import tqdm

from facedepth_pipeline.data.texas.fiducials import format_fiducials
from facedepth_pipeline.data.texas.ingestion import METADATA_FILE
from facedepth_pipeline.data.texas.names import PairName
from facedepth_pipeline.data.texas.tree import TexasTree
from facedepth_pipeline.storage.lock import only_writer
from facedepth_pipeline.storage.whole_files import replace_file
from facedepth_pipeline.synthetic.database import SyntheticPair
from facedepth_pipeline.synthetic.stand_in import StandIn

MARKER_FILE = "SYNTHETIC_STAND_IN.txt"
MARKER_TEXT = (
    "These faces are rendered from a CC0 head model by `kedro run --pipelines=synthesize`.\n"
    "They show no real person. The folder may be overwritten by the next run.\n"
    "Digest of parameters, head model and renderer: {digest}\n"
)
PNG_END = b"\x00\x00\x00\x00IEND\xaeB`\x82"

logger = logging.getLogger(__name__)


class TexasPairsDataset(AbstractDataset[StandIn, TexasTree]):
    """A folder in the layout of the Texas 3D Face Recognition Database.

    Loading gives a :class:`TexasTree`. Saving renders the stand-in, and only into a folder that is empty
    or that carries the marker file of an earlier rendering: never over the real database. The marker keeps
    the digest of the stand-in: under the same digest only missing pairs are rendered, under another one
    all of them.

    Args:
        filepath: The root of the tree (``texas_root``).
        metadata: For Kedro-Viz; not used here.
    """

    def __init__(self, *, filepath: str, metadata: dict[str, Any] | None = None) -> None:
        self._root = Path(filepath)
        self._marker = self._root / MARKER_FILE
        self._images, self._points = self._root / "PreprocessedImages", self._root / "ManualFiducialPoints"
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

    def save(self, data: StandIn) -> None:
        """Render what is missing, pair by pair; the metadata table comes last."""
        if not self._marker.is_file() and not set(self._root.glob("*")) <= self._half_written():
            raise DatasetError(
                f"{self._root} is not empty and has no {MARKER_FILE}: it may be the real database, so nothing "
                "is written there. Name another folder with --params=texas_root=..."
            )
        self._root.mkdir(parents=True, exist_ok=True)
        with only_writer(self._root):
            self._start_over_unless_rendered_as(data.digest)
            names = data.names
            strays = self._remove_all_but(names)
            if strays:
                logger.info("%s files of pairs that are not part of this stand-in are removed", f"{strays:,}")
            missing = [name for name in names if not all(_is_whole(path) for path in self._paths(name))]
            self._render(data, missing)
            _save_table(data.metadata(), self._root / METADATA_FILE)

    def _start_over_unless_rendered_as(self, digest: str) -> None:
        marker = MARKER_TEXT.format(digest=digest)
        if self._marker.is_file() and self._marker.read_text(encoding="utf-8") == marker:
            return
        removed = self._remove_all_but([])
        if removed:
            logger.info(
                "%s was rendered with other parameters, another head model or another renderer: "
                "its %s files are removed and all pairs rendered anew",
                *(self._root, f"{removed:,}"),
            )
        (self._root / METADATA_FILE).unlink(missing_ok=True)
        _save_text(marker, self._marker)  # not before the last old pair is gone

    def _remove_all_but(self, names: list[PairName]) -> int:
        """Remove pairs of other names, and what a killed run has left half-written; return how many files."""
        expected = {path for name in names for path in self._paths(name)}
        found = {path for folder in (self._images, self._points) for path in folder.glob("Clean_*")}
        for path in (found - expected) | self._half_written():
            path.unlink()
        return len(found - expected)

    def _half_written(self) -> set[Path]:
        """Files that a killed run was writing to when it ended."""
        patterns = (f".{self._marker.stem}.*", ".metadata.*", "*/.Clean_*")
        return {path for pattern in patterns for path in self._root.glob(pattern)}

    def _render(self, data: StandIn, missing: list[PairName]) -> None:
        total = len(data.names)
        present = total - len(missing)
        if not missing:
            logger.info("all %s pairs are there already", f"{total:,}")
            return
        if present:
            logger.info(
                "%s of %s pairs are there already; rendering %s", *(f"{n:,}" for n in (present, total, len(missing)))
            )
        with (
            closing(data.render(missing)) as pairs,
            tqdm(pairs, desc="rendering pairs", unit="pair", initial=present, total=total) as bar,
        ):
            for count, pair in enumerate(bar, start=present):
                try:
                    self._save_pair(pair)
                except OSError as error:
                    raise DatasetError(
                        f"{error}. {count:,} of {total:,} pairs are whole and stay in {self._root}: "
                        "when this is mended, the same command renders the rest."
                    ) from error

    def _save_pair(self, pair: SyntheticPair) -> None:
        portrait, range_image, fiducials = self._paths(pair.name)
        _save_png(pair.portrait, portrait)
        _save_png(pair.range_grey, range_image)
        _save_text(format_fiducials(pair.fiducials_px), fiducials)

    def _paths(self, name: PairName) -> tuple[Path, Path, Path]:
        return (
            self._images / name.file_name("Portrait"),
            self._images / name.file_name("Range"),
            self._points / name.fiducials_file_name,
        )

    def _exists(self) -> bool:
        return self._root.is_dir() and any(self._root.iterdir())

    def _describe(self) -> dict[str, Any]:
        return {"filepath": str(self._root)}


def _is_whole(path: Path) -> bool:
    """Whether a file is there and not cut short; files appear whole, but a disk or a hand may spoil them."""
    try:
        with path.open("rb") as file:
            size = file.seek(0, SEEK_END)
            file.seek(max(size - len(PNG_END), 0))
            return size > 0 and (path.suffix != ".png" or file.read() == PNG_END)
    except FileNotFoundError:
        return False


def _save_png(image: Any, path: Path) -> None:
    with replace_file(path) as partial:
        Image.fromarray(image).save(partial, compress_level=1)


def _save_text(text: str, path: Path) -> None:
    with replace_file(path) as partial:
        partial.write_text(text, encoding="utf-8")


def _save_table(rows: list[dict[str, str]], path: Path) -> None:
    with replace_file(path) as partial, partial.open("w", newline="", encoding="utf-8") as table:
        writer = csv.DictWriter(table, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
