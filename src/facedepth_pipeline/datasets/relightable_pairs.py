"""Relightable pairs in a folder: one small file each, and an index."""

import hashlib
import logging
from contextlib import closing
from pathlib import Path
from typing import Any

import pandas as pd
from kedro.io import AbstractDataset, DatasetError
from tqdm import tqdm

from facedepth_pipeline.data.layers import RelightablePair, decode_pair, encode_pair
from facedepth_pipeline.data.relightable import NoRelightablePairs, RelightablePairs
from facedepth_pipeline.storage.lock import only_writer
from facedepth_pipeline.storage.whole_files import replace_file
from facedepth_pipeline.synthetic.relightable_set import RelightableSet

INDEX_FILE, MARKER_FILE = "index.parquet", "RENDERED_FACES.txt"
MARKER_TEXT = (
    "These faces are rendered by `kedro run --pipelines=synthesize`. They show no real person.\n"
    "Digest of parameters, head models and renderer: {digest}\n"
)

logger = logging.getLogger(__name__)


class RelightablePairsOnDisk(RelightablePairs):
    """Relightable pairs of a folder, decoded when asked for."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.table = pd.read_parquet(folder / INDEX_FILE)
        marker = (folder / MARKER_FILE).read_text(encoding="utf-8")
        self.digest = hashlib.sha256(marker.encode()).hexdigest()

    def __len__(self) -> int:
        return len(self.table)

    def __getitem__(self, position: int) -> RelightablePair:  # type: ignore[override]
        path = _path(self._folder, self.table["image_id"].iloc[position])
        try:
            return decode_pair(path.read_bytes())
        except (OSError, ValueError) as error:
            raise DatasetError(
                f"{path} cannot be read: {error}. Delete the file and render it again: "
                "kedro run --pipelines=synthesize."
            ) from error


class RelightablePairsDataset(AbstractDataset[RelightableSet, RelightablePairs]):
    """A folder of relightable pairs.

    Saving renders what is missing, pair by pair, so an interrupted rendering goes on where it ended; the index comes
    last. A set of other parameters replaces the earlier one. A set of no pairs writes nothing. Loading a folder that
    is not there gives a set of no pairs, since a training needs none.

    Args:
        filepath: Path of the folder.
        metadata: Entry for Kedro-Viz; not used here.
    """

    def __init__(self, *, filepath: str, metadata: dict[str, Any] | None = None) -> None:
        self._folder = Path(filepath)
        self.metadata = metadata

    def load(self) -> RelightablePairs:
        """Open the folder; pairs are decoded one at a time."""
        if not self._folder.is_dir():
            return NoRelightablePairs()
        if not (self._folder / INDEX_FILE).is_file():
            raise DatasetError(
                f"{self._folder} has no {INDEX_FILE}: its rendering was not finished. "
                "The same command renders the rest: kedro run --pipelines=synthesize."
            )
        return RelightablePairsOnDisk(self._folder)

    def save(self, data: RelightableSet) -> None:
        """Render the pairs that are missing."""
        if not len(data.table):
            return
        marker = self._folder / MARKER_FILE
        if self._folder.is_dir() and any(self._folder.iterdir()) and not marker.is_file():
            raise DatasetError(
                f"{self._folder} is not empty and has no {MARKER_FILE}, so nothing is written there. Move it away."
            )
        self._folder.mkdir(parents=True, exist_ok=True)
        with only_writer(self._folder):
            self._start_over_unless_rendered_as(MARKER_TEXT.format(digest=data.digest))
            self._render(data)
            with replace_file(self._folder / INDEX_FILE) as partial:
                data.table.to_parquet(partial, index=False)

    def _start_over_unless_rendered_as(self, text: str) -> None:
        marker = self._folder / MARKER_FILE
        if marker.is_file() and marker.read_text(encoding="utf-8") == text:
            return
        removed = [*self._folder.glob("*.npz"), *self._folder.glob(INDEX_FILE)]
        for path in removed:
            path.unlink()
        if removed:
            logger.info("%s was rendered otherwise: all its pairs are rendered anew", self._folder)
        with replace_file(marker) as partial:
            partial.write_text(text, encoding="utf-8")

    def _render(self, data: RelightableSet) -> None:
        image_ids = data.table["image_id"].tolist()
        missing = [image_id for image_id in image_ids if not _path(self._folder, image_id).is_file()]
        present = len(image_ids) - len(missing)
        with (
            closing(data.render(missing)) as pairs,
            tqdm(pairs, "rendering relightable pairs", initial=present, total=len(image_ids), unit="pair") as bar,
        ):
            for pair in bar:
                with replace_file(_path(self._folder, pair.image_id)) as partial:
                    partial.write_bytes(encode_pair(pair))

    def _exists(self) -> bool:
        return (self._folder / INDEX_FILE).is_file()

    def _describe(self) -> dict[str, Any]:
        return {"filepath": str(self._folder)}


def _path(folder: Path, image_id: str) -> Path:
    return folder / f"{image_id}.npz"
