"""Many photos, one after the other, each with a result or a reason."""

import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import islice

import numpy as np

from facedepth_pipeline.inference import PreparedPhoto, Reconstruction, build_geometry, prepare_photo
from facedepth_pipeline.parameters import ReconstructionParameters
from facedepth_pipeline.photo.detection import FaceDetector
from facedepth_pipeline.photo.refusal import PhotoRefused
from facedepth_pipeline.prediction import DepthGenerator, predict_depth_maps


@dataclass(frozen=True, eq=False)
class PhotoResult:
    """What became of one photo.

    Attributes:
        file_name: Path of the photo below its folder.
        photo_sha256: Of its bytes.
        model_uri: Exact version of the generator.
        result_key: Digest of model version and parameters: another key is another result.
        outcome: The reconstruction, or why there is none.
    """

    file_name: str
    photo_sha256: str
    model_uri: str
    result_key: str
    outcome: Reconstruction | PhotoRefused

    @property
    def photo_id(self) -> str:
        """The first 16 hexadecimal digits of the checksum: a photo is known by its content."""
        return self.photo_sha256[:16]


def result_key(model_uri: str, parameters: ReconstructionParameters) -> str:
    """16 hexadecimal digits that stand for a model version and the parameters that shape a result."""
    shaping = parameters.model_dump_json(exclude={"max_rejected_fraction", "batch_size"})
    return hashlib.sha256(f"{model_uri}\n{shaping}".encode()).hexdigest()[:16]


def reconstruct_photos(
    photos: Iterable[tuple[str, bytes]],
    generator: DepthGenerator,
    model_uri: str,
    parameters: ReconstructionParameters,
) -> Iterator[PhotoResult]:
    """Reconstruct photos in batches; a photo that is refused does not stop the others.

    Args:
        photos: Name and content of each.
        generator: Network and sidecar.
        model_uri: Exact version of the generator, for the records.
        parameters: Alignment, mesher, batch size.

    Yields:
        A result a photo, in order; at most ``batch_size`` photos are in memory.
    """
    from facedepth_pipeline.pix2pix.device import compute_in

    compute_in(generator.network, parameters.precision)
    detector = FaceDetector()
    key = result_key(model_uri, parameters)
    remaining = iter(photos)
    while chunk := list(islice(remaining, parameters.batch_size)):
        prepared = [_prepare(name, content, generator, detector, parameters) for name, content in chunk]
        usable = [photo.photo_256 for photo in prepared if isinstance(photo, PreparedPhoto)]
        depth_maps = iter(predict_depth_maps(generator, np.stack(usable), parameters.batch_size) if usable else ())
        for (name, content), photo in zip(chunk, prepared, strict=True):
            outcome: Reconstruction | PhotoRefused
            if isinstance(photo, PhotoRefused):
                outcome = photo
            else:
                try:
                    outcome = build_geometry(photo, next(depth_maps), parameters)
                except PhotoRefused as refusal:
                    outcome = refusal
            yield PhotoResult(name, hashlib.sha256(content).hexdigest(), model_uri, key, outcome)


def _prepare(
    name: str,
    content: bytes,
    generator: DepthGenerator,
    detector: FaceDetector,
    parameters: ReconstructionParameters,
) -> PreparedPhoto | PhotoRefused:
    try:
        return prepare_photo(content, name.rpartition("/")[2], generator.sidecar, detector, parameters)
    except PhotoRefused as refusal:
        return refusal
