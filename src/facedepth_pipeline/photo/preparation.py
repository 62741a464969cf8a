"""From a photo to faces that the generator can see: decoded, detected, aligned and fitted."""

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from facedepth_pipeline.depth import FRAME_HEIGHT_PX, FRAME_PITCH, FRAME_WIDTH_PX, fit_photo
from facedepth_pipeline.generator.sidecar import GeneratorSidecar
from facedepth_pipeline.parameters import Fit, ReconstructionParameters
from facedepth_pipeline.photo.alignment import (
    AlignedPhoto,
    align_face,
    is_database_portrait,
    require_frontal,
    require_whole,
)
from facedepth_pipeline.photo.detection import DetectedFace, FaceDetector, choose_faces, require_size
from facedepth_pipeline.photo.loading import decode_photo
from facedepth_pipeline.photo.refusal import PhotoRefused, RefusalReason
from facedepth_pipeline.photo.scale import Scale


@dataclass(frozen=True, eq=False)
class PreparedFace:
    """A face of a photo, ready for the generator.

    Attributes:
        photo_256: (256, 256, 3) uint8 RGB, what the generator sees.
        texture: uint8 RGB, the same rectangle in the photo's resolution.
        alignment: How the face got into the 751x501 frame.
        scale: Origin of its millimetres.
    """

    photo_256: np.ndarray
    texture: np.ndarray
    alignment: AlignedPhoto
    scale: Scale


@dataclass(frozen=True, eq=False)
class DecodedPhoto:
    """A photo that was decoded before, by somebody who shows it.

    Attributes:
        pixels: (H, W, 3) uint8 RGB.
        sha256: SHA-256 of the bytes of its file, hexadecimal.
    """

    pixels: np.ndarray
    sha256: str


Photo = bytes | np.ndarray | DecodedPhoto  # bytes of an image file, or (H, W, 3) uint8 RGB
Choose = Callable[[np.ndarray, Sequence[DetectedFace]], Sequence[DetectedFace]]


PHOTO_ID_DIGITS = 16  # of its checksum: a photo is known by its content


def photo_checksum(photo: Photo) -> str:
    """SHA-256 of the file, or of the pixels where an array was given; hexadecimal."""
    if isinstance(photo, DecodedPhoto):
        return photo.sha256
    return hashlib.sha256(photo if isinstance(photo, bytes) else photo.tobytes()).hexdigest()


def pixels_of(photo: Photo) -> np.ndarray:
    """(H, W, 3) uint8 RGB, decoded if need be.

    Raises:
        PhotoRefused: If it cannot be decoded.
    """
    if isinstance(photo, DecodedPhoto):
        return photo.pixels
    return decode_photo(photo) if isinstance(photo, bytes) else photo


def prepare_faces(
    pixels: np.ndarray,
    file_name: str,
    sidecar: GeneratorSidecar,
    detector: FaceDetector,
    parameters: ReconstructionParameters,
    choose: Choose | None = None,
) -> list[PreparedFace | PhotoRefused]:
    """Align and fit each face of a photo that is asked for.

    Args:
        pixels: (H, W, 3) uint8 RGB.
        file_name: Name of its file without folders; tells portraits of the database from other photos.
        sidecar: Sidecar of the generator that will see the photo.
        detector: Detector of faces; not used, and its network not loaded, where nothing is to be aligned.
        parameters: Parameters, of which those of the photo matter here.
        choose: Chooses among all faces, largest first; None = as ``parameters.several_faces`` says.

    Returns:
        The faces, or why one of several cannot be used. Where only one is asked for it can be used.

    Raises:
        PhotoRefused: If none of its faces can be used.
    """
    if lies_in_frame(file_name, pixels, parameters):
        return [prepare_in_frame(pixels, sidecar)]
    faces: Sequence[DetectedFace] = choose_faces(detector.detect(pixels), "all" if choose else parameters.several_faces)
    outcomes: list[PreparedFace | PhotoRefused] = []
    for face in choose(pixels, faces) if choose else faces:
        try:
            outcomes.append(prepare_face(pixels, face, sidecar, parameters))
        except PhotoRefused as refusal:
            outcomes.append(refusal)
    refusals = [outcome for outcome in outcomes if isinstance(outcome, PhotoRefused)]
    if len(refusals) == len(outcomes):
        raise refusals[0]
    return outcomes


