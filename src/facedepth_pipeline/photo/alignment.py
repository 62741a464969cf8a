"""Alignment: a similarity transform that lays a face where the generator learned to expect it.

Points are (x, y) in pixels, x along columns and y down rows, whole numbers at pixel centres.
"""

import math
from dataclasses import dataclass
from typing import Literal

import numpy as np
from PIL import Image

from facedepth_pipeline.data.texas.names import parse_file_name
from facedepth_pipeline.depth import FRAME_HEIGHT_PX, FRAME_PITCH, FRAME_WIDTH_PX
from facedepth_pipeline.generator.sidecar import GeneratorSidecar
from facedepth_pipeline.photo.detection import DetectedFace
from facedepth_pipeline.photo.pose import HeadPose, head_pose
from facedepth_pipeline.photo.refusal import PhotoRefused, RefusalReason

BLACK = (0, 0, 0)
MAX_ENLARGEMENT = 5  # of the texture over the frame: 3755x2505, which viewers still open
ENOUGH = 0.25  # a photo finer than the frame by less than this gains nothing that the eye sees
# A face in the frame: an ellipse about a point below the middle of the eyes, millimetres.
FACE_HALF_WIDTH_MM, FACE_HALF_HEIGHT_MM, FACE_CENTRE_BELOW_EYES_MM = 66.0, 82.0, 28.0


@dataclass(frozen=True, eq=False)
class Similarity:
    """``target = scale * rotation @ source + translation``, without reflection.

    Attributes:
        scale: Target pixels per source pixel, above 0.
        rotation: (2, 2) float64, a proper rotation.
        translation: (2,) float64, target pixels.
    """

    scale: float
    rotation: np.ndarray
    translation: np.ndarray

    @property
    def angle_degrees(self) -> float:
        """Rotation in the image, clockwise positive since y points down."""
        return math.degrees(math.atan2(self.rotation[1, 0], self.rotation[0, 0]))

    def apply(self, points: np.ndarray) -> np.ndarray:
        """Map (N, 2) source points to (N, 2) target points."""
        return self.scale * points @ self.rotation.T + self.translation

    def apply_inverse(self, points: np.ndarray) -> np.ndarray:
        """Map (N, 2) target points back to (N, 2) source points."""
        return (points - self.translation) @ self.rotation / self.scale


@dataclass(frozen=True, eq=False)
class AlignedPhoto:
    """A photo in the 751x501 frame of the database, and how it got there.

    Attributes:
        frame: (751, 501, 3) uint8 RGB.
        texture: (751 k, 501 k, 3) uint8 RGB, the same rectangle in the photo's resolution; k is 1 to 5.
        method: ``detect`` (by landmarks) or ``none`` (it was in the frame already).
        mm_per_photo_px: What a pixel of the given photo measures on the face, millimetres.
        angle_degrees: How far the photo was turned.
        residual_px: Root mean square distance of the moved landmarks from the template, frame
            pixels; large for a face that is turned away. 0 where nothing was aligned.
        face: The detected face, None where nothing was detected.
        pose: Which way it looks, None where nothing was detected.
        covered: Share of an average face, laid over the landmarks, that lies inside the photo.
        similarity: From pixels of the photo to pixels of the frame, None where nothing was aligned.
    """

    frame: np.ndarray
    texture: np.ndarray
    method: Literal["detect", "none"]
    mm_per_photo_px: float
    angle_degrees: float = 0.0
    residual_px: float = 0.0
    face: DetectedFace | None = None
    pose: HeadPose | None = None
    covered: float = 1.0
    similarity: Similarity | None = None


def fit_similarity(source: np.ndarray, target: np.ndarray) -> Similarity:
    """Least-squares similarity from one set of points to another.

    Umeyama, "Least-Squares Estimation of Transformation Parameters Between Two Point Patterns",
    IEEE TPAMI 13(4), 1991, equations 40 to 42.

    Args:
        source: (N, 2) points, N at least 2, not all in one place.
        target: (N, 2) points.

    Raises:
        ValueError: If the shapes differ or the source points coincide.
    """
    if source.shape != target.shape or source.ndim != 2 or source.shape[1] != 2 or len(source) < 2:
        raise ValueError(f"source and target must both be (N, 2), N >= 2; received {source.shape} and {target.shape}.")
    source_mean, target_mean = source.mean(0), target.mean(0)
    variance = np.mean(np.sum((source - source_mean) ** 2, axis=1))
    if variance <= 0:
        raise ValueError(f"The {len(source)} source points coincide at {source_mean}: no scale follows.")
    covariance = (target - target_mean).T @ (source - source_mean) / len(source)
    left, singular, right = np.linalg.svd(covariance)
    sign = np.array([1.0, np.sign(np.linalg.det(left) * np.linalg.det(right)) or 1.0])  # no reflection
    rotation = left @ np.diag(sign) @ right
    scale = float(singular @ sign / variance)
    return Similarity(scale, rotation, target_mean - scale * rotation @ source_mean)


