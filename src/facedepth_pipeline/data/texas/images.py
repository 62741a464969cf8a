"""Decode and check the two images of a pair, given their bytes."""

import io

import numpy as np
from PIL import Image, UnidentifiedImageError

RANGE_MODES = ("L", "P", "RGB", "RGBA", "LA")


def decode_portrait(data: bytes) -> np.ndarray:
    """Decode a portrait.

    Returns:
        (H, W, 3) uint8 RGB.

    Raises:
        ValueError: If the bytes are not a whole image.
    """
    return np.asarray(_open(data, "portrait").convert("RGB"))


def decode_range(data: bytes) -> np.ndarray:
    """Decode a range image: one grey channel, or a palette or channels that all say the same grey.

    Returns:
        (H, W) uint8 grey levels, near is bright, 0 = no surface.

    Raises:
        ValueError: If the bytes are not a whole image, are coloured, have more than 8 bits, or
            are background throughout.
    """
    image = _open(data, "range image")
    if image.mode not in RANGE_MODES:
        raise ValueError(
            f"the range image has mode {image.mode!r}; expected 8-bit grey (or grey palette, or equal channels)"
        )
    if image.mode == "L":
        grey = np.asarray(image)
    else:
        channels = np.asarray(image.convert("RGB"))
        grey = channels[..., 0]
        if (channels != grey[..., None]).any():
            raise ValueError("the range image is coloured; expected equal channels or a grey palette")
    if not grey.any():
        raise ValueError("the range image is all background (every pixel is 0)")
    return grey


def _open(data: bytes, what: str) -> Image.Image:
    try:
        image = Image.open(io.BytesIO(data))
        image.load()
    except (UnidentifiedImageError, OSError, SyntaxError, Image.DecompressionBombError) as error:
        raise ValueError(f"the {what} cannot be decoded ({len(data)} bytes): {error}") from error
    return image
