import io

import numpy as np
import pytest
from PIL import Image

from facedepth_pipeline.pix2pix.jpeg import cosine_matrix, through_jpeg


def picture() -> np.ndarray:
    """(64, 96, 3) uint8: colours that change smoothly, an edge and some grain."""
    row, column = np.mgrid[:64, :96]
    smooth = np.stack([column * 2, row * 3, 200 - column], axis=-1) + 20.0
    smooth[20:40, 30:70] = (200, 60, 40)
    return np.clip(smooth + np.random.default_rng(0).normal(0, 6, smooth.shape), 0, 255).astype(np.uint8)


def saved_by_pillow(pixels: np.ndarray, quality: int) -> np.ndarray:
    data = io.BytesIO()
    Image.fromarray(pixels).save(data, "JPEG", quality=quality)
    return np.asarray(Image.open(data)).astype(np.float32)


def test_the_transform_is_orthonormal():
    np.testing.assert_allclose(cosine_matrix() @ cosine_matrix().T, np.eye(8), atol=1e-6)


@pytest.mark.parametrize("quality", [20, 50, 75, 92])
def test_photos_look_as_pillow_saves_them(quality):
    pixels = picture()
    expected = saved_by_pillow(pixels, quality)
    ours = np.asarray(through_jpeg(pixels[None].astype(np.float32), np.array([quality], np.float32)))[0]
    lost = np.abs(expected - pixels).mean()
    assert np.abs(ours - expected).mean() < 0.12 * lost + 0.3
    assert ours.min() >= 0
    assert ours.max() <= 255
    np.testing.assert_array_equal(ours, np.rint(ours))


def test_each_photo_has_its_own_quality():
    both = np.repeat(picture()[None].astype(np.float32), 2, axis=0)
    poor, good = np.abs(np.asarray(through_jpeg(both, np.array([10, 95], np.float32))) - both).mean(axis=(1, 2, 3))
    assert poor > 2 * good