def lies_in_frame(file_name: str, pixels: np.ndarray, parameters: ReconstructionParameters) -> bool:
    """Whether a photo, (H, W, 3), is to be taken as it is, without looking for a face."""
    return parameters.alignment == "none" or (
        parameters.alignment == "auto" and is_database_portrait(file_name, pixels.shape)
    )


def prepare_in_frame(pixels: np.ndarray, sidecar: GeneratorSidecar) -> PreparedFace:
    """The face of a photo that lies in the frame of the database already.

    Args:
        pixels: (751, 501, 3) uint8 RGB.
        sidecar: Sidecar of the generator that will see it.

    Raises:
        PhotoRefused: ``not_aligned``, if it has another size.
    """
    return _fit(_photo_in_frame(pixels), sidecar, Scale("database"))


def prepare_face(
    pixels: np.ndarray, face: DetectedFace, sidecar: GeneratorSidecar, parameters: ReconstructionParameters
) -> PreparedFace:
    """Align and fit one face of a photo.

    Args:
        pixels: (H, W, 3) uint8 RGB.
        face: One that was detected in it.
        sidecar: Sidecar of the generator that will see it.
        parameters: Those of the photo matter here.

    Raises:
        PhotoRefused: ``too_small``, ``not_frontal`` or ``cut_off``.
    """
    require_size(face)
    aligned = align_face(pixels, face, sidecar, parameters.interpupillary_mm)
    require_frontal(aligned, parameters.max_yaw_deg, parameters.max_pitch_deg)
    require_whole(aligned, parameters.min_face_inside)
    return _fit(aligned, sidecar, _scale_of(sidecar, parameters))


def _fit(alignment: AlignedPhoto, sidecar: GeneratorSidecar, scale: Scale) -> PreparedFace:
    return PreparedFace(
        photo_256=fit_photo(alignment.frame, sidecar.fit),
        texture=texture_from_frame(alignment.texture, sidecar.fit),
        alignment=alignment,
        scale=scale,
    )


def _scale_of(sidecar: GeneratorSidecar, parameters: ReconstructionParameters) -> Scale:
    if parameters.interpupillary_mm is not None:
        return Scale("measured", parameters.interpupillary_mm)
    return Scale("assumed", sidecar.interpupillary_mm)


def _photo_in_frame(pixels: np.ndarray) -> AlignedPhoto:
    if pixels.shape[:2] != (FRAME_HEIGHT_PX, FRAME_WIDTH_PX):
        raise PhotoRefused(
            RefusalReason.NOT_ALIGNED,
            f"The photo has {pixels.shape[0]} rows x {pixels.shape[1]} columns; without alignment it must "
            f"lie in the frame of {FRAME_HEIGHT_PX} x {FRAME_WIDTH_PX}. Set alignment to detect.",
        )
    return AlignedPhoto(frame=pixels, texture=pixels, method="none", mm_per_photo_px=FRAME_PITCH.x_mm)


def texture_from_frame(frame: np.ndarray, fit: Fit) -> np.ndarray:
    """The part of the 751x501 frame that the 256x256 image shows, in full resolution.

    Args:
        frame: (751 k, 501 k, 3) uint8 RGB, the aligned photo at k pixels for each of the frame's.
        fit: How the generator sees it.

    Returns:
        (751 k, 501 k, 3) for ``stretch``, (751 k, 751 k, 3) for ``pad``, (501 k, 501 k, 3) for ``crop``; uint8.
    """
    margin = (FRAME_HEIGHT_PX - FRAME_WIDTH_PX) // 2 * (len(frame) // FRAME_HEIGHT_PX)
    if fit == "pad":
        return np.pad(frame, ((0, 0), (margin, margin), (0, 0)))
    if fit == "crop":
        return frame[margin:-margin]
    return frame
