"""Small copies of photos, to be looked at."""

import io

import numpy as np
from PIL import Image


def shrunk(picture: np.ndarray, longest_px: int) -> np.ndarray:
    """A picture, (H, W, 3) uint8 RGB, no side of which is longer; the same where none is."""
    if max(picture.shape[:2]) <= longest_px:
        return picture
    image = Image.fromarray(picture)
    image.thumbnail((longest_px, longest_px), Image.Resampling.LANCZOS, reducing_gap=3)
    return np.asarray(image)


def png_bytes(picture: np.ndarray) -> bytes:
    """A PNG file of (H, W, 3) uint8 RGB."""
    data = io.BytesIO()
    Image.fromarray(picture).save(data, format="PNG")
    return data.getvalue()
