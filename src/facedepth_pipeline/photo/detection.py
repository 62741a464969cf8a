"""The five landmarks of the one face in a photo, found by MTCNN.

Source: Zhang, Zhang, Li & Qiao, "Joint Face Detection and Alignment Using Multitask Cascaded
Convolutional Networks", IEEE Signal Processing Letters 23(10), 2016; the package ``mtcnn`` carries
the weights, so nothing is downloaded.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from PIL import Image

from facedepth_pipeline.parameters import SeveralFaces
from facedepth_pipeline.photo.refusal import PhotoRefused, RefusalReason

LANDMARK_NAMES = ("left_eye", "right_eye", "nose", "mouth_left", "mouth_right")
MIN_CONFIDENCE = 0.95
MAX_SIDE_PX = 1024  # detection takes 9 s at 4096 px and finds nothing more in a portrait
MIN_INTERPUPILLARY_PX = 24  # the frame shows the eyes 200 px apart: below this it would be a blur


@dataclass(frozen=True, eq=False)
class DetectedFace:
    """A face in a photo.

    Attributes:
        landmarks_px: (5, 2) float64, (x, y) of pixel centres in the photo, in the order of
            :data:`LANDMARK_NAMES`; left and right are those of the image, not of the person.
        confidence: 0.95 to 1, as MTCNN gives it.
    """

    landmarks_px: np.ndarray
    confidence: float

    @property
    def interpupillary_px(self) -> float:
        """Interpupillary distance in pixels of the photo."""
        return float(np.linalg.norm(self.landmarks_px[1] - self.landmarks_px[0]))


class FaceDetector:
    """Finds faces. The network is loaded at the first photo and kept; TensorFlow with it."""

    @cached_property
    def _network(self) -> Any:
        from facedepth_pipeline.runtime.keras_import import keras  # noqa: I001  TensorFlow's first import, quietly
        from mtcnn import MTCNN

        if keras.backend.backend() != "tensorflow":
            raise ValueError(
                f"The face detector needs TensorFlow; KERAS_BACKEND is {keras.backend.backend()!r}. Run what detects "
                "faces without KERAS_BACKEND, and training alone with it: "
                "KERAS_BACKEND=jax kedro run --pipelines=train"
            )

        return MTCNN(device="CPU:0")

    def detect(self, photo: np.ndarray, second_look: bool = True) -> list[DetectedFace]:
        """All faces of confidence above 0.95, most confident first.

        A photo in which none is found is searched once more in grey: the network takes strong colours of
        light or skin for something else (docs/benchmarks.md counts how often).

        Args:
            photo: (H, W, 3) uint8 RGB of any size; searched on a copy of at most 1024 px.
            second_look: Whether to search in grey as well.
        """
        image = Image.fromarray(photo)
        image.thumbnail((MAX_SIDE_PX, MAX_SIDE_PX), Image.Resampling.LANCZOS)
        faces = self._search(photo, image)
        return self._search(photo, image.convert("L").convert("RGB")) if second_look and not faces else faces

    def _search(self, photo: np.ndarray, image: Image.Image) -> list[DetectedFace]:
        height, width = photo.shape[:2]
        # The array output has fractions of a pixel, which the JSON output rounds away. A row is
        # image number, box (4), confidence, x of the five points, y of the five points.
        rows = np.atleast_2d(self._network.detect_faces(np.asarray(image), output_type="numpy"))
        enlarge = np.array([width / image.width, height / image.height])
        faces = []
        for row in rows:
            if row.size and row[5] > MIN_CONFIDENCE:
                found = np.stack([row[6:11], row[11:16]], axis=1).astype(np.float64)
                landmarks = (found + 0.5) * enlarge - 0.5  # scaling keeps corners, not pixel centres
                faces.append(DetectedFace(landmarks, float(row[5])))
        return sorted(faces, key=lambda face: -face.confidence)


def choose_faces(faces: Sequence[DetectedFace], several_faces: SeveralFaces) -> list[DetectedFace]:
    """The faces of a photo that are to be reconstructed.

    Args:
        faces: What was detected.
        several_faces: Of more than one: ``refuse`` the photo, take the ``largest``, or ``all``, largest first. Size
            is the interpupillary distance.

    Raises:
        PhotoRefused: ``no_face`` or ``several_faces``.
    """
    if not faces:
        raise PhotoRefused(
            RefusalReason.NO_FACE,
            "No face was found in the photo; expected one frontal face, upright and well lit.",
        )
    by_size = sorted(faces, key=lambda face: -face.interpupillary_px)
    if len(faces) > 1 and several_faces == "refuse":
        raise PhotoRefused(
            RefusalReason.SEVERAL_FACES,
            f"{len(faces)} faces were found in the photo; expected one. Crop it to one person, or set several_faces "
            "to largest or all.",
        )
    return by_size if several_faces == "all" else by_size[:1]


def require_size(face: DetectedFace) -> None:
    """Refuse a face of too few pixels.

    Raises:
        PhotoRefused: ``too_small``.
    """
    if face.interpupillary_px < MIN_INTERPUPILLARY_PX:
        raise PhotoRefused(
            RefusalReason.TOO_SMALL,
            f"The eyes are {face.interpupillary_px:.0f} pixels apart in the photo; at least {MIN_INTERPUPILLARY_PX} "
            "are needed. Use a larger or closer photo.",
        )
