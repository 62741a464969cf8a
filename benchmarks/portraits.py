"""Does a face detector see faces? ``python -m benchmarks.portraits FOLDER``, a folder in the Texas format.

Runs MTCNN on every portrait: how often it finds exactly one face (``in_colour``: without the
second look in grey), and how far its five points lie from the
fiducials. Prints one JSON object, and the portraits where it failed.
"""

import json
import sys
from pathlib import Path

import numpy as np
from tqdm import tqdm

from benchmarks.cases import head_model
from facedepth_pipeline.data.texas.fiducials import parse_fiducials
from facedepth_pipeline.data.texas.images import decode_portrait
from facedepth_pipeline.depth import FRAME_PITCH
from facedepth_pipeline.photo.detection import LANDMARK_NAMES, FaceDetector


def true_points(fiducials_px: np.ndarray) -> np.ndarray:
    """(5, 2): the eyes as the middles of their corners, nose tip and corners of the mouth; left in the image first."""
    groups = (
        ("right_eye_outer", "right_eye_inner"),
        ("left_eye_inner", "left_eye_outer"),
        ("pronasale",),
        ("right_cheilion",),
        ("left_cheilion",),
    )
    names = head_model().landmark_names
    return np.stack([fiducials_px[[names.index(name) for name in group]].mean(axis=0) for group in groups])


def main() -> None:
    """Detect, compare, print."""
    root = Path(sys.argv[1])
    detector = FaceDetector()
    portraits = sorted((root / "PreprocessedImages").glob("*_Portrait.png"))
    errors_mm, failed, grey = [], [], 0
    for path in tqdm(portraits, desc="detecting", unit="portrait"):
        portrait = decode_portrait(path.read_bytes())
        faces = detector.detect(portrait, second_look=False)
        if not faces:
            faces = detector.detect(portrait)
            grey += len(faces) == 1
        if len(faces) != 1:
            failed.append(f"{path.name}: {len(faces)} faces")
            continue
        marked = next((root / "ManualFiducialPoints").glob(f"{path.name[:30]}*"))
        truth = true_points(parse_fiducials(marked.read_text()))
        errors_mm.append(FRAME_PITCH.x_mm * np.linalg.norm(faces[0].landmarks_px - truth, axis=1))
    medians = dict(zip(LANDMARK_NAMES, np.median(errors_mm, axis=0).round(2).tolist(), strict=True))
    share = 1 - len(failed) / len(portraits)
    result = {
        "name": "one_face_share",
        "portraits": len(portraits),
        "value": round(share, 4),
        "in_colour": round(share - grey / len(portraits), 4),
        "median_mm": medians,
    }
    print(json.dumps(result))
    print("\n".join(failed))


if __name__ == "__main__":
    main()
