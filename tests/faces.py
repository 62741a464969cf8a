"""Images and pairs with closed-form depth, made on the spot."""

import io
from datetime import datetime

import numpy as np
import pandas as pd
from PIL import Image

from facedepth_pipeline.data.pairs import Pair, Pairs
from facedepth_pipeline.data.texas.names import PairName
from facedepth_pipeline.depth import FRAME_HEIGHT_PX, FRAME_WIDTH_PX, MAX_DEPTH_MM, PixelPitch
from facedepth_pipeline.generator.sidecar import LandmarkTemplate
from surfaces import sphere

PORTRAIT = "Clean_0001_001_20050912091301_Portrait.png"
LANDMARKS = LandmarkTemplate(
    left_eye=(151, 310),
    right_eye=(349, 310),
    nose=(250, 400),
    mouth_left=(180, 470),
    mouth_right=(320, 470),
    portraits=1,
)
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


def portrait_of_a_sphere() -> np.ndarray:
    """(751, 501, 3) uint8: brightness that the fixture `generator` reads as a sphere of 60 mm."""
    depth_mm = sphere(PixelPitch(0.32, 0.32), size=FRAME_HEIGHT_PX).depth_mm[:, 125:-125]
    assert depth_mm.shape == (FRAME_HEIGHT_PX, FRAME_WIDTH_PX)
    return np.repeat(np.rint(depth_mm / MAX_DEPTH_MM * 255).astype(np.uint8)[..., None], 3, axis=2)


def pair_name(image: int, subject: int) -> PairName:
    return PairName(f"{image:04d}", f"{subject:03d}", datetime(2005, 9, 12, 9, image // 60, image % 60))


class ListedPairs(Pairs):
    """Pairs in memory."""

    def __init__(self, pairs: list[Pair]) -> None:
        self._pairs = pairs
        self.table = pd.DataFrame(
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
