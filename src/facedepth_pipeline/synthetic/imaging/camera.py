"""From linear light to the picture that a camera stores."""

import io
from dataclasses import dataclass

import numpy as np
from PIL import Image
from scipy.ndimage import gaussian_filter

from facedepth_pipeline.synthetic.lighting.light import Colour, srgb_from_linear


@dataclass(frozen=True)
class Camera:
    """How a camera turns light into a picture.

    Attributes:
        exposure: The median light of the face becomes about this share of white (linear, before contrast).
        metering: 0 exposes every face alike in absolute terms, 1 brings every face to the same
            brightness, as automatic exposure does.
        white_balance: Gains of the three channels.
        contrast: 1 is sRGB; above it, shadows fall and highlights rise around the middle.
        saturation: 1 leaves colours alone, 0 is grey.
        blur_px: Standard deviation of the lens blur.
        vignette: Share of light lost in the corners.
        noise_grey: Standard deviation of the noise at middle grey, in grey levels.
        jpeg_quality: 1 to 95, or None for a picture without losses.
        seed: Of the noise.
    """

    exposure: float
    metering: float
    white_balance: Colour
    contrast: float
    saturation: float
    blur_px: float
    vignette: float
    noise_grey: float
    jpeg_quality: int | None
    seed: int


def develop(linear: np.ndarray, face: np.ndarray, camera: Camera) -> np.ndarray:
    """The picture of one take.

    Args:
        linear: (H, W, 3) float32 linear RGB.
        face: (H, W) bool, what the exposure is metered on.
        camera: The camera.

    Returns:
        (H, W, 3) uint8 sRGB.
    """
    light = linear * np.array(camera.white_balance, np.float32)
    median = float(np.median(light[face].mean(axis=1))) if face.any() else camera.exposure
    light *= np.float32((camera.exposure / max(median, 1e-4)) ** camera.metering)
    if camera.vignette > 0:
        light *= _vignette(light.shape[:2], camera.vignette)[..., None]
    if camera.blur_px > 0:
        light = gaussian_filter(light, (camera.blur_px, camera.blur_px, 0), truncate=3)
    picture = srgb_from_linear(_shoulder(light)).astype(np.float32)
    if camera.saturation != 1:
        grey = picture.mean(axis=2, keepdims=True)
        picture = grey + camera.saturation * (picture - grey)
    if camera.contrast != 1:
        picture = _contrast(np.clip(picture, 0, 1), camera.contrast)
    if camera.noise_grey > 0:
        picture = picture + _noise(picture, camera)
    pixels = np.clip(np.rint(255 * picture), 0, 255).astype(np.uint8)
    return pixels if camera.jpeg_quality is None else _through_jpeg(pixels, camera.jpeg_quality)


def _shoulder(light: np.ndarray) -> np.ndarray:
    """Compress what is brighter than 0.7 so that it reaches white only in the limit, as film and cameras do."""
    knee = np.float32(0.7)
    over = np.clip(light - knee, 0, None) / (1 - knee)
    return np.where(light > knee, knee + (1 - knee) * over / (1 + over), light)


def _contrast(picture: np.ndarray, contrast: float) -> np.ndarray:
    """An S-shaped curve through black, middle grey and white, with this slope in the middle."""
    half = np.clip(np.abs(2 * picture - 1), 0, 1)
    curved = half**contrast if contrast < 1 else 1 - (1 - half) ** contrast
    return 0.5 + 0.5 * np.sign(picture - 0.5) * curved


def _vignette(shape: tuple[int, int], share: float) -> np.ndarray:
    y, x = (np.linspace(-1, 1, size, dtype=np.float32) for size in shape)
    return 1 - np.float32(share / 2) * (x[None, :] ** 2 + y[:, None] ** 2)


def _noise(picture: np.ndarray, camera: Camera) -> np.ndarray:
    """Shot noise: the deviation grows with the root of brightness."""
    rng = np.random.default_rng(camera.seed)
    grain = rng.standard_normal(picture.shape, dtype=np.float32)
    deviation = np.float32(camera.noise_grey / 255) * np.sqrt(0.15 + 1.7 * np.clip(picture, 0, 1))
    return grain * deviation


def _through_jpeg(pixels: np.ndarray, quality: int) -> np.ndarray:
    data = io.BytesIO()
    Image.fromarray(pixels).save(data, format="JPEG", quality=quality)
    with Image.open(data) as picture:
        return np.asarray(picture.convert("RGB"))
