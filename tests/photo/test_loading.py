import contextlib
import io
import pickle
import zlib

import numpy as np
import pytest
from PIL import Image

from facedepth_pipeline.photo.loading import decode_photo, load_photo
from facedepth_pipeline.photo.refusal import PhotoRefused, RefusalReason


def encoded(image: Image.Image, file_format: str = "PNG", **options) -> bytes:
    data = io.BytesIO()
    image.save(data, format=file_format, **options)
    return data.getvalue()


def quadrants() -> np.ndarray:
    """(96, 64, 3): red and green above, blue and white below."""
    photo = np.full((96, 64, 3), 255, np.uint8)
    photo[:48, :32], photo[:48, 32:], photo[48:, :32] = (255, 0, 0), (0, 255, 0), (0, 0, 255)
    return photo


def refusal_of(content: bytes) -> PhotoRefused:
    with pytest.raises(PhotoRefused) as caught:
        decode_photo(content)
    return caught.value


def test_rgb_comes_back_unchanged(tmp_path):
    path = tmp_path / "photo.png"
    path.write_bytes(encoded(Image.fromarray(quadrants())))
    np.testing.assert_array_equal(load_photo(path), quadrants())


# How the stored pixels must be turned for each EXIF orientation (CIPA DC-008, tag 274).
TURNS = {
    2: np.fliplr,
    3: lambda stored: np.rot90(stored, 2),
    4: np.flipud,
    5: lambda stored: stored.swapaxes(0, 1),
    6: lambda stored: np.rot90(stored, -1),
    7: lambda stored: np.rot90(stored.swapaxes(0, 1), 2),
    8: np.rot90,
}


@pytest.mark.parametrize("orientation", TURNS)
def test_exif_orientation_is_applied(orientation):
    exif = Image.Exif()
    exif[274] = orientation
    photo = decode_photo(encoded(Image.fromarray(quadrants()), exif=exif))
    np.testing.assert_array_equal(photo, TURNS[orientation](quadrants()))


def test_grey_and_palette_become_rgb():
    grey = decode_photo(encoded(Image.new("L", (64, 64), 90)))
    palette = decode_photo(encoded(Image.fromarray(quadrants()).quantize(4)))
    np.testing.assert_array_equal(grey, np.full((64, 64, 3), 90))
    np.testing.assert_array_equal(palette, quadrants())


@pytest.mark.parametrize(("level", "expected"), [(65535, 255), (32896, 128), (257, 1), (100, 0), (200, 1)])
def test_sixteen_bits_are_scaled_and_not_clipped(level, expected):
    image = Image.fromarray(np.full((64, 64), level, np.uint16))
    np.testing.assert_array_equal(decode_photo(encoded(image)), np.full((64, 64, 3), expected))


def test_cmyk_becomes_rgb():
    photo = decode_photo(encoded(Image.new("CMYK", (64, 64), (0, 255, 255, 0)), "JPEG", quality=95))
    assert np.abs(photo.astype(int) - [255, 0, 0]).max() <= 3


@pytest.mark.parametrize("mode", ["RGBA", "LA"])
def test_transparency_is_laid_over_black(mode):
    colour = (200, 100, 50, 128) if mode == "RGBA" else (200, 128)
    photo = decode_photo(encoded(Image.new(mode, (64, 64), colour)))
    opaque = np.array(colour[:-1]) * 128 / 255
    assert np.abs(photo - np.broadcast_to(opaque, photo.shape)).max() <= 1


def test_a_transparent_palette_colour_is_black():
    image = Image.fromarray(quadrants()).quantize(4)
    red = image.getpixel((0, 0))
    photo = decode_photo(encoded(image, transparency=red))
    np.testing.assert_array_equal(photo[0, 0], (0, 0, 0))
    np.testing.assert_array_equal(photo[0, 63], (0, 255, 0))


@pytest.mark.parametrize("file_format", ["JPEG", "PNG", "WEBP", "TIFF", "BMP", "GIF", "AVIF"])
def test_a_truncated_file_is_refused(file_format):
    noise = np.random.default_rng(0).integers(0, 256, (128, 128, 3), dtype=np.uint8)
    content = encoded(Image.fromarray(noise), file_format)
    assert refusal_of(content[: len(content) // 2]).reason_code is RefusalReason.UNDECODABLE


@pytest.mark.parametrize("content", [b"", b"%!PS-Adobe-3.0\nshowpage\n", b"<html></html>", b"\x89PNG\r\n\x1a\n"])
def test_what_is_no_image_is_refused_in_words(content):
    refusal = refusal_of(content)
    assert refusal.reason_code == "undecodable"
    assert (f"file of {len(content)} bytes" if content else "file is empty") in str(refusal)
    assert "JPEG" in str(refusal)


def test_no_damage_to_a_file_escapes_as_another_error():
    generator = np.random.default_rng(1)
    photo = Image.fromarray(quadrants())
    for file_format in ("JPEG", "PNG", "WEBP", "TIFF", "GIF"):
        content = encoded(photo, file_format)
        for _ in range(30):
            damaged = np.frombuffer(content, np.uint8).copy()
            damaged[generator.integers(0, len(damaged), 8)] = generator.integers(0, 256, 8)
            with contextlib.suppress(PhotoRefused):
                decode_photo(damaged.tobytes())


@pytest.mark.parametrize(("width", "height"), [(9_460, 9_460), (30_000, 30_000)])
def test_a_decompression_bomb_is_refused_before_it_is_decoded(width, height):
    content = bytearray(encoded(Image.new("1", (64, 64))))
    content[16:24] = width.to_bytes(4) + height.to_bytes(4)
    content[29:33] = zlib.crc32(bytes(content[12:29])).to_bytes(4)
    assert refusal_of(bytes(content)).reason_code is RefusalReason.TOO_LARGE


def test_a_thumbnail_is_too_small():
    refusal = refusal_of(encoded(Image.new("RGB", (200, 63))))
    assert refusal.reason_code is RefusalReason.TOO_SMALL
    assert "200 x 63" in str(refusal)


def test_a_refusal_survives_the_way_between_processes():
    refusal = pickle.loads(pickle.dumps(PhotoRefused(RefusalReason.NO_FACE, "Nobody.")))
    assert refusal.reason_code is RefusalReason.NO_FACE
    assert str(refusal) == "Nobody. (no_face)"


def test_a_heic_photo_is_refused_with_a_way_out():
    content = b"\x00\x00\x00\x18ftypheic\x00\x00\x00\x00mif1heic" + bytes(100)
    with pytest.raises(PhotoRefused, match="HEIC") as caught:
        decode_photo(content)
    assert caught.value.reason_code is RefusalReason.UNDECODABLE
