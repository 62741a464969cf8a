"""Preprocessed pairs on disk: 8-bit photo PNG, 16-bit depth PNG, and an index. One of the modules that open files."""

import hashlib
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from PIL import Image

from facedepth_pipeline.data.pairs import Pair, Pairs
from facedepth_pipeline.depth import PixelPitch, depth_from_png_levels, depth_to_png_levels
from facedepth_pipeline.storage.whole_files import replace_folder

INDEX_FILE = "index.parquet"


class PairsOnDisk(Pairs):
    """Pairs in a folder, decoded when asked for."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.table = pd.read_parquet(folder / INDEX_FILE)

    def __len__(self) -> int:
        return len(self.table)

    def __getitem__(self, position: int) -> Pair:  # type: ignore[override]
        row = self.table.iloc[position]
        with Image.open(self._folder / row["photo_path"]) as photo:
            photo_rgb = np.asarray(photo.convert("RGB"))
        with Image.open(self._folder / row["depth_path"]) as depth:
            levels = np.asarray(depth).astype(np.uint16)
        pitch = PixelPitch(float(row["pitch_x_mm"]), float(row["pitch_y_mm"]))
        return Pair(row["image_id"], row["subject_id"], photo_rgb, depth_from_png_levels(levels, pitch), row["fit"])


def write_pairs(folder: Path, pairs: Iterable[Pair]) -> None:
    """Write pairs one at a time and their index; the folder is replaced as a whole at the end."""
    with replace_folder(folder) as partial:
        (partial / "photo").mkdir()
        (partial / "depth").mkdir()
        rows = [_save_pair(pair, partial) for pair in pairs]
        pd.DataFrame(rows).to_parquet(partial / INDEX_FILE, index=False)


def _save_pair(pair: Pair, folder: Path) -> dict[str, Any]:
    photo_path, depth_path = f"photo/{pair.image_id}.png", f"depth/{pair.image_id}.png"
    levels = depth_to_png_levels(pair.depth_map)
    Image.fromarray(pair.photo).save(folder / photo_path, compress_level=3)
    Image.fromarray(levels).save(folder / depth_path, compress_level=3)
    return {
        "image_id": pair.image_id,
        "subject_id": pair.subject_id,
        "photo_path": photo_path,
        "depth_path": depth_path,
        "fit": pair.fit,
        "pitch_x_mm": pair.depth_map.pitch.x_mm,
        "pitch_y_mm": pair.depth_map.pitch.y_mm,
        # of the pixels, not of the files: another PNG compressor gives the same digest
        "photo_sha256": hashlib.sha256(pair.photo.tobytes()).hexdigest(),
        "depth_sha256": hashlib.sha256(levels.tobytes()).hexdigest(),
    }
