"""The one way from photos to faces: command line, jobs, window and Python callers go through :func:`reconstruct`."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from functools import partial
from itertools import islice

import numpy as np

from facedepth_pipeline.depth import DepthMap
from facedepth_pipeline.generator.precision import computing_in
from facedepth_pipeline.generator.prediction import DepthGenerator, predict_depth_and_doubt
from facedepth_pipeline.parameters import ReconstructionParameters
from facedepth_pipeline.photo.detection import FaceDetector
from facedepth_pipeline.photo.preparation import (
    PHOTO_ID_DIGITS,
    Choose,
    Photo,
    PreparedFace,
    photo_checksum,
    pixels_of,
    prepare_faces,
)
from facedepth_pipeline.photo.refusal import PhotoRefused
from facedepth_pipeline.reconstruction.build import ReconstructedFace, build_geometry
from facedepth_pipeline.reconstruction.provenance import Provenance


class Step(StrEnum):
    """Steps of a reconstruction, in their order; a batch finds faces in several photos before it predicts."""

    FIND = "find"
    PREDICT = "predict"
    BUILD = "build"


@dataclass(frozen=True, eq=False)
class PhotoResult:
    """What became of one photo.

    Attributes:
        file_name: Path of the photo below its folder.
        photo_sha256: SHA-256 of its bytes, hexadecimal.
        provenance: Model and parameters.
        outcomes: A reconstructed face, or why there is none, for each face that was asked for, largest first; one
            alone where the photo as a whole was refused.
    """

    file_name: str
    photo_sha256: str
    provenance: Provenance
    outcomes: tuple[ReconstructedFace | PhotoRefused, ...]

    @property
    def photo_id(self) -> str:
        """The first 16 hexadecimal digits of the checksum: a photo is known by its content."""
        return self.photo_sha256[:PHOTO_ID_DIGITS]

    @property
    def face(self) -> ReconstructedFace:
        """The largest face of those that were reconstructed.

        Raises:
            PhotoRefused: If there is none.
        """
        for outcome in self.outcomes:
            if isinstance(outcome, ReconstructedFace):
                return outcome
        raise next(outcome for outcome in self.outcomes if isinstance(outcome, PhotoRefused))


def reconstruct(
    photos: Iterable[tuple[str, Photo]],
    generator: DepthGenerator,
    provenance: Provenance,
    detector: FaceDetector | None = None,
    *,
    on_step: Callable[[Step], None] | None = None,
    choose: Choose | None = None,
) -> Iterator[PhotoResult]:
    """Reconstruct photos in batches; a photo that is refused does not stop the others.

    Args:
        photos: Name and content of each photo.
        generator: Network and sidecar; its network is not changed.
        provenance: Address of this generator, and the parameters.
        detector: A detector that is kept from call to call: each loads a network, and Keras never lets go of all of
            its memory. None = a new one.
        on_step: Called when a step begins; what it raises ends the reconstruction, and passes.
        choose: Chooses among the faces of a photo, given its pixels and the faces, largest first; what it raises
            passes. None = as ``several_faces`` of the parameters says.

    Yields:
        One result per photo, in order; a photo is asked for when the one before it is prepared, and at most
        ``batch_size`` are in memory.
    """
    parameters = provenance.parameters
    generator = computing_in(generator, parameters.precision)
    detector = detector or FaceDetector()
    begin = on_step or _ignore
    prepare = partial(prepare_faces, sidecar=generator.sidecar, detector=detector, parameters=parameters, choose=choose)
    remaining = iter(photos)
    while prepared := [
        _prepare(name, photo, prepare, begin) for name, photo in islice(remaining, parameters.batch_size)
    ]:
        begin(Step.PREDICT)
        predicted = iter(_predict([face for *_, faces in prepared for face in faces], generator, parameters))
        for name, checksum, faces in prepared:
            outcomes: list[ReconstructedFace | PhotoRefused] = []
            for face in faces:
                if isinstance(face, PhotoRefused):
                    outcomes.append(face)
                else:
                    begin(Step.BUILD)
                    outcomes.append(_build(face, *next(predicted), parameters))
            yield PhotoResult(name, checksum, provenance, tuple(outcomes))


def reconstruct_photo(
    photo: Photo,
    file_name: str,
    generator: DepthGenerator,
    detector: FaceDetector,
    parameters: ReconstructionParameters,
) -> ReconstructedFace:
    """The largest usable face of one photo, by :func:`reconstruct`, where its provenance does not matter.

    Raises:
        PhotoRefused: If the photo shows no usable face.
    """
    (result,) = reconstruct([(file_name, photo)], generator, Provenance("unnamed", parameters), detector)
    return result.face


def _ignore(_: Step) -> None:
    """Nobody wants to know."""


def _prepare(
    name: str,
    photo: Photo,
    prepare: Callable[[np.ndarray, str], list[PreparedFace | PhotoRefused]],
    begin: Callable[[Step], None],
) -> tuple[str, str, list[PreparedFace | PhotoRefused]]:
    checksum = photo_checksum(photo)
    try:
        begin(Step.FIND)
        return name, checksum, prepare(pixels_of(photo), name.rpartition("/")[2])
    except PhotoRefused as refusal:
        return name, checksum, [refusal]


def _predict(
    faces: list[PreparedFace | PhotoRefused], generator: DepthGenerator, parameters: ReconstructionParameters
) -> list[tuple[DepthMap, np.ndarray | None]]:
    photos = [face.photo_256 for face in faces if isinstance(face, PreparedFace)]
    if not photos:
        return []
    return predict_depth_and_doubt(
        generator, np.stack(photos), parameters.uncertainty_samples, parameters.seed, parameters.batch_size
    )


def _build(
    face: PreparedFace, depth_map: DepthMap, uncertainty_mm: np.ndarray | None, parameters: ReconstructionParameters
) -> ReconstructedFace | PhotoRefused:
    try:
        return build_geometry(face, depth_map, uncertainty_mm, parameters)
    except PhotoRefused as refusal:
        return refusal
