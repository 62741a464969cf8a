"""Anybody's method as a baseline: a folder of depth maps, or a Python file that predicts.

A folder holds one file for each image, named by the image id (``0001.npy``) or as the portrait of the pair
(``Clean_0001_001_20050912091301.npy``, with or without ``_Portrait``), and holds either kind:

* ``.npy``: float, millimetres, larger is nearer, NaN where there is no surface;
* ``.png``: 16-bit grey, 0.01 mm a level, 0 where there is no surface.

Either lies pixel for pixel on the portrait (751 rows x 501 columns) or on the photo of the pair (256 x 256).

A Python file defines ``predict(photos)``: from (N, 256, 256, 3) uint8 RGB to (N, 256, 256) millimetres, larger is
nearer, NaN where there is no surface. The file is run, so it must come from somebody who is trusted.

Offsets in z and tilts are forgiven by the aligned figures, so a method needs no zero of its own; its scale is not.
"""

import importlib.util
import io
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image, UnidentifiedImageError

from facedepth_pipeline.data.pairs import Pair
from facedepth_pipeline.depth import (
    FRAME_HEIGHT_PX,
    FRAME_PITCH,
    FRAME_WIDTH_PX,
    IMAGE_SIZE_PX,
    DepthMap,
    depth_from_png_levels,
    fit_depth,
)
from facedepth_pipeline.parameters import Fit

FRAME, PHOTO = (FRAME_HEIGHT_PX, FRAME_WIDTH_PX), (IMAGE_SIZE_PX, IMAGE_SIZE_PX)
SUFFIXES = (".npy", ".png")
EXPECTED_NAMES = "<image id>.npy or .png, or the name of the portrait, as Clean_<image id>_….npy"

PredictForeign = Callable[[Pair], np.ndarray | None]


@dataclass(frozen=True, eq=False)
class ForeignMethod:
    """A method from elsewhere.

    Attributes:
        predict: Function from a pair, of which the photo and the image id may be looked at, to (256, 256) depth
            in millimetres, NaN where there is none; None for an image that the method has not.
        said: What it is, for people.
    """

    predict: PredictForeign
    said: str


def open_foreign(name: str, path: Path) -> ForeignMethod:
    """Open a folder of depth maps or a Python file.

    Args:
        name: What it is called in the parameters, for messages.
        path: The folder, or the file.

    Raises:
        ValueError: If it is neither, holds no depth map, has two for one image, or defines no ``predict``.
    """
    if path.is_dir():
        return _folder(name, path)
    if path.is_file() and path.suffix == ".py":
        return _python_file(name, path)
    found = "there is nothing" if not path.exists() else "that is neither"
    raise ValueError(
        f"evaluate.foreign.{name} is {path}: {found}. Expected a folder of depth maps named {EXPECTED_NAMES}, or a "
        "Python file with predict(photos)."
    )


def _folder(name: str, folder: Path) -> ForeignMethod:
    by_image: dict[str, Path] = {}
    for path in sorted(folder.iterdir()):
        if path.suffix.lower() not in SUFFIXES:
            continue
        image_id = image_id_of(path.stem)
        if image_id in by_image:
            raise ValueError(
                f"evaluate.foreign.{name}: {by_image[image_id].name} and {path.name} are both of image {image_id}; "
                "expected one file for each image. Remove one of them."
            )
        by_image[image_id] = path
    if not by_image:
        raise ValueError(
            f"evaluate.foreign.{name}: the folder {folder} holds no .npy and no .png; expected depth maps named "
            f"{EXPECTED_NAMES}."
        )

    def predict(pair: Pair) -> np.ndarray | None:
        path = by_image.get(pair.image_id)
        return None if path is None else read_depth_file(path, pair.fit)

    return ForeignMethod(predict, f"{len(by_image)} depth maps in {folder}")


def image_id_of(stem: str) -> str:
    """The image id that a file is named by: the second part of ``Clean_0001_…``, or else the whole name."""
    parts = stem.split("_")
    return parts[1] if parts[0] == "Clean" and len(parts) > 1 else stem


