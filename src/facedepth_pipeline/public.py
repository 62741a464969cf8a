"""The package from Python: :func:`reconstruct` for a photo, :func:`load_generator` to keep the networks warm.

>>> import facedepth_pipeline
>>> face = facedepth_pipeline.reconstruct("me.jpg", pd_mm=63.5)
>>> face.save("face.glb")
"""

import base64
import io
import os
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from threading import Lock
from typing import Any

import numpy as np
from PIL import Image

from facedepth_pipeline.generator.prediction import DepthGenerator
from facedepth_pipeline.mesh.formats import FORMATS, write_format
from facedepth_pipeline.mesh.mesh import Mesh
from facedepth_pipeline.mesh.pictures import png
from facedepth_pipeline.mesh.preview import preview
from facedepth_pipeline.parameters import ReconstructionParameters
from facedepth_pipeline.photo.detection import FaceDetector
from facedepth_pipeline.photo.scale import Scale
from facedepth_pipeline.reconstruction.build import ReconstructedFace
from facedepth_pipeline.reconstruction.files import provenance_fields
from facedepth_pipeline.reconstruction.provenance import Provenance
from facedepth_pipeline.reconstruction.reconstruct import PhotoResult
from facedepth_pipeline.reconstruction.reconstruct import reconstruct as reconstruct_photos
from facedepth_pipeline.tracking.resolve import find_best_version

PhotoLike = str | os.PathLike[str] | bytes | np.ndarray | Image.Image


@dataclass(frozen=True, eq=False, repr=False)
class Reconstruction:
    """A face that was made of a photo; lengths in millimetres.

    Attributes:
        face: Everything that was made, see :class:`~facedepth_pipeline.reconstruction.build.ReconstructedFace`.
        provenance: Model and parameters that it was made by.
        photo_sha256: SHA-256 of the photo, hexadecimal.
    """

    face: ReconstructedFace
    provenance: Provenance
    photo_sha256: str

    @property
    def depth_mm(self) -> np.ndarray:
        """(256, 256) float32 depth, larger is nearer; 0 where not valid."""
        return self.face.depth_map.depth_mm

    @property
    def valid(self) -> np.ndarray:
        """(256, 256) bool, True where the face is."""
        return self.face.depth_map.valid

    @property
    def uncertainty_mm(self) -> np.ndarray | None:
        """(256, 256) float32 standard deviation of the depth; None unless ``uncertainty_samples`` was given."""
        return self.face.uncertainty_mm

    @property
    def pixel_pitch_mm(self) -> tuple[float, float]:
        """Millimetres per pixel of the depth map along x and y."""
        pitch = self.face.depth_map.pitch
        return pitch.x_mm, pitch.y_mm

    @property
    def mesh(self) -> Mesh:
        """The mesh: x right, y up, z toward the camera."""
        return self.face.mesh

    @property
    def scale(self) -> Scale:
        """Where the millimetres come from; ``str(scale)`` says it in words."""
        return self.face.prepared.scale

    def save(self, path: str | os.PathLike[str], format: str | None = None) -> Path:
        """Save the face; provenance goes into the file.

        Args:
            path: Path of the file, in a folder that exists.
            format: Name of a format, see :data:`~facedepth_pipeline.mesh.formats.FORMATS`; None = by the suffix.

        Raises:
            ValueError: If no format has that name or suffix.
            OSError: If the file cannot be written; one that was there is as it was.
        """
        path = Path(path)
        by_suffix = {row.suffix: name for name, row in reversed(FORMATS.items())}
        name = format or by_suffix.get(path.suffix.lower())
        if name not in FORMATS:
            raise ValueError(
                f"No format for {path.name!r} and format={format!r}; expected a file ending in one of "
                f"{', '.join(sorted(by_suffix))}, or a format of {', '.join(FORMATS)}."
            )
        write_format(name, path, self.face, provenance_fields(self.photo_sha256, self.provenance, self.face))
        return path

    def __repr__(self) -> str:
        width, height, depth = np.ptp(self.mesh.vertices, axis=0)
        return (
            f"<Reconstruction {width:.0f} x {height:.0f} x {depth:.0f} mm, {len(self.mesh.triangles):,} triangles, "
            f"{self.scale}>"
        )

    def _repr_html_(self) -> str:
        """Picture and words for a notebook."""
        picture = preview(self.face.prepared.photo_256, self.face.depth_map, self.mesh, self.uncertainty_mm)
        encoded = base64.b64encode(png(picture)).decode()
        words = repr(self).strip("<>")
        return f'<img src="data:image/png;base64,{encoded}" alt="{words}"><p>{words}</p>'


