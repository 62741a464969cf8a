"""Many photos, one after the other, each with a result or a reason."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import islice

import numpy as np

from facedepth_pipeline.depth import DepthMap
from facedepth_pipeline.generator.prediction import DepthGenerator, predict_depth_and_doubt
from facedepth_pipeline.parameters import ReconstructionParameters
from facedepth_pipeline.photo.detection import FaceDetector
from facedepth_pipeline.photo.preparation import PreparedFace, photo_checksum, prepare_faces
from facedepth_pipeline.photo.refusal import PhotoRefused
from facedepth_pipeline.reconstruction.build import ReconstructedFace, build_geometry
from facedepth_pipeline.reconstruction.provenance import MadeBy


@dataclass(frozen=True, eq=False)
class PhotoResult:
    """What became of one photo.

    Attributes:
        file_name: Path of the photo below its folder.
        photo_sha256: Of its bytes.
        made_by: Model and parameters.
        outcomes: A reconstruction, or why there is none, for each face that was asked for, largest first; one alone
            where the photo as a whole was refused.
    """

    file_name: str
    photo_sha256: str
    made_by: MadeBy
    outcomes: tuple[ReconstructedFace | PhotoRefused, ...]

    @property
    def photo_id(self) -> str:
        """The first 16 hexadecimal digits of the checksum: a photo is known by its content."""
        return self.photo_sha256[:16]


def reconstruct_photos(
    photos: Iterable[tuple[str, bytes]],
    generator: DepthGenerator,
    made_by: MadeBy,
    detector: FaceDetector | None = None,
) -> Iterator[PhotoResult]:
    """Reconstruct photos in batches; a photo that is refused does not stop the others.

    Args:
        photos: Name and content of each.
        generator: Network and sidecar.
        made_by: Says which generator it is, and the parameters.
        detector: Give the same one to each call: each loads a network, and Keras never lets go of all of its memory.

    Yields:
        A result a photo, in order; a photo is asked for when the one before it is prepared, and at most
        ``batch_size`` are in memory.
    """
    from facedepth_pipeline.pix2pix.device import compute_in

    parameters = made_by.parameters
    compute_in(generator.network, parameters.precision)
    detector = detector or FaceDetector()
    remaining = iter(photos)
    while chunk := [
        (name, photo_checksum(content), _prepare(name, content, generator, detector, parameters))
        for name, content in islice(remaining, parameters.batch_size)
    ]:
        predicted = iter(_predict([face for *_, faces in chunk for face in faces], generator, parameters))
        for name, checksum, faces in chunk:
            outcomes = tuple(
                face if isinstance(face, PhotoRefused) else _build(face, *next(predicted), parameters) for face in faces
            )
            yield PhotoResult(name, checksum, made_by, outcomes)


def _prepare(
    name: str,
    content: bytes,
    generator: DepthGenerator,
    detector: FaceDetector,
    parameters: ReconstructionParameters,
) -> list[PreparedFace | PhotoRefused]:
    try:
        return prepare_faces(content, name.rpartition("/")[2], generator.sidecar, detector, parameters)
    except PhotoRefused as refusal:
        return [refusal]


def _predict(
    faces: list[PreparedFace | PhotoRefused], generator: DepthGenerator, parameters: ReconstructionParameters
) -> list[tuple[DepthMap, np.ndarray | None]]:
    photos = [face.photo_256 for face in faces if isinstance(face, PreparedFace)]
    if not photos:
        return []
    return predict_depth_and_doubt(
        generator, np.stack(photos), parameters.doubt_samples, parameters.seed, parameters.batch_size
    )


def _build(
    face: PreparedFace, depth_map: DepthMap, doubt_mm: np.ndarray | None, parameters: ReconstructionParameters
) -> ReconstructedFace | PhotoRefused:
    try:
        return build_geometry(face, depth_map, doubt_mm, parameters)
    except PhotoRefused as refusal:
        return refusal


def reconstruct_photo(
    photo: bytes | np.ndarray,
    file_name: str,
    generator: DepthGenerator,
    detector: FaceDetector,
    parameters: ReconstructionParameters,
) -> ReconstructedFace:
    """One photo, all the way; of several faces the largest of those that were asked for.

    Args:
        photo: The bytes of an image file, or (H, W, 3) uint8 RGB.
        file_name: Without folders.
        generator: Network and sidecar.
        detector: Keep one for many photos: it loads its network once.
        parameters: Every knob.

    Raises:
        PhotoRefused: If the photo shows no usable face.
    """
    faces = prepare_faces(photo, file_name, generator.sidecar, detector, parameters)
    face = next(face for face in faces if isinstance(face, PreparedFace))
    photos = face.photo_256[None]
    ((depth_map, doubt_mm),) = predict_depth_and_doubt(generator, photos, parameters.doubt_samples, parameters.seed)
    return build_geometry(face, depth_map, doubt_mm, parameters)
