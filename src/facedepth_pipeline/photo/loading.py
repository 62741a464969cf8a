"""Photos as people have them, decoded to upright 8-bit RGB. One of the modules that open files."""

import io
import warnings
from pathlib import Path

import numpy as np
from PIL import Image, ImageOps, UnidentifiedImageError

from facedepth_pipeline.photo.refusal import PhotoRefused, RefusalReason

# An explicit list: Pillow would otherwise also hand PostScript files to an external program.
FORMATS = ("JPEG", "PNG", "WEBP", "AVIF", "TIFF", "BMP", "GIF")
HEIC_BRANDS = (b"heic", b"heix", b"hevc", b"hevx", b"heim", b"heis", b"mif1", b"msf1")  # ISO/IEC 23008-12
PHOTO_SUFFIXES = frozenset(
    {".jpg", ".jpeg", ".png", ".webp", ".avif", ".tif", ".tiff", ".bmp", ".gif", ".heic", ".heif"}
)
MIN_SIDE_PX = 64
MAX_PIXELS = 89_478_485  # Pillow's own limit for a decompression bomb: a quarter of a gigabyte as RGB


def load_photo(path: Path) -> np.ndarray:
    """Read a photo from a file; see :func:`decode_photo`.

    Raises:
        OSError: If the file cannot be read.
        PhotoRefused: If its content is not a usable photo.
    """
    return decode_photo(path.read_bytes())


def decode_photo(content: bytes) -> np.ndarray:
    """Decode the bytes of an image file.

    The orientation in the EXIF data is applied. Transparency is laid over black, the colour that
    also fills the frame outside the photo. Grey, palette, CMYK and 16-bit images become 8-bit RGB;
    of an animation the first picture is taken. HEIC is read where the package ``pi-heif`` is installed:
    no decoder of it comes under a permissive licence, so this project brings none.

    Args:
        content: The bytes of a file in one of :data:`FORMATS`.

    Returns:
        (H, W, 3) uint8 RGB.

    Raises:
        PhotoRefused: ``undecodable``, ``too_large`` (checked before any pixel is decoded) or
            ``too_small``.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", Image.DecompressionBombWarning)  # refused below, in words
            image = Image.open(io.BytesIO(content), formats=_formats(content))
        _check_size(*image.size)
        return np.asarray(_upright_rgb(image))
    except PhotoRefused:
        raise
    except Image.DecompressionBombError as error:
        raise PhotoRefused(
            RefusalReason.TOO_LARGE,
            f"The image has over {MAX_PIXELS} pixels, and no more are decoded. Shrink it first.",
        ) from error
    except UnidentifiedImageError as error:
        what = f"The file of {len(content)} bytes is no image that is known here" if content else "The file is empty"
        raise PhotoRefused(
            RefusalReason.UNDECODABLE, f"{what}; expected one of {', '.join(FORMATS)}. Save the photo as JPEG."
        ) from error
    except Exception as error:  # Pillow's decoders fail in a dozen ways; none may end a batch
        raise PhotoRefused(
            RefusalReason.UNDECODABLE,
            f"The file of {len(content)} bytes cannot be decoded as an image: {error}. "
            f"Save it again, whole, as one of {', '.join(FORMATS)}.",
        ) from error


def _formats(content: bytes) -> tuple[str, ...]:
    if content[4:8] != b"ftyp" or content[8:12] not in HEIC_BRANDS:
        return FORMATS
    try:
        import pi_heif
    except ImportError:
        raise PhotoRefused(
            RefusalReason.UNDECODABLE,
            "The photo is a HEIC file, as telephones make them, and nothing that reads it is installed. Install it "
            "with `pip install pi-heif` (LGPL), or save the photo as JPEG.",
        ) from None
    pi_heif.register_heif_opener()
    return (*FORMATS, "HEIF")


def _check_size(width: int, height: int) -> None:
    if width * height > MAX_PIXELS:
        raise PhotoRefused(
            RefusalReason.TOO_LARGE,
            f"The image has {width} x {height} pixels; at most {MAX_PIXELS} are decoded. Shrink it first.",
        )
    if min(width, height) < MIN_SIDE_PX:
        raise PhotoRefused(
            RefusalReason.TOO_SMALL,
            f"The image has {width} x {height} pixels; each side must have at least {MIN_SIDE_PX}.",
        )


def _upright_rgb(image: Image.Image) -> Image.Image:
    image = ImageOps.exif_transpose(image)
    if image.mode.startswith("I"):
        # Pillow clips wide integers at 255 when it converts them; they hold 16-bit levels.
        levels = np.asarray(image).astype(np.int64)
        grey = np.clip((levels + 128) // 257, 0, 255).astype(np.uint8)
        return Image.fromarray(grey).convert("RGB")
    if image.mode == "F":
        raise ValueError("its grey levels are floating-point numbers without a known white")
    if image.has_transparency_data:
        image = image.convert("RGBA")
        return Image.alpha_composite(Image.new("RGBA", image.size, "black"), image).convert("RGB")
    return image.convert("RGB")
