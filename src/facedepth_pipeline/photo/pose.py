"""Which way a face looks, from its five landmarks.

Weak perspective: a face is small beside its distance, so the picture of its points is a rotation of them, seen along
z, scaled. The rotation nearest to the least-squares map is what is reported.
"""

import math
from dataclasses import dataclass

import numpy as np

from facedepth_pipeline.depth import FRAME_PITCH
from facedepth_pipeline.generator.sidecar import LandmarkTemplate

# Height over the eyes, millimetres, of what the detector marks: left and right eye, nose, corners of the mouth. Chosen
# so that rendered faces, turned by known angles, come back as turned. Their own noses are higher, 33 mm, and with that
# angles came out a fifth too small: the detector's nose point wanders less than the tip.
# `python -m benchmarks.pose FOLDER` measures both.
RELIEF_MM = np.array([0.0, 0.0, 27.0, 9.0, 9.0])


@dataclass(frozen=True)
class HeadPose:
    """Turn of a face away from the camera, degrees.

    Attributes:
        yaw_deg: About the vertical axis; positive: the face looks to the right of the image.
        pitch_deg: About the horizontal axis; positive: the face looks up.
    """

    yaw_deg: float
    pitch_deg: float


def head_pose(landmarks_px: np.ndarray, template: LandmarkTemplate) -> HeadPose:
    """Pose of a face that was turned upright in the image plane.

    The relief of the mean nose is taken for that of everyone, so single faces are off: by 4 degrees in yaw, by 10 in
    pitch (standard deviations over rendered people, docs/benchmarks.md).

    Args:
        landmarks_px: (5, 2) points, y down, eyes level: as alignment lays them into the frame, at any scale.
        template: Where the points lie on a mean frontal face.
    """
    upward = np.array([1.0, -1.0])
    model = np.column_stack([template.points_px * upward * FRAME_PITCH.x_mm, RELIEF_MM])
    seen = landmarks_px * upward
    # (2, 3): the two rows of the rotation that an orthographic camera sees, times the scale
    rows = np.linalg.lstsq(model - model.mean(0), seen - seen.mean(0), rcond=None)[0].T
    left, _, right = np.linalg.svd(rows, full_matrices=False)
    across, up = left @ right
    gaze = np.array([across[2], up[2], np.cross(across, up)[2]])  # the head's z axis as the camera sees it
    return HeadPose(math.degrees(math.atan2(gaze[0], gaze[2])), math.degrees(math.asin(np.clip(gaze[1], -1, 1))))
