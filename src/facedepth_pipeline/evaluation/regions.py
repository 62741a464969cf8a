"""Parts of a face, as boxes in millimetres around eyes, nose tip and mouth.

The boxes follow adult proportions (eye centres 63 mm apart, nose 36 mm wide) and the points of each face, so that they
mean the same on every set. Which points those are:

* where the set has fiducials: the middle of the inner eye corners, the nose tip, the middle of the mouth corners;
* else the mean points of the training portraits, to which all photos of a set are aligned.
"""

from dataclasses import dataclass

import numpy as np

from facedepth_pipeline.data.texas.fiducials import INNER_EYE_CORNERS, MOUTH_CORNERS, NOSE_TIP
from facedepth_pipeline.depth import DepthMap, PixelPitch, fit_points
from facedepth_pipeline.generator.sidecar import LandmarkTemplate
from facedepth_pipeline.parameters import Fit

REGIONS = ("eyes", "nose", "mouth", "chin", "forehead", "cheeks")

EYE_FROM_MIDLINE_MM = (14.0, 48.0)
EYE_HALF_HEIGHT_MM = 9.0
NOSE_HALF_WIDTH_MM = 18.0
NOSE_BELOW_TIP_MM = 9.0
MOUTH_HALF_WIDTH_MM = 30.0
MOUTH_BELOW_CENTRE_MM = 12.0
CHIN_HALF_WIDTH_MM = 36.0
CHIN_HEIGHT_MM = 40.0
FOREHEAD_ABOVE_EYES_MM = 20.0
FACE_HALF_WIDTH_MM = 66.0
PATCH_PX = 1  # a depth is read as the mean of the pixels up to this far away


@dataclass(frozen=True)
class FacePoints:
    """Three points of a face, (x, y) in pixels of the 256x256 image."""

    eyes: tuple[float, float]
    nose_tip: tuple[float, float]
    mouth: tuple[float, float]


def points_of_fiducials(fiducials_px: np.ndarray, fit: Fit) -> FacePoints:
    """From the 25 manually marked points, (25, 2) in pixels of the 751x501 frame."""
    image_px = fit_points(fiducials_px, fit)
    eyes, mouth = (image_px[list(pair)].mean(axis=0) for pair in (INNER_EYE_CORNERS, MOUTH_CORNERS))
    return FacePoints(_point(eyes), _point(image_px[NOSE_TIP]), _point(mouth))


def points_of_template(template: LandmarkTemplate, fit: Fit) -> FacePoints:
    """From the mean points of the training portraits."""
    frame = [template.left_eye, template.right_eye, template.nose, template.mouth_left, template.mouth_right]
    left_eye, right_eye, nose, mouth_left, mouth_right = fit_points(np.array(frame), fit)
    return FacePoints(_point((left_eye + right_eye) / 2), _point(nose), _point((mouth_left + mouth_right) / 2))


def _point(xy: np.ndarray) -> tuple[float, float]:
    return float(xy[0]), float(xy[1])


def points_of_face(fiducials_px: np.ndarray | None, fit: Fit, otherwise: FacePoints) -> FacePoints:
    """Points of a face with (25, 2) marked points in the 751x501 frame; of one without, the points given."""
    return otherwise if fiducials_px is None else points_of_fiducials(fiducials_px, fit)


