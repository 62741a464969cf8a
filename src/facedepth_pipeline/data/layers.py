"""What the light falls on: layers of a rendered face that a photo is composed of anew each time it is drawn.

A finished picture teaches one light. These layers hold what geometry and paint decide and leave out what a light, a
camera and a background decide, so that a training can compose another photo of the same face in each epoch
(deferred shading: Saito and Takahashi, "Comprehensible Rendering of 3-D Shapes", SIGGRAPH 1990).
The shape of the surface is in the depth map beside them: normals follow from it.
"""

import io
import json
import lzma
import zipfile
from dataclasses import dataclass
from typing import Any

import numpy as np
from PIL import Image
from scipy import ndimage

from facedepth_pipeline.depth import IMAGE_SIZE_PX, MM_PER_PNG_LEVEL, DepthMap, PixelPitch
from facedepth_pipeline.parameters import Fit

LIGHT_SIZE_PX = 128  # visibility is smooth: half of the resolution
GLOSS_OF_SKIN = 100  # level of a highlight of common strength; 255 is a wet eye
LOBES = 16
LOWEST_LOBE_Z = -0.25  # lobes reach a little behind the plane of the face, for rim light


def lobe_directions() -> np.ndarray:
    """(16, 3) float32 unit vectors toward the light, spread evenly over the part of the sphere with z above -0.25.

    Axes: x right in the image, y up, z toward the camera. Directions lie on Vogel's spiral.
    """
    number = np.arange(LOBES) + 0.5
    z = 1 - (1 - LOWEST_LOBE_Z) * number / LOBES
    angle = number * np.pi * (3 - np.sqrt(5))
    flat = np.sqrt(1 - z * z)
    return np.stack([flat * np.cos(angle), flat * np.sin(angle), z], axis=1).astype(np.float32)


@dataclass(frozen=True, eq=False)
class Layers:
    """Everything of a face that no light changes.

    Attributes:
        albedo: (256, 256, 3) uint8: linear reflectance r in [0, 1] as level ``255 * r ** (1 / 2.2)``; 0 where
            there is no person.
        surface: (256, 256, 3) uint8. Channel 0: gloss, 100 for skin of common oiliness, 255 for a wet eye.
            Channel 1: share of skin, 255 on skin and lips, 0 on hair, eyes, clothes and glasses. Channel 2: share of
            the pixel that the person covers, 255 inside.
        visibility: (128, 128, 16) uint8: 255 where nothing stands between the surface and the light from
            direction k of :func:`lobe_directions`, 0 in full shadow.
    """

    albedo: np.ndarray
    surface: np.ndarray
    visibility: np.ndarray

    def __post_init__(self) -> None:
        expected = {
            "albedo": (IMAGE_SIZE_PX, IMAGE_SIZE_PX, 3),
            "surface": (IMAGE_SIZE_PX, IMAGE_SIZE_PX, 3),
            "visibility": (LIGHT_SIZE_PX, LIGHT_SIZE_PX, LOBES),
        }
        for name, shape in expected.items():
            array = getattr(self, name)
            if array.shape != shape or array.dtype != np.uint8:
                raise ValueError(f"{name} must be {shape} uint8; received {array.shape} {array.dtype}.")


@dataclass(frozen=True, eq=False)
class RelightablePair:
    """Layers of a rendered face with their depth, pixel for pixel.

    Attributes:
        image_id: Id of the take, unique in its set.
        subject_id: Id of the person.
        source: Name of the head model.
        layers: What the light falls on.
        depth_map: Depth in millimetres, mask and pitch, 256x256. Glasses and single hairs are in the layers, not
            in the depth, which stays that of the face behind them.
        fit: How the 751x501 frame became 256x256.
    """

    image_id: str
    subject_id: str
    source: str
    layers: Layers
    depth_map: DepthMap
    fit: Fit


