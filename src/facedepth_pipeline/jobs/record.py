"""What is said of a job in the morning."""

import socket
from collections import Counter
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, Self

from pydantic import BaseModel, ConfigDict, Field, computed_field

from facedepth_pipeline.jobs.plan import JobPlan
from facedepth_pipeline.jobs.work import Outcome

EXAMPLES = 3  # photos named in full for each reason; the manifest has all


class JobRecord(BaseModel):
    """A job: what it was to do, and what became of it.

    Attributes:
        job_id: Begins with its time in UTC.
        run_id: MLflow run it logs to; None where MLflow could not be reached at its start.
        host: Machine that handed out the work.
        shard: Of ``num_shards``, from 0.
        num_shards: Jobs that shared the photos.
        model_uri: Exact version of the generator.
        result_key: Of model and parameters.
        parameters: The groups ``reconstruct``, ``dask`` and ``batch``.
        photos_root: Where photos were read.
        meshes_root: Where results were written.
        started_at: With a time zone.
        finished_at: With a time zone; None while it runs.
        listed: Photos in the folder.
        to_do: Those of this shard that no earlier job had done.
        skipped: Those that an earlier job had done.
        done: Photos with at least one face reconstructed.
        found: Photos whose result was there though no list named it: of a job that was killed, or the same photo
            under another name.
        faces: Faces reconstructed.
        rejected: Photos without any, by reason code.
        examples: The first few of them for each code, with the reason in words.
        retries: Attempts beyond the first.
        workers: Processes that have done some of the work.
        stopped_by: Why the job ended before its time; None if it did all there was to do.
    """

    model_config = ConfigDict(extra="ignore")

    job_id: str
    run_id: str | None
    host: str
    shard: int
    num_shards: int
    model_uri: str
    result_key: str
    parameters: dict[str, Any]
    photos_root: str
    meshes_root: str
    started_at: datetime
    finished_at: datetime | None = None
    listed: int = 0
    to_do: int = 0
    skipped: int = 0
    done: int = 0
    found: int = 0
    faces: int = 0
    rejected: Counter[str] = Field(default_factory=Counter)
    examples: dict[str, list[str]] = Field(default_factory=dict)
    retries: int = 0
    workers: int = 0
    stopped_by: str | None = None

    @classmethod
    def begin(cls, now: datetime, token: str, **about: Any) -> Self:
        """A job that begins now; the token tells it from others that begin in the same second."""
        job_id = f"{now.astimezone(UTC):%Y%m%dT%H%M%S}-{token}"
        return cls(job_id=job_id, host=socket.gethostname(), started_at=now, **about)

    def plan(self, plan: JobPlan) -> None:
        """Say what there is to do."""
        self.listed, self.to_do, self.skipped = plan.listed, len(plan.photos), plan.skipped

    def count(self, outcome: Outcome, now: datetime) -> Mapping[str, Any]:
        """Count what became of a photo; its record, or one that says why there is none."""
        record = outcome.record or self._no_record(outcome, now)
        reconstructed = sum(face["status"] == "done" for face in record["faces"])
        if outcome.found:
            self.found += 1
        elif reconstructed:
            self.done += 1
            self.faces += reconstructed
        else:
            code, reason = record["faces"][0]["reason_code"], record["faces"][0]["reason"]
            self.rejected[code] += 1
            said = self.examples.setdefault(code, [])
            if len(said) < EXAMPLES:
                said.append(f"{outcome.photo.name}: {reason}")
        return record

    def _no_record(self, outcome: Outcome, now: datetime) -> dict[str, Any]:
        face = {"face": 1, "status": "rejected", "reason_code": outcome.reason_code, "reason": outcome.problem}
        return {
            "result_key": self.result_key,
            "file_name": outcome.photo.name,
            "size_bytes": outcome.photo.size_bytes,
            "modified": outcome.photo.modified,
            "model_uri": self.model_uri,
            "run_id": self.run_id,
            "job_id": self.job_id,
            "finished_at": now.isoformat(timespec="milliseconds"),
            "faces": [face],
        }

    @computed_field  # type: ignore[prop-decorator]
    @property
    def seconds(self) -> float:
        """Wall time of the job; 0 while it runs."""
        return (self.finished_at - self.started_at).total_seconds() if self.finished_at else 0.0

    @computed_field  # type: ignore[prop-decorator]
    @property
    def seconds_per_photo(self) -> float | None:
        """Wall time for each photo that was handled; None if there was none."""
        return round(self.seconds / self.handled, 3) if self.handled else None

    @property
    def handled(self) -> int:
        """Photos that were done or rejected, and not just found."""
        return self.done + self.rejected.total()

    @property
    def rejected_fraction(self) -> float:
        """Share of the photos it handled that were rejected; 0 if there was none."""
        return self.rejected.total() / max(self.handled, 1)

    def require_success(self, max_rejected_fraction: float) -> None:
        """Fail, when all is written, a job that stopped or rejected too much.

        Raises:
            JobFailed: With what happened, and what to do.
        """
        if self.stopped_by is not None:
            left = self.to_do - self.handled - self.found
            raise JobFailed(
                f"{self.stopped_by} {self.handled + self.found} of {self.to_do} photos are done and kept; the same "
                f"command goes on with the other {left}."
            )
        if self.rejected_fraction > max_rejected_fraction:
            reasons = ", ".join(f"{code}: {count}" for code, count in self.rejected.most_common())
            raise JobFailed(
                f"{self.rejected.total()} of {self.handled} photos were rejected ({reasons}), more than "
                f"reconstruct.max_rejected_fraction = {max_rejected_fraction}. The others are done. "
                f"{' '.join(said[0] for said in self.examples.values())} All reasons: reconstruction_manifest.parquet."
            )


class JobFailed(RuntimeError):
    """A job that did not do what it was to do; what it did is kept."""