def face_regions(points: FacePoints, pitch: PixelPitch, shape: tuple[int, int]) -> dict[str, np.ndarray]:
    """Mask of each region; no pixel is in two.

    Returns:
        (H, W) bool for each of REGIONS. Brows, temples, ears and neck are in none.
    """
    rows, columns = np.indices(shape)

    def across(x_px: float) -> np.ndarray:  # distance from a vertical line, mm
        return np.abs(columns - x_px) * pitch.x_mm

    def below(y_px: float) -> np.ndarray:  # signed distance from a horizontal line, mm
        return (rows - y_px) * pitch.y_mm

    (eyes_x, eyes_y), (nose_x, nose_y), (mouth_x, mouth_y) = points.eyes, points.nose_tip, points.mouth
    near, far = EYE_FROM_MIDLINE_MM
    under_nose, under_mouth = below(nose_y) > NOSE_BELOW_TIP_MM, below(mouth_y) > MOUTH_BELOW_CENTRE_MM
    eyes = (across(eyes_x) >= near) & (across(eyes_x) <= far) & (np.abs(below(eyes_y)) <= EYE_HALF_HEIGHT_MM)
    nose = ~eyes & (below(eyes_y) >= 0) & ~under_nose & (across(nose_x) <= NOSE_HALF_WIDTH_MM)
    mouth = under_nose & ~under_mouth & (across(mouth_x) <= MOUTH_HALF_WIDTH_MM)
    chin_bottom = MOUTH_BELOW_CENTRE_MM + CHIN_HEIGHT_MM
    chin = under_mouth & (below(mouth_y) <= chin_bottom) & (across(mouth_x) <= CHIN_HALF_WIDTH_MM)
    forehead = (below(eyes_y) < -FOREHEAD_ABOVE_EYES_MM) & (across(eyes_x) <= FACE_HALF_WIDTH_MM)
    beside = (below(eyes_y) > EYE_HALF_HEIGHT_MM) & ~under_mouth & (across(nose_x) <= FACE_HALF_WIDTH_MM)
    cheeks = beside & ~nose & ~mouth
    return {"eyes": eyes, "nose": nose, "mouth": mouth, "chin": chin, "forehead": forehead, "cheeks": cheeks}


def nose_protrusion_mm(depth_mm: np.ndarray, truth: DepthMap, points: FacePoints) -> float:
    """How far the nose stands out: depth at its tip less the mean depth 18 mm to its left and right.

    The tip is where the true depth is greatest in the lower half of the nose, for every prediction alike.

    Args:
        depth_mm: (H, W) truth or prediction, millimetres.
        truth: Says where the tip is, and where a depth may be read.
        points: Of this face.

    Returns:
        Millimetres; NaN where the truth has a hole at one of the three places.
    """
    nose = face_regions(points, truth.pitch, truth.depth_mm.shape)["nose"] & truth.valid
    nose[: round((points.eyes[1] + points.nose_tip[1]) / 2)] = False
    if not nose.any():
        return float("nan")
    row, column = np.unravel_index(np.where(nose, truth.depth_mm, -np.inf).argmax(), nose.shape)
    aside = round(NOSE_HALF_WIDTH_MM / truth.pitch.x_mm)
    tip, left, right = (_read(depth_mm, truth.valid, int(row), int(column) + step) for step in (0, -aside, aside))
    return tip - (left + right) / 2


def _read(depth_mm: np.ndarray, valid: np.ndarray, row: int, column: int) -> float:
    """Mean of the valid depths around a pixel; NaN where there is none, or outside of the image."""
    if not (0 <= row < depth_mm.shape[0] and 0 <= column < depth_mm.shape[1]):
        return float("nan")
    patch = np.s_[max(row - PATCH_PX, 0) : row + PATCH_PX + 1, max(column - PATCH_PX, 0) : column + PATCH_PX + 1]
    read = depth_mm[patch][valid[patch]]
    return float(read.mean()) if read.size else float("nan")


def fiducial_mae_mm(predicted_mm: np.ndarray, truth: DepthMap, fiducials_px: np.ndarray, fit: Fit) -> float:
    """Mean absolute error of depth at the marked points that have a true depth; NaN if none has."""
    errors = []
    for x, y in np.rint(fit_points(fiducials_px, fit)).astype(int):
        errors.append(_read(predicted_mm, truth.valid, y, x) - _read(truth.depth_mm, truth.valid, y, x))
    known = np.abs([error for error in errors if np.isfinite(error)])
    return float(known.mean()) if known.size else float("nan")