def encode_pair(pair: RelightablePair) -> bytes:
    """One pair as a small file: about 27 kB where the arrays take 0.8 MB.

    The albedo goes through WebP of quality 85, the gloss through JPEG at half of the resolution. Skin and coverage keep
    16 levels. The visibility is exact. The depth goes through JPEG 2000 at a sixteenth of its bytes, which changes it
    by 0.03 mm on average; its mask is exact.
    """
    skin_and_coverage = np.ascontiguousarray((pair.layers.surface[..., 1:] >> 4).transpose(2, 0, 1))
    header = {
        "image_id": pair.image_id,
        "subject_id": pair.subject_id,
        "source": pair.source,
        "fit": pair.fit,
        "pitch": list(pair.depth_map.pitch),
    }
    half = (LIGHT_SIZE_PX, LIGHT_SIZE_PX)
    gloss = Image.fromarray(pair.layers.surface[..., 0]).resize(half, Image.Resampling.BOX)
    data = io.BytesIO()
    np.savez(
        data,
        header=np.frombuffer(json.dumps(header).encode(), np.uint8),
        albedo=_saved(Image.fromarray(pair.layers.albedo), "WEBP", quality=85),
        gloss=_saved(gloss, "JPEG", quality=75),
        skin_and_coverage=_packed(skin_and_coverage),
        visibility=_packed(np.packbits(pair.layers.visibility > 127, axis=0)),
        valid=_packed(np.packbits(pair.depth_map.valid)),
        depth=_saved(
            Image.fromarray(np.rint(_without_rim(pair.depth_map) / MM_PER_PNG_LEVEL).astype(np.uint16)),
            "JPEG2000", quality_mode="rates", quality_layers=[16], irreversible=True,
        ),
    )  # fmt: skip
    return data.getvalue()


def decode_pair(content: bytes) -> RelightablePair:
    """The inverse of :func:`encode_pair`, but for its losses.

    Raises:
        ValueError: If the content is no such file.
    """
    shape = (IMAGE_SIZE_PX, IMAGE_SIZE_PX)
    try:
        with np.load(io.BytesIO(content), allow_pickle=False) as arrays:
            header = json.loads(arrays["header"].tobytes())
            skin_and_coverage = _unpacked(arrays["skin_and_coverage"]).reshape(2, *shape)
            bits = _unpacked(arrays["visibility"]).reshape(LIGHT_SIZE_PX // 8, LIGHT_SIZE_PX, LOBES)
            valid = np.unpackbits(_unpacked(arrays["valid"])).reshape(shape).astype(bool)
            gloss = _opened(arrays["gloss"], "JPEG").resize(shape, Image.Resampling.BILINEAR)
            albedo = np.asarray(_opened(arrays["albedo"], "WEBP").convert("RGB"))
            levels = np.asarray(_opened(arrays["depth"], "JPEG2000"))
    except (OSError, EOFError, KeyError, ValueError, lzma.LZMAError, zipfile.BadZipFile) as error:
        raise ValueError(f"Expected the layers of one rendered face; received {len(content)} bytes: {error}") from error
    surface = np.stack([np.asarray(gloss), *(17 * skin_and_coverage)], axis=-1)
    depth_mm = np.where(valid, np.maximum(levels, 1) * np.float32(MM_PER_PNG_LEVEL), 0).astype(np.float32)
    return RelightablePair(
        header["image_id"],
        header["subject_id"],
        header["source"],
        Layers(albedo, surface, 255 * np.unpackbits(bits, axis=0)),
        DepthMap(depth_mm, valid, PixelPitch(*header["pitch"])),
        header["fit"],
    )


def _without_rim(depth_map: DepthMap) -> np.ndarray:
    """(256, 256) depth that goes on smoothly beyond the rim, so that a codec has no step to spend bytes on."""
    if not depth_map.valid.any():
        return depth_map.depth_mm
    nearest = ndimage.distance_transform_edt(~depth_map.valid, return_distances=False, return_indices=True)
    beyond = ndimage.gaussian_filter(depth_map.depth_mm[tuple(nearest)], 8)
    return np.where(depth_map.valid, depth_map.depth_mm, beyond)


def _packed(array: np.ndarray) -> np.ndarray:
    return np.frombuffer(lzma.compress(array.tobytes(), preset=6), np.uint8)


def _unpacked(content: np.ndarray) -> np.ndarray:
    return np.frombuffer(lzma.decompress(content.tobytes()), np.uint8)


def _saved(image: Image.Image, codec: str, **options: Any) -> np.ndarray:
    data = io.BytesIO()
    image.save(data, codec, **options)
    return np.frombuffer(data.getvalue(), np.uint8)


def _opened(content: np.ndarray, codec: str) -> Image.Image:
    with Image.open(io.BytesIO(content.tobytes()), formats=[codec]) as image:
        image.load()
        return image
