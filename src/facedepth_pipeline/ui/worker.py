"""The window's child: does what takes long, one request after the other. Reads photos, writes files.

Everything it knows of a photo goes back to the window, so it may be ended at any moment.
"""

import os
import pickle
import queue
import threading
import time
import traceback
from dataclasses import dataclass, replace
from functools import cached_property
from multiprocessing.connection import Connection
from pathlib import Path
from typing import TYPE_CHECKING, Any

from facedepth_pipeline.runtime.freed_memory import return_freed_memory
from facedepth_pipeline.ui.messages import (
    WARMING,
    Began,
    Cancel,
    Cancelled,
    Done,
    Event,
    FacesFound,
    Failed,
    PhotoRead,
    Ready,
    Reconstruct,
    Remesh,
    Request,
    Save,
    Saved,
    Settings,
    Step,
    Warm,
)
from facedepth_pipeline.ui.pictures import png_bytes, shrunk

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy as np

    from facedepth_pipeline.generator.prediction import DepthGenerator
    from facedepth_pipeline.generator.sidecar import GeneratorSidecar
    from facedepth_pipeline.parameters import ReconstructionParameters
    from facedepth_pipeline.photo.detection import DetectedFace, FaceDetector
    from facedepth_pipeline.reconstruction.build import ReconstructedFace
    from facedepth_pipeline.reconstruction.provenance import Provenance

# What needs TensorFlow or Open3D is imported where it is used: the photo is to be seen before they are there.

PICTURE_PX, THUMBNAIL_PX = 1280, 160
MAX_PHOTO_BYTES = 300_000_000
BEHIND_THE_WINDOW = 5  # niceness: frames come before work

TITLES = {
    "no_face": "No face was found",
    "undecodable": "This file is not a photo",
    "too_small": "The face has too few pixels",
    "too_large": "The photo is too large",
    "not_frontal": "The face looks to the side",
    "cut_off": "The face is cut off",
    "not_aligned": "The photo does not fit",
    "no_surface": "No face came out",
}


class _NoLongerWanted(Exception):
    """The request was cancelled."""


class _FaceIsNeeded(Exception):
    """A person has to choose among several faces."""


@dataclass(frozen=True, eq=False)
class _Work:
    """Everything about a result that a later request may need."""

    face: "ReconstructedFace"
    provenance: "Provenance"
    photo_sha256: str
    photo_shape: tuple[int, ...]
    fit: Any


def work_for(window: Connection, log_path: str) -> None:
    """Answer requests until the window is gone.

    Args:
        window: Requests come in, events go out.
        log_path: File for the tracebacks of what should not happen.
    """
    if hasattr(os, "nice"):
        os.nice(BEHIND_THE_WINDOW)
    Worker(window, Path(log_path)).run()


