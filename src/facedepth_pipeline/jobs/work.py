"""What one process does with a few photos."""

import faulthandler
import os
import socket
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from threading import Lock
from typing import TYPE_CHECKING, Protocol

from facedepth_pipeline import __version__
from facedepth_pipeline.generator.prediction import DepthGenerator
from facedepth_pipeline.photo.detection import FaceDetector
from facedepth_pipeline.photo.preparation import PHOTO_ID_DIGITS, photo_checksum
from facedepth_pipeline.reconstruction.provenance import Provenance
from facedepth_pipeline.reconstruction.record import Record, Stamp
from facedepth_pipeline.runtime.freed_memory import return_freed_memory
from facedepth_pipeline.storage.storage import StoredFile

if TYPE_CHECKING:
    from facedepth_pipeline.reconstruction.reconstruct import PhotoResult

# Keras and Open3D are imported when the first photo is to be reconstructed: whoever hands out work needs neither.

ONE_THREAD = ("OMP_NUM_THREADS", "TF_NUM_INTRAOP_THREADS", "TF_NUM_INTEROP_THREADS")
CANNOT_GO_ON = "cannot_go_on"  # reason code of what ends the job
FIRST_PHOTO_S = 180  # added once a process: networks are compiled at their first photo


class Photos(Protocol):
    """Where photos come from; travels to the workers."""

    def read(self, name: str) -> bytes:
        """Content of one photo."""


class Results(Protocol):
    """Where results go; travels to the workers. Its errors are :class:`OSError`."""

    def find(self, photo_id: str, result_key: str) -> Record | None:
        """``result.json`` of a photo, None if there is none."""

    def write(self, result: "PhotoResult", stamp: Stamp) -> Record:
        """Write a result; what its ``result.json`` says."""


class Generator(Protocol):
    """A generator that has not been loaded yet; travels to the workers."""

    @property
    def model_uri(self) -> str:
        """Address of exactly this version."""

    def load(self) -> DepthGenerator:
        """Load it, or raise ImportError, OSError or ValueError."""


@dataclass(frozen=True)
class Task:
    """What is the same for all photos of a job.

    Attributes:
        photos: To read from.
        results: To write to.
        provenance: Model, parameters and MLflow run.
        job_id: Of the job.
        photo_timeout_s: A photo that takes longer ends the process.
        redo: As the parameter ``batch.redo`` says; photos that were set aside have no result, so for them it is a
            matter of the plan.
        version: Of this package, which workers must have too.
    """

    photos: Photos
    results: Results
    provenance: Provenance
    job_id: str
    photo_timeout_s: float
    redo: str = "none"
    version: str = __version__


@dataclass(frozen=True)
class Outcome:
    """What became of one photo in one attempt.

    Attributes:
        photo: Which.
        record: Its ``result.json``; None if there is none.
        found: Whether the result was there already.
        problem: Why there is no result.
        reason_code: Of the problem, see ``RefusalReason``.
        worker: Process that says so.
    """

    photo: StoredFile
    record: Record | None = None
    found: bool = False
    problem: str = ""
    reason_code: str = ""
    worker: str = ""


class CannotGoOn(Exception):
    """Something that other photos, and other attempts, would meet too: the job ends."""


_one_at_a_time = Lock()  # one alarm a process, and TensorFlow gains nothing from two photos at once
_loaded: dict[str, tuple[DepthGenerator, FaceDetector]] = {}  # generator and face detector by model_uri; one entry
_warm: set[str] = set()  # generators that have seen a photo in this process


def reconstruct_chunk(chunk: tuple[StoredFile, ...], task: Task, generator: Generator) -> list[Outcome]:
    """Read, reconstruct and write a few photos; one that fails is reported and does not affect the others.

    Args:
        chunk: Photos of one pass of the generator.
        task: What is the same for all.
        generator: Loaded once a process.

    Returns:
        One outcome a photo; fewer, if results cannot be written: then the last one says so, as ``CANNOT_GO_ON``.

    Raises:
        CannotGoOn: If this process has another version of the package, cannot load the generator, or cannot see which
            results there are.
    """
    with _one_at_a_time:
        if task.version != __version__:
            raise CannotGoOn(
                f"The worker on {socket.gethostname()} has facedepth_pipeline {__version__}, and the job "
                f"{task.version}: install the same one everywhere."
            )
        outcomes: list[Outcome] = []
        contents: dict[StoredFile, bytes] = {}
        for photo in chunk:
            with Alarm(task.photo_timeout_s):
                read = _read(photo, task)
            if isinstance(read, Outcome):
                outcomes.append(read)
            else:
                contents[photo] = read
        if contents:
            outcomes += _reconstruct(contents, task, *_load(generator))
            return_freed_memory()
        return outcomes