class Generator:
    """A generator and a face detector whose networks stay loaded. Threads may share it: they take turns.

    Attributes:
        model_uri: Address of exactly this version.
    """

    def __init__(self, generator: DepthGenerator, model_uri: str) -> None:
        self.model_uri = model_uri
        self._generator = generator
        self._detector = FaceDetector()
        self._one_at_a_time = Lock()

    def reconstruct(self, photo: PhotoLike, *, pd_mm: float | None = None, **parameters: Any) -> Reconstruction:
        """Turn a photo into a face; arguments and errors as of :func:`reconstruct`."""
        name, content = _read(photo)
        chosen = ReconstructionParameters(interpupillary_mm=pd_mm, **parameters)
        provenance = Provenance(self.model_uri, chosen)
        with self._one_at_a_time:
            result: PhotoResult
            (result,) = reconstruct_photos([(name, content)], self._generator, provenance, self._detector)
        return Reconstruction(result.face, provenance, result.photo_sha256)

    def __repr__(self) -> str:
        return f"<Generator {self.model_uri}>"


def load_generator(model: str | None = None) -> Generator:
    """Load a generator, to reconstruct many photos with.

    Args:
        model: ``starter``, ``champion``, an MLflow address such as ``models:/name/3``, or the path of a ``.keras``
            file; None for the champion of the MLflow store where there is one, else the starter.

    Raises:
        ValueError: If there is no such model, or it cannot be used.
    """
    version = find_best_version(model)
    return Generator(version.load(), version.model_uri)


def reconstruct(
    photo: PhotoLike,
    *,
    pd_mm: float | None = None,
    generator: Generator | None = None,
    **parameters: Any,
) -> Reconstruction:
    """Turn a photo of a face into depth in millimetres and a mesh.

    Args:
        photo: Path of an image file, its bytes, a PIL image, or (H, W, 3) uint8 RGB.
        pd_mm: Measured interpupillary distance, 50 to 75 mm, for true size; None = an average is assumed.
        generator: What :func:`load_generator` gives; None = the one of ``load_generator()``, loaded once a process.
        **parameters: Fields of :class:`~facedepth_pipeline.parameters.ReconstructionParameters`, such as
            ``mesher="poisson"``, ``several_faces="largest"`` or ``uncertainty_samples=8``.

    Raises:
        PhotoRefused: If the photo shows no usable face; the sentence says why and what to do.
        ValueError: If a parameter is unknown or out of range.
        OSError: If the file cannot be read.
    """
    return (generator or _loaded_once()).reconstruct(photo, pd_mm=pd_mm, **parameters)


_loading = Lock()  # two threads would load two


def _loaded_once() -> Generator:
    with _loading:
        return _default_generator()


_default_generator = cache(load_generator)


def _read(photo: PhotoLike) -> tuple[str, bytes | np.ndarray]:
    """Name and content of a photo; one without a name is never taken for a portrait of the database."""
    if isinstance(photo, bytes):
        return "", photo
    if isinstance(photo, np.ndarray):
        if photo.dtype != np.uint8 or photo.ndim != 3 or photo.shape[2] != 3:
            raise ValueError(f"A photo as an array must be (H, W, 3) uint8 RGB; received {photo.dtype} {photo.shape}.")
        return "", photo
    if isinstance(photo, Image.Image):
        data = io.BytesIO()
        photo.save(data, format="PNG", exif=photo.getexif())  # its orientation is applied when it is decoded
        return "", data.getvalue()
    path = Path(photo)
    return path.name, path.read_bytes()
