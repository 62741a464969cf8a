"""Small, real data: pairs with closed-form depth, and trees of files in the Texas format."""

import os

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("KEDRO_DISABLE_TELEMETRY", "1")

import io
from datetime import datetime
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from facedepth_pipeline.depth import FRAME_HEIGHT_PX, FRAME_WIDTH_PX
from facedepth_pipeline.pairs import Pair, Pairs, preprocess_pair
from facedepth_pipeline.texas.names import PairName

FRAME = (FRAME_HEIGHT_PX, FRAME_WIDTH_PX)


def png_bytes(image: np.ndarray | Image.Image) -> bytes:
    """A PNG file in memory."""
    picture = image if isinstance(image, Image.Image) else Image.fromarray(image)
    data = io.BytesIO()
    picture.save(data, format="PNG")
    return data.getvalue()


def dome(radius_px: float, peak: int) -> np.ndarray:
    """A range image (751, 501) uint8: an ellipsoidal bump at the centre of the frame."""
    row, column = np.indices(FRAME)
    squared = ((row - 375) / radius_px) ** 2 + ((column - 250) / radius_px) ** 2
    return np.where(squared < 1, peak * np.sqrt(np.clip(1 - squared, 0, 1)), 0).astype(np.uint8)


def pair_name(image: int, subject: int) -> PairName:
    return PairName(f"{image:04d}", f"{subject:03d}", datetime(2005, 9, 12, 9, image // 60, image % 60))


@pytest.fixture
def texas_tree(tmp_path: Path) -> Path:
    """Six good pairs of four subjects in ``PreprocessedImages/``."""
    root = tmp_path / "texas"
    folder = root / "PreprocessedImages"
    folder.mkdir(parents=True)
    for image, subject in ((1, 1), (2, 1), (3, 2), (4, 3), (5, 4), (6, 4)):
        name = pair_name(image, subject)
        portrait = np.full((*FRAME, 3), 20 * image, np.uint8)
        (folder / name.file_name("Portrait")).write_bytes(png_bytes(portrait))
        (folder / name.file_name("Range")).write_bytes(png_bytes(dome(200, 200 + image)))
    return root


class ListedPairs(Pairs):
    """Pairs in memory."""

    def __init__(self, pairs: list[Pair]) -> None:
        import pandas as pd

        self._pairs = pairs
        self.index = pd.DataFrame(
            {
                "image_id": [p.image_id for p in pairs],
                "subject_id": [p.subject_id for p in pairs],
                "fit": [p.fit for p in pairs],
                "photo_sha256": [str(p.photo.sum()) for p in pairs],
                "depth_sha256": [str(p.depth_map.depth_mm.sum()) for p in pairs],
            }
        )

    def __len__(self) -> int:
        return len(self._pairs)

    def __getitem__(self, position: int) -> Pair:
        return self._pairs[position]


@pytest.fixture(scope="session")
def dome_pairs() -> ListedPairs:
    """Eight pairs of four subjects whose depth can be told from the brightness of the photo."""
    pairs = []
    for image in range(8):
        range_grey = dome(150 + 12 * image, 120 + 15 * image)
        portrait = np.repeat((range_grey // 2 + 40)[..., None], 3, axis=2)
        pairs.append(preprocess_pair(f"{image + 1:04d}", f"{image // 2 + 1:03d}", portrait, range_grey, "stretch"))
    return ListedPairs(pairs)