class Alarm:
    """Ends this process when a photo takes too long, even one that hangs in native code; its supervisor starts another.

    Used as a context, which calls the alarm off at its end.
    """

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds
        self._nowhere = open(os.devnull, "w")  # noqa: SIM115  closed at the end of the context

    def restart(self) -> None:
        """Begin to count anew."""
        faulthandler.dump_traceback_later(self.seconds, exit=True, file=self._nowhere)

    def __enter__(self) -> "Alarm":
        self.restart()
        return self

    def __exit__(self, *_: object) -> None:
        faulthandler.cancel_dump_traceback_later()
        self._nowhere.close()


def _read(photo: StoredFile, task: Task) -> bytes | Outcome:
    """Content of a photo, or what is there of it already."""
    try:
        content = task.photos.read(photo.name)
    except OSError as error:
        return Outcome(photo, problem=f"It could not be read: {error}.", reason_code="unreadable", worker=_me())
    if task.redo == "all":
        return content
    photo_id = photo_checksum(content)[:PHOTO_ID_DIGITS]
    try:
        found = next(filter(None, (task.results.find(photo_id, key) for key in task.provenance.known_keys)), None)
    except OSError as error:
        raise CannotGoOn(f"Results cannot be read: {error}.") from error
    if found is None:
        return content
    # made by a job that did not come to list it, or of the same photo under another name
    here = {"file_name": photo.name, "size_bytes": photo.size_bytes, "modified": photo.modified}
    return Outcome(photo, record=found | here, found=True, worker=_me())


def _reconstruct(
    contents: Mapping[StoredFile, bytes], task: Task, generator: DepthGenerator, detector: FaceDetector
) -> list[Outcome]:
    from facedepth_pipeline.reconstruction.reconstruct import Step, reconstruct

    outcomes: list[Outcome] = []
    waiting = iter(contents)
    first = 0 if task.provenance.model_uri in _warm else FIRST_PHOTO_S
    with Alarm(task.photo_timeout_s + first) as alarm:

        def begin(step: Step) -> None:
            if step is Step.FIND:
                alarm.restart()

        named = ((photo.name, content) for photo, content in contents.items())
        results = reconstruct(named, generator, task.provenance, detector, on_step=begin)
        while photo := next(waiting, None):
            try:
                result = next(results)
            except Exception as error:  # of one of the photos that are left: each will be tried alone
                problem = f"{type(error).__name__}: {error}"
                left = (photo, *waiting)
                return outcomes + [Outcome(each, problem=problem, reason_code="failed", worker=_me()) for each in left]
            stamp = Stamp(datetime.now(UTC), task.job_id, photo.size_bytes, photo.modified)
            try:
                record = task.results.write(result, stamp)
            except OSError as error:
                problem = f"A result could not be written: {error}."
                return [*outcomes, Outcome(photo, problem=problem, reason_code=CANNOT_GO_ON)]
            outcomes.append(Outcome(photo, record=record, worker=_me()))
            alarm.restart()
    _warm.add(task.provenance.model_uri)
    return outcomes


def _load(generator: Generator) -> tuple[DepthGenerator, FaceDetector]:
    """The generator and a face detector, loaded at the first chunk of this process."""
    if generator.model_uri not in _loaded:
        for name in ONE_THREAD:
            os.environ.setdefault(name, "1")  # read when TensorFlow is imported; the other cores have workers too
        _loaded.clear()
        try:
            _loaded[generator.model_uri] = (generator.load(), FaceDetector())
        except (ImportError, OSError, ValueError) as error:
            raise CannotGoOn(f"{socket.gethostname()} cannot load {generator.model_uri}: {error}") from error
    return _loaded[generator.model_uri]


def _me() -> str:
    """Address of the Dask worker that runs this; empty outside of one."""
    from distributed import get_worker

    try:
        return str(get_worker().address)
    except ValueError:
        return ""
