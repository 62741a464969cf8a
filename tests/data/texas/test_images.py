import numpy as np
import pytest
from PIL import Image

from facedepth_pipeline.data.texas.images import decode_portrait, decode_range
from faces import dome, png_bytes

GREY = dome(200, 250)


def grey_palette() -> Image.Image:
    image = Image.fromarray(GREY).convert("P")
    image.putpalette(bytes(level for grey in range(256) for level in (grey,) * 3))
    return image


@pytest.mark.parametrize(
    "image",
    [
        Image.fromarray(GREY),
        Image.fromarray(GREY).convert("RGB"),
        Image.fromarray(GREY).convert("RGBA"),
        Image.fromarray(GREY).convert("LA"),
        grey_palette(),
    ],
    ids=["L", "RGB", "RGBA", "LA", "P"],
)
def test_every_way_to_write_one_grey_channel_gives_the_same_range(image):
    np.testing.assert_array_equal(decode_range(png_bytes(image)), GREY)


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (png_bytes(np.zeros((20, 10), np.uint8)), "all background"),
        (png_bytes(np.stack([GREY, GREY, GREY // 2], -1)), "coloured"),
        (png_bytes(GREY.astype(np.uint16) * 256), "mode 'I;16'"),
        (png_bytes(GREY)[:-300], "cannot be decoded"),
        (b"not an image", "cannot be decoded"),
        (b"", "cannot be decoded \\(0 bytes\\)"),
    ],
    ids=["background", "coloured", "16 bit", "truncated", "text", "empty"],
)
def test_what_is_no_range_image_is_refused_with_the_reason(data, message):
    with pytest.raises(ValueError, match=message):
        decode_range(data)


def test_a_grey_portrait_becomes_rgb():
    assert decode_portrait(png_bytes(GREY)).shape == (*GREY.shape, 3)
