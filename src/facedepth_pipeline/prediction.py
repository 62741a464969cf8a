"""A trained generator, and depth maps predicted by it."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy import ndimage

from facedepth_pipeline.depth import IMAGE_SIZE_PX, DepthMap, denormalize_depth
from facedepth_pipeline.sidecar import GeneratorSidecar

THRESHOLD_CANDIDATES_MM = np.arange(1.0, 21.0)


@dataclass(frozen=True, eq=False)
class DepthGenerator:
    """A trained generator and what it says about itself.

    Attributes:
        network: ``keras.Model``: float32 RGB (N, 256, 256, 3) in [-1, 1] to normalized depth
            (N, 256, 256, 1) in [-1, 1].
        sidecar: Fit, template and threshold that belong to these weights.
    """

    network: Any
    sidecar: GeneratorSidecar


def normalize_photo(photo: np.ndarray) -> np.ndarray:
    """float32 in [-1, 1] from uint8: ``photo / 127.5 - 1``."""
    return photo.astype(np.float32) / np.float32(127.5) - np.float32(1)


def predict_depth_mm(network: Any, photos: np.ndarray, batch_size: int = 8) -> np.ndarray:
    """Depth of aligned photos, with dropout off: the same photo gives the same depth.

    Args:
        network: Of a :class:`DepthGenerator`.
        photos: (N, 256, 256, 3) uint8 RGB.
        batch_size: Photos in one pass; it changes memory and speed only.

    Returns:
        (N, 256, 256) float32 millimetres at every pixel, near 0 in the background.

    Raises:
        ValueError: If photos have another shape or type, or a prediction is not finite.
    """
    if photos.shape[1:] != (IMAGE_SIZE_PX, IMAGE_SIZE_PX, 3) or photos.dtype != np.uint8:
        raise ValueError(f"photos must be uint8 (N, 256, 256, 3); received {photos.dtype} {photos.shape}.")
    depth_mm = np.zeros(photos.shape[:3], np.float32)
    for start in range(0, len(photos), batch_size):
        batch = slice(start, start + batch_size)
        predicted = np.asarray(network.predict_on_batch(normalize_photo(photos[batch])))
        depth_mm[batch] = denormalize_depth(predicted[..., 0])
    if not np.isfinite(depth_mm).all():
        raise ValueError("The generator predicted NaN or infinity: its training diverged. Train it again.")
    return depth_mm


def predict_depth_maps(generator: DepthGenerator, photos: np.ndarray, batch_size: int = 8) -> list[DepthMap]:
    """Depth maps of (N, 256, 256, 3) uint8 photos, each with its predicted mask; a mask may be empty."""
    depth_maps = []
    for depth_mm in predict_depth_mm(generator.network, photos, batch_size):
        valid = predicted_valid(depth_mm, generator.sidecar.valid_threshold_mm)
        depth_maps.append(DepthMap(np.where(valid, depth_mm, np.float32(0)), valid, generator.sidecar.pitch))
    return depth_maps


def predicted_valid(depth_mm: np.ndarray, threshold_mm: float) -> np.ndarray:
    """Where a predicted depth is face: above a threshold, in one piece, without holes.

    Args:
        depth_mm: (H, W) predicted depth, millimetres, near 0 in the background.
        threshold_mm: Chosen on validation subjects.

    Returns:
        (H, W) bool.
    """
    pieces, count = ndimage.label(depth_mm > threshold_mm)
    if not count:
        return np.zeros(depth_mm.shape, bool)
    largest = np.bincount(pieces.ravel())[1:].argmax() + 1
    return np.asarray(ndimage.binary_fill_holes(pieces == largest), bool)


def choose_valid_threshold(predicted_mm: Iterable[np.ndarray], valid: Iterable[np.ndarray]) -> float:
    """Threshold in mm whose mask overlaps the true one best (mean intersection over union).

    Args:
        predicted_mm: (H, W) predicted depths of validation subjects.
        valid: (H, W) bool, the true mask of each.
    """
    pairs = list(zip(predicted_mm, valid, strict=True))
    overlap = [
        np.mean([_overlap(predicted_valid(depth_mm, threshold), truth) for depth_mm, truth in pairs])
        for threshold in THRESHOLD_CANDIDATES_MM
    ]
    return float(THRESHOLD_CANDIDATES_MM[int(np.argmax(overlap))])


def _overlap(mask: np.ndarray, truth: np.ndarray) -> float:
    return float((mask & truth).sum() / max((mask | truth).sum(), 1))