def warp_to_frame(
    photo: np.ndarray, similarity: Similarity, fill: tuple[int, int, int] = BLACK, enlargement: int = 1
) -> np.ndarray:
    """Resample a photo into the 751x501 frame.

    A photo with finer pixels than the frame is first shrunk with a filter as wide as the shrinking
    (Lanczos), since the bicubic kernel of the turn looks at 4x4 pixels only and would alias.

    Args:
        photo: (H, W, 3) uint8 RGB.
        similarity: From photo pixels to frame pixels.
        fill: RGB for what lies outside the photo.
        enlargement: Pixels of the result along each pixel of the frame.

    Returns:
        (751, 501, 3) uint8 RGB, times the enlargement.
    """
    # the corner of the first pixel, half a pixel from its centre, is the same point at every enlargement
    similarity = Similarity(
        similarity.scale * enlargement,
        similarity.rotation,
        similarity.translation * enlargement + (enlargement - 1) / 2,
    )
    image = Image.fromarray(photo)
    whole = np.array(image.size, dtype=np.float64)
    if similarity.scale < 1:
        columns, rows = np.maximum(np.rint(whole * similarity.scale), 1).astype(int)
        image = image.resize((int(columns), int(rows)), Image.Resampling.LANCZOS)
    shrink = np.array(image.size) / whole  # x and y: rounding to whole pixels makes them differ a little
    # Pillow wants the way back, frame to photo, and puts whole numbers at pixel corners.
    backward = similarity.rotation.T / similarity.scale
    offset = backward @ (-0.5 - similarity.translation) + 0.5
    matrix = shrink[:, None] * np.column_stack([backward, offset])
    aligned = image.transform(
        (FRAME_WIDTH_PX * enlargement, FRAME_HEIGHT_PX * enlargement),
        Image.Transform.AFFINE,
        tuple(matrix.ravel()),
        resample=Image.Resampling.BICUBIC,
        fillcolor=fill,
    )
    return np.asarray(aligned)


def align_face(
    photo: np.ndarray,
    face: DetectedFace,
    sidecar: GeneratorSidecar,
    interpupillary_mm: float | None = None,
    fill: tuple[int, int, int] = BLACK,
) -> AlignedPhoto:
    """Lay a detected face onto the template of a generator.

    A photo does not tell its scale. The face gets the size of the mean training face, by all five points; or, when the
    distance of its eyes is known, its own size in the 0.32 mm pixels of the frame, by the eyes alone.

    Args:
        photo: (H, W, 3) uint8 RGB.
        face: What the detector found in it.
        sidecar: Of the generator that will see the photo.
        interpupillary_mm: Interpupillary distance, millimetres; None = the training mean.
        fill: RGB for what lies outside the photo.
    """
    template = sidecar.landmarks.points_px
    if interpupillary_mm is not None:
        centre = template.mean(0)
        template = centre + (template - centre) * (interpupillary_mm / sidecar.interpupillary_mm)
    similarity = fit_similarity(face.landmarks_px, template)
    if interpupillary_mm is not None:
        similarity = _with_scale(
            similarity, interpupillary_mm / FRAME_PITCH.x_mm / face.interpupillary_px, face.landmarks_px
        )
    landmarks = similarity.apply(face.landmarks_px)
    distances = np.linalg.norm(landmarks - template, axis=1)
    # as many texture pixels as the photo has to give, so that nothing of it is lost
    enlargement = min(math.ceil(1 / similarity.scale - ENOUGH), MAX_ENLARGEMENT)
    frame = warp_to_frame(photo, similarity, fill)
    return AlignedPhoto(
        frame=frame,
        texture=warp_to_frame(photo, similarity, fill, enlargement) if enlargement > 1 else frame,
        method="detect",
        mm_per_photo_px=FRAME_PITCH.x_mm * similarity.scale,
        angle_degrees=similarity.angle_degrees,
        residual_px=float(np.sqrt(np.mean(distances**2))),
        face=face,
        pose=head_pose(landmarks, sidecar.landmarks),
        covered=_covered_face(photo.shape, similarity, landmarks),
        similarity=similarity,
    )