class Worker:
    """Networks that stay loaded, and the request in hand."""

    def __init__(self, window: Connection, log_path: Path) -> None:
        self._window = window
        self._log_path = log_path
        self._requests: queue.SimpleQueue[Request] = queue.SimpleQueue()
        self._cancelled: set[int] = set()
        self._sending = threading.Lock()
        self._loading = threading.RLock()
        self._loaded: tuple[str | None, DepthGenerator, str] | None = None

    def run(self) -> None:
        """Answer requests for ever; the process ends with the window."""
        threading.Thread(target=self._listen, daemon=True).start()
        while True:
            request = self._requests.get()
            if isinstance(request, Warm):
                threading.Thread(target=self._warm, args=(request.model,), daemon=True).start()
            elif not isinstance(request, Cancel):
                self._answer(request)

    def _listen(self) -> None:
        try:
            while True:
                request: Request = self._window.recv()
                if isinstance(request, Cancel):
                    self._cancelled.add(request.number)
                else:
                    self._requests.put(request)
        except (EOFError, OSError):
            os._exit(0)  # the window is gone, whatever is being computed

    def _answer(self, request: Reconstruct | Remesh | Save) -> None:
        try:
            if isinstance(request, Reconstruct):
                self._reconstruct(request)
            elif isinstance(request, Remesh):
                self._remesh(request)
            else:
                self._save(request)
        except _NoLongerWanted:
            self._tell(Cancelled(request.number))
        except Exception as error:  # none may end the worker: the window would lose it without a word
            self._tell(self._failure(request.number, error))
        finally:
            self._cancelled.discard(request.number)
            return_freed_memory()

    def _reconstruct(self, request: Reconstruct) -> None:
        started = time.perf_counter()
        self._begin(request.number, Step.READ)
        content = _read(Path(request.path))
        from facedepth_pipeline.photo.preparation import DecodedPhoto, photo_checksum, pixels_of

        photo = DecodedPhoto(pixels_of(content), photo_checksum(content))
        self._tell(_photo_read(request.number, photo.pixels))
        waiting = time.perf_counter()
        self._begin(request.number, Step.LOAD)
        generator, model_uri = self._generator(request.settings.model)
        waited = time.perf_counter() - waiting
        from facedepth_pipeline.reconstruction.provenance import Provenance
        from facedepth_pipeline.reconstruction.reconstruct import reconstruct

        provenance = Provenance(model_uri, _parameters(request.settings))
        try:
            (result,) = reconstruct(
                [(Path(request.path).name, photo)],
                generator,
                provenance,
                self._detector,
                on_step=lambda step: self._begin(request.number, Step[step.name]),
                choose=lambda pixels, faces: [self._chosen_face(request, pixels, faces, generator.sidecar)],
            )
        except _FaceIsNeeded:
            return  # the window asks again, and says which face
        face = result.face
        # what the photo was before it was fitted is not needed any more, and can be 30 MB
        prepared = face.prepared
        alignment = replace(prepared.alignment, frame=prepared.photo_256, texture=prepared.photo_256)
        face = replace(face, prepared=replace(prepared, alignment=alignment))
        work = _Work(face, provenance, result.photo_sha256, photo.pixels.shape[:2], generator.sidecar.fit)
        self._show(request.number, work, started + waited)

    def _chosen_face(
        self,
        request: Reconstruct,
        pixels: "np.ndarray",
        faces: "Sequence[DetectedFace]",
        sidecar: "GeneratorSidecar",
    ) -> "DetectedFace":
        """The face to go on with; tells the window where it is, or that a person has to choose."""
        from facedepth_pipeline.photo.alignment import face_outline
        from facedepth_pipeline.ui.face_view import in_shares

        outlines = [in_shares(face_outline(face, sidecar), pixels.shape) for face in faces]
        if len(faces) > 1 and (request.face is None or request.face >= len(faces)):
            self._tell(FacesFound(request.number, outlines, one_is_needed=True))
            raise _FaceIsNeeded
        chosen = request.face if len(faces) > 1 and request.face is not None else 0
        self._tell(FacesFound(request.number, [outlines[chosen]], one_is_needed=False))
        return faces[chosen]

    def _remesh(self, request: Remesh) -> None:
        started = time.perf_counter()
        self._begin(request.number, Step.BUILD)
        from facedepth_pipeline.reconstruction.build import build_geometry

        work: _Work = pickle.loads(request.work)
        parameters = work.provenance.parameters.model_copy(update={"mesher": request.mesher})
        face = build_geometry(work.face.prepared, work.face.depth_map, work.face.uncertainty_mm, parameters)
        provenance = replace(work.provenance, parameters=parameters)
        self._show(request.number, replace(work, face=face, provenance=provenance), started)

    def _show(self, number: int, work: _Work, started: float) -> None:
        self._begin(number, Step.SHOW)
        from facedepth_pipeline.ui.face_view import face_view

        seconds = time.perf_counter() - started
        view = face_view(work.face, work.fit, work.photo_shape, work.provenance, seconds)
        self._tell(Done(number, view, pickle.dumps(work, protocol=5)))

    def _save(self, request: Save) -> None:
        from facedepth_pipeline.mesh.formats import write_format
        from facedepth_pipeline.reconstruction.files import provenance_fields

        work: _Work = pickle.loads(request.work)
        fields = provenance_fields(work.photo_sha256, work.provenance, work.face)
        write_format(request.file_format, Path(request.path), work.face, fields)
        self._tell(Saved(request.number, request.path))

    @cached_property
    def _detector(self) -> "FaceDetector":
        from facedepth_pipeline.photo.detection import FaceDetector

        return FaceDetector()

    def _generator(self, model: str | None) -> "tuple[DepthGenerator, str]":
        with self._loading:
            if self._loaded is None or self._loaded[0] != model:
                from facedepth_pipeline.tracking.resolve import find_best_version

                self._loaded = None  # of two networks one would lie idle
                try:
                    version = find_best_version(model)
                    generator, model_uri = version.load(), version.model_uri
                except (ValueError, OSError) as error:
                    raise _ModelUnavailable(str(error)) from error
                self._loaded = model, generator, model_uri
                self._tell(Ready(model_uri, generator.sidecar.interpupillary_mm))
            return self._loaded[1], self._loaded[2]

    def _warm(self, model: str | None) -> None:
        import numpy as np

        from facedepth_pipeline.generator.precision import computing_in
        from facedepth_pipeline.generator.prediction import predict_depth_maps

        try:
            with self._loading:  # with a first pass of each network, for which TensorFlow compiles it
                generator, _ = self._generator(model)
                in_use = computing_in(generator, _parameters(Settings()).precision)
                predict_depth_maps(in_use, np.zeros((1, 256, 256, 3), np.uint8))
                self._detector.detect(np.zeros((256, 256, 3), np.uint8))
        except Exception as error:  # the thread must not end without a word
            self._tell(self._failure(WARMING, error))

    def _begin(self, number: int, step: Step) -> None:
        if number in self._cancelled:
            raise _NoLongerWanted
        self._tell(Began(number, step))

    def _tell(self, event: Event) -> None:
        with self._sending:
            self._window.send(event)

    def _failure(self, number: int, error: Exception) -> Failed:
        from facedepth_pipeline.photo.refusal import PhotoRefused

        if isinstance(error, PhotoRefused):
            return Failed(number, TITLES.get(str(error.reason_code), "This photo cannot be used"), error.sentence)
        if isinstance(error, _ModelUnavailable):
            return Failed(number, "There is no such model", f"{error} Or choose another model above.")
        if isinstance(error, OSError):
            return Failed(number, "The file cannot be used", _about_file(error))
        self._log(traceback.format_exc())
        return Failed(
            number,
            "Something went wrong that should not",
            f"{type(error).__name__}: {error}. The details are in {self._log_path}; please report them.",
        )

    def _log(self, words: str) -> None:
        with open(self._log_path, "a", encoding="utf-8") as file:
            file.write(f"{time.strftime('%Y-%m-%d %H:%M:%S')} {words}\n")


