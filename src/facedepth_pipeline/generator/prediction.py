"""A trained generator, and depth maps predicted by it."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np

from facedepth_pipeline.depth import (
    IMAGE_SIZE_PX,
    DepthMap,
    denormalize_depth,
    largest_without_holes,
    normalize_photo,
)
from facedepth_pipeline.generator.sidecar import GeneratorSidecar

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


def predict_depth_mm(network: Any, photos: np.ndarray, batch_size: int = 8, mirrored: bool = False) -> np.ndarray:
    """Depth of aligned photos, with dropout off: the same photo gives the same depth.

    Args:
        network: Of a :class:`DepthGenerator`.
        photos: (N, 256, 256, 3) uint8 RGB.
        batch_size: Photos in one pass; it changes memory and speed only.
        mirrored: Whether the depth is the mean with that of the mirrored photo, mirrored back: a second pass.

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
        inputs = normalize_photo(photos[batch])
        predicted = np.asarray(network.predict_on_batch(inputs), np.float32)
        if mirrored:
            predicted = (predicted + np.asarray(network.predict_on_batch(inputs[:, :, ::-1]))[:, :, ::-1]) / 2
        depth_mm[batch] = denormalize_depth(predicted[..., 0])
    if not np.isfinite(depth_mm).all():
        raise ValueError("The generator predicted NaN or infinity: its training diverged. Train it again.")
    return depth_mm


def sample_depth_mm(network: Any, photo: np.ndarray, samples: int, seed: int) -> np.ndarray:
    """Depths that the generator holds for possible: with dropout, the noise z of equation 1, and of the mirrored photo.

    Every photo meets the same dropout, so that what is said of it does not depend on its neighbours.

    Args:
        network: Of a :class:`DepthGenerator`, with dropout in its decoder.
        photo: (256, 256, 3) uint8 RGB.
        samples: Passes with dropout, K.
        seed: Of the dropout.

    Returns:
        (K + 1, 256, 256) float32 millimetres; the last is the mirrored photo's, mirrored back, without dropout.
    """
    for layer in network.layers:
        if generator := getattr(layer, "seed_generator", None):
            generator.state.assign(np.asarray([seed, 0], np.uint32))
    inputs = np.repeat(normalize_photo(photo)[None], samples, axis=0)
    # a plain array from whatever backend: Keras may compute on JAX
    dropped = np.asarray(network(inputs, training=True), np.float32)
    mirrored = np.asarray(network.predict_on_batch(inputs[:1, :, ::-1]), np.float32)[:, :, ::-1]
    depth_mm = denormalize_depth(np.concatenate([dropped, mirrored])[..., 0])
    if not np.isfinite(depth_mm).all():
        raise ValueError("The generator predicted NaN or infinity: its training diverged. Train it again.")
    return depth_mm


def predict_depth_and_doubt(
    generator: DepthGenerator, photos: np.ndarray, samples: int, seed: int, batch_size: int = 8
) -> list[tuple[DepthMap, np.ndarray | None]]:
    """Depth of each photo, and how sure the generator is of it.

    Args:
        generator: Network and sidecar.
        photos: (N, 256, 256, 3) uint8 RGB.
        samples: Dropout samples; 0 = one pass without dropout, and nothing is said of doubt.
        seed: Of the dropout.
        batch_size: Photos in one pass, without samples.

    Returns:
        For each photo the mean depth and the standard deviation of the samples, (256, 256) float32 millimetres, 0 where
        no face was predicted; None without samples.
    """
    if not samples:
        return [(depth_map, None) for depth_map in predict_depth_maps(generator, photos, batch_size)]
    results: list[tuple[DepthMap, np.ndarray | None]] = []
    for photo in photos:
        sampled_mm = sample_depth_mm(generator.network, photo, samples, seed)
        depth_map = _face(sampled_mm.mean(axis=0), generator.sidecar)
        doubt_mm = np.where(depth_map.valid, sampled_mm.std(axis=0, ddof=1), np.float32(0))
        results.append((depth_map, doubt_mm))
    return results


def predict_depth_maps(generator: DepthGenerator, photos: np.ndarray, batch_size: int = 8) -> list[DepthMap]:
    """Depth maps of (N, 256, 256, 3) uint8 photos, each with its predicted mask; a mask may be empty."""
    return [_face(depth_mm, generator.sidecar) for depth_mm in predict_depth_mm(generator.network, photos, batch_size)]


def _face(depth_mm: np.ndarray, sidecar: GeneratorSidecar) -> DepthMap:
    valid = predicted_valid(depth_mm, sidecar.valid_threshold_mm)
    return DepthMap(np.where(valid, depth_mm, np.float32(0)), valid, sidecar.pitch)


def predicted_valid(depth_mm: np.ndarray, threshold_mm: float) -> np.ndarray:
    """Where a predicted depth is face: above a threshold, in one piece, without holes.

    Args:
        depth_mm: (H, W) predicted depth, millimetres, near 0 in the background.
        threshold_mm: Chosen on validation subjects.

    Returns:
        (H, W) bool.
    """
    return largest_without_holes(depth_mm > threshold_mm)


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