def _with_scale(similarity: Similarity, scale: float, points: np.ndarray) -> Similarity:
    """The same rotation at another scale; the mean of the source points, (N, 2), goes where it went."""
    centre = points.mean(0)
    moved = similarity.apply(centre[None])[0]
    return Similarity(scale, similarity.rotation, moved - scale * similarity.rotation @ centre)


def face_outline(face: DetectedFace, sidecar: GeneratorSidecar, points: int = 72) -> np.ndarray:
    """An ellipse the size of an average face, laid over the landmarks.

    Args:
        face: What the detector found.
        sidecar: Says where landmarks lie on a face.
        points: Of the outline.

    Returns:
        (points, 2) float64, pixels of the photo, clockwise from the side of the face; some may lie outside of it.
    """
    similarity = fit_similarity(face.landmarks_px, sidecar.landmarks.points_px)
    angle = np.linspace(0, 2 * np.pi, points, endpoint=False)
    return similarity.apply_inverse(_on_face(np.cos(angle), np.sin(angle), similarity.apply(face.landmarks_px)))


def _on_face(across: np.ndarray, down: np.ndarray, landmarks_px: np.ndarray) -> np.ndarray:
    """(N, 2) points of the frame on an average face; across and down are 1 at its edge."""
    eyes = landmarks_px[:2].mean(0)
    right_mm = across * FACE_HALF_WIDTH_MM
    down_mm = down * FACE_HALF_HEIGHT_MM + FACE_CENTRE_BELOW_EYES_MM
    return eyes + np.stack([right_mm, down_mm], axis=1) / FRAME_PITCH.x_mm


def _covered_face(shape: tuple[int, ...], similarity: Similarity, landmarks_px: np.ndarray) -> float:
    """Share of an average face that lies inside a photo of this shape; landmarks in the frame."""
    across, down = np.meshgrid(np.linspace(-1, 1, 41), np.linspace(-1, 1, 41))
    inside = np.hypot(across, down) <= 1
    in_photo = similarity.apply_inverse(_on_face(across[inside], down[inside], landmarks_px))
    return float(((in_photo >= -0.5) & (in_photo <= np.array(shape[1::-1]) - 0.5)).all(axis=1).mean())


def require_frontal(photo: AlignedPhoto, max_yaw_deg: float, max_pitch_deg: float) -> None:
    """Refuse a face that is turned away; a photo that was not aligned by landmarks passes.

    Raises:
        PhotoRefused: ``not_frontal``.
    """
    if photo.pose is None:
        return
    yaw, pitch = photo.pose.yaw_deg, photo.pose.pitch_deg
    if abs(yaw) > max_yaw_deg or abs(pitch) > max_pitch_deg:
        raise PhotoRefused(
            RefusalReason.NOT_FRONTAL,
            f"The face looks about {abs(yaw):.0f} degrees to the {'right' if yaw > 0 else 'left'} and "
            f"{abs(pitch):.0f} {'up' if pitch > 0 else 'down'}; at most {max_yaw_deg:.0f} and {max_pitch_deg:.0f} are "
            "allowed. Use a photo in which the person looks into the camera.",
        )


def require_whole(photo: AlignedPhoto, min_covered: float) -> None:
    """Refuse a face that is cut off by the edge of the photo.

    Args:
        photo: An aligned photo.
        min_covered: Smallest share of the face inside the photo.

    Raises:
        PhotoRefused: ``cut_off``.
    """
    if photo.covered < min_covered:
        raise PhotoRefused(
            RefusalReason.CUT_OFF,
            f"About {100 * photo.covered:.0f} % of the face lie inside the photo; expected at least "
            f"{100 * min_covered:.0f} %. Use a photo that shows the face from chin to forehead.",
        )


def is_database_portrait(file_name: str, shape: tuple[int, ...]) -> bool:
    """Whether a photo is a portrait of the Texas database, which lies in the frame already.

    Args:
        file_name: Without folders.
        shape: Of the decoded photo: (rows, columns, ...).
    """
    if shape[:2] != (FRAME_HEIGHT_PX, FRAME_WIDTH_PX):
        return False
    try:
        return parse_file_name(file_name)[1] == "Portrait"
    except ValueError:
        return False
