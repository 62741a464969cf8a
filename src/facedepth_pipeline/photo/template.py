"""Where faces lie in the frame: the template that photos are aligned to."""

from collections.abc import Iterable

import numpy as np

from facedepth_pipeline.generator.sidecar import LandmarkTemplate
from facedepth_pipeline.photo.detection import LANDMARK_NAMES, FaceDetector


def measure_landmark_template(portraits: Iterable[np.ndarray]) -> LandmarkTemplate:
    """Mean position of the five landmarks over portraits in the 751x501 frame.

    Portraits in which not exactly one face is found do not count.

    Args:
        portraits: (751, 501, 3) uint8 RGB each.

    Raises:
        ValueError: If no portrait shows one face.
    """
    detector = FaceDetector()
    found = [faces[0].landmarks_px for faces in map(detector.detect, portraits) if len(faces) == 1]
    if not found:
        raise ValueError(
            "No training portrait shows exactly one face that the detector finds: expected frontal portraits. "
            "Look at the contact sheet of the pairs."
        )
    mean = np.mean(found, axis=0).round(3)
    points = {name: (float(x), float(y)) for name, (x, y) in zip(LANDMARK_NAMES, mean, strict=True)}
    return LandmarkTemplate(**points, portraits=len(found))