def read_depth_file(path: Path, fit: Fit) -> np.ndarray:
    """One depth map of a folder.

    Args:
        path: A ``.npy`` or ``.png`` file.
        fit: How the 751x501 frame becomes the 256x256 photo.

    Returns:
        (256, 256) float32 millimetres; NaN where there is none.

    Raises:
        ValueError: If the file cannot be read, or is of another type or size.
    """
    depth_mm = _read_array(path) if path.suffix.lower() == ".npy" else _read_png(path)
    if depth_mm.shape == PHOTO:
        return depth_mm
    if depth_mm.shape != FRAME:
        raise ValueError(
            f"{path}: received {' x '.join(map(str, depth_mm.shape))} values; expected rows x columns of the portrait, "
            f"{FRAME[0]} x {FRAME[1]}, or of the photo, {PHOTO[0]} x {PHOTO[1]}. Resample the depth onto one of them."
        )
    known = np.isfinite(depth_mm)
    fitted = fit_depth(DepthMap(np.where(known, depth_mm, np.float32(0)), known, FRAME_PITCH), fit)
    return np.where(fitted.valid, fitted.depth_mm, np.float32(np.nan))


def _read_array(path: Path) -> np.ndarray:
    try:
        array = np.lib.format.read_array(io.BytesIO(path.read_bytes()), allow_pickle=False)
    except (ValueError, OSError, EOFError) as error:
        raise ValueError(
            f"{path} cannot be read: {error}. Expected an array that numpy.save wrote; write it anew."
        ) from error
    if array.dtype.kind != "f":
        raise ValueError(
            f"{path}: received {array.dtype}; expected floats in millimetres, NaN where there is no surface. Save it "
            "with numpy.save(path, depth_mm.astype('float32'))."
        )
    return np.where(np.isfinite(array), array, np.nan).astype(np.float32)


def _read_png(path: Path) -> np.ndarray:
    try:
        with Image.open(path) as image:
            mode, levels = image.mode, np.asarray(image)
    except (UnidentifiedImageError, OSError, SyntaxError, Image.DecompressionBombError) as error:
        raise ValueError(f"{path} cannot be read: {error}. Expected a 16-bit grey PNG; write it anew.") from error
    if not mode.startswith("I"):
        raise ValueError(
            f"{path}: received a PNG of mode {mode!r}; expected 16-bit grey, 0.01 mm a level, 0 where there is no "
            "surface. Save numpy.rint(100 * depth_mm).astype('uint16')."
        )
    depth_map = depth_from_png_levels(levels.astype(np.uint16), FRAME_PITCH)
    return np.where(depth_map.valid, depth_map.depth_mm, np.float32(np.nan))


def _python_file(name: str, path: Path) -> ForeignMethod:
    predict_photos = _load_predict(name, path)

    def predict(pair: Pair) -> np.ndarray:
        predicted = np.asarray(predict_photos(pair.photo[None]))
        if predicted.shape != (1, *PHOTO) or predicted.dtype.kind != "f":
            raise ValueError(
                f"evaluate.foreign.{name}: predict of {path} gave {predicted.dtype} of shape {predicted.shape} for "
                f"photos of shape {pair.photo[None].shape}; expected floats of shape {(1, *PHOTO)}: millimetres, "
                "larger is nearer, NaN where there is no surface."
            )
        depth_mm = predicted[0].astype(np.float32)
        return np.where(np.isfinite(depth_mm), depth_mm, np.float32(np.nan))

    return ForeignMethod(predict, f"predict of {path}")


def _load_predict(name: str, path: Path) -> Callable[[np.ndarray], Any]:
    specification = importlib.util.spec_from_file_location(f"foreign_{name}", path)
    if specification is None or specification.loader is None:
        raise ValueError(f"evaluate.foreign.{name}: {path} cannot be imported; expected a Python file.")
    module = importlib.util.module_from_spec(specification)
    try:
        specification.loader.exec_module(module)
    except Exception as error:
        raise ValueError(
            f"evaluate.foreign.{name}: {path} failed when it was imported: {type(error).__name__}: {error}. Mend the "
            "file, or install what it needs into this environment."
        ) from error
    predict = getattr(module, "predict", None)
    if not callable(predict):
        raise ValueError(
            f"evaluate.foreign.{name}: {path} defines no predict; expected predict(photos), from (N, 256, 256, 3) "
            "uint8 to (N, 256, 256) millimetres."
        )
    return predict
