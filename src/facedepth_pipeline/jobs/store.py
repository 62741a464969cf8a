"""Results of photos, on a disk or in a bucket."""

import contextlib
import io
import json
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from PIL import Image

from facedepth_pipeline.jobs.lock import only_job, shard_lock
from facedepth_pipeline.jobs.manifest import as_table
from facedepth_pipeline.jobs.record import JobRecord
from facedepth_pipeline.reconstruction.record import PREVIEW_FILE, RECORD_FILE, Record, Stamp, face_rows
from facedepth_pipeline.storage.storage import LocalStorage, open_storage

if TYPE_CHECKING:
    from facedepth_pipeline.reconstruction.reconstruct import PhotoResult

JOBS = "_jobs"  # below the results: what jobs have to say to each other, and to whoever asks in the morning
LOCKS = f"{JOBS}/locks"
UNTRACKED = f"{JOBS}/untracked"


class ReconstructionStore:
    """Results below a folder or an ``s3://`` prefix: ``<photo_id>/<result_key>/``. It travels to workers."""

    def __init__(self, url: str) -> None:
        self._storage = open_storage(url)
        self.url = self._storage.url

    def __reduce__(self) -> tuple[type["ReconstructionStore"], tuple[str]]:
        return type(self), (self.url,)

    def find(self, photo_id: str, result_key: str) -> Record | None:
        """``result.json`` of a photo; None if there is none."""
        try:
            return dict(json.loads(self._storage.read(f"{photo_id}/{result_key}/{RECORD_FILE}")))
        except FileNotFoundError:
            return None

    def write(self, result: "PhotoResult", stamp: Stamp) -> Record:
        """Write a result, which appears whole; what its ``result.json`` says."""
        from facedepth_pipeline.reconstruction.files import write_result  # Open3D takes seconds to import

        with self._storage.folder(f"{result.photo_id}/{result.provenance.result_key}", RECORD_FILE) as folder:
            return write_result(folder, result, stamp)

    def records(self) -> pd.DataFrame:
        """One row a face, by reading every ``result.json``; see :mod:`facedepth_pipeline.jobs.manifest`."""
        return as_table(
            row
            for name in self._storage.matching(f"*/*/{RECORD_FILE}")
            if not name.startswith((JOBS, "."))
            for row in face_rows(json.loads(self._storage.read(name)))
        )

    def preview(self, folder: str) -> np.ndarray:
        """(H, W, 3) uint8 picture of one result."""
        with Image.open(io.BytesIO(self.file(folder, PREVIEW_FILE))) as image:
            return np.asarray(image.convert("RGB"))

    def file(self, folder: str, name: str) -> bytes:
        """A file of a result."""
        return self._storage.read(f"{folder}/{name}")

    @contextlib.contextmanager
    def only_job(self, job: JobRecord, wait_s: float) -> Iterator[dict[str, Any]]:
        """Keep other jobs away; gives who was killed here before, see :mod:`facedepth_pipeline.jobs.lock`."""
        name = shard_lock(job.shard, job.num_shards)
        with only_job(self._storage, LOCKS, name, {"job_id": job.job_id, "run_id": job.run_id}, wait_s) as killed:
            if isinstance(self._storage, LocalStorage) and job.num_shards == 1:
                self._storage.sweep()
            yield killed

    def write_job(self, job: JobRecord) -> None:
        """Keep what is to be said of a job, and that MLflow does not know it yet."""
        self._storage.write(f"{JOBS}/{job.job_id}.json", job.model_dump_json(indent=2).encode())
        self._storage.write(f"{UNTRACKED}/{job.job_id}", b"")

    def untracked_jobs(self) -> list[JobRecord]:
        """Jobs that have ended and of which MLflow does not know, oldest first."""
        ids = [name.rpartition("/")[2] for name in self._storage.matching(f"{UNTRACKED}/*")]
        return [JobRecord.model_validate_json(self._storage.read(f"{JOBS}/{job_id}.json")) for job_id in ids]

    def job_is_tracked(self, job: JobRecord) -> None:
        """Note that MLflow knows a job."""
        self._storage.delete(f"{UNTRACKED}/{job.job_id}")

    def shared_run(self, name: str, make: Callable[[], str], forget: Callable[[str], None]) -> str:
        """The MLflow run of all jobs that give the same name: that of the first to come.

        Args:
            name: Name that jobs agree on.
            make: Makes a run and returns its id.
            forget: Deletes one that was made for nothing, because another job came first.
        """
        path = f"{JOBS}/runs/{name}"
        with contextlib.suppress(FileNotFoundError):
            return self._storage.read(path).decode()
        made = make()
        if self._storage.create(path, made.encode()):
            return made
        forget(made)
        return self._storage.read(path).decode()