class _ModelUnavailable(ValueError):
    """There is no model by this name, or it cannot be used."""


def _read(path: Path) -> bytes:
    if path.is_dir():
        raise IsADirectoryError(f"{path} is a folder; expected a photo. Choose one of the files in it.")
    size = path.stat().st_size
    if size > MAX_PHOTO_BYTES:
        raise OSError(f"{path.name} has {size / 1e6:.0f} MB; expected a photo of at most {MAX_PHOTO_BYTES / 1e6:.0f}.")
    return path.read_bytes()


def _photo_read(number: int, pixels: "np.ndarray") -> PhotoRead:
    picture = shrunk(pixels, PICTURE_PX)
    return PhotoRead(number, picture, pixels.shape[1], pixels.shape[0], png_bytes(shrunk(picture, THUMBNAIL_PX)))


def _parameters(settings: Settings) -> "ReconstructionParameters":
    from facedepth_pipeline.parameters import ReconstructionParameters

    return ReconstructionParameters.model_validate(
        {
            "mesher": settings.mesher,
            "interpupillary_mm": settings.interpupillary_mm,
            "poisson_threads": min(os.cpu_count() or 1, 64),
        }
    )


def _about_file(error: OSError) -> str:
    match error:
        case FileNotFoundError():
            return f"There is no {error.filename}: it was moved or deleted. Choose another."
        case PermissionError():
            return f"{error.filename} may not be read or written by you. Ask its owner, or choose another place."
        case _:
            return str(error) if error.strerror is None else f"{error.filename or 'The disk'}: {error.strerror}."
