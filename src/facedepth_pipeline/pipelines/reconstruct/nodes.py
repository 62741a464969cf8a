"""Nodes of ``reconstruct``."""

import logging
import secrets
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from functools import partial
from typing import Any

import pandas as pd
from matplotlib.figure import Figure
from mlflow.exceptions import MlflowException
from tqdm import tqdm

from facedepth_pipeline.evaluation.figures import draw_reconstructions
from facedepth_pipeline.jobs.ledger import ManifestLedger, PartWriter
from facedepth_pipeline.jobs.manifest import known_files, newest_results
from facedepth_pipeline.jobs.plan import plan_job
from facedepth_pipeline.jobs.record import JobFailed, JobRecord
from facedepth_pipeline.jobs.run import run_job
from facedepth_pipeline.jobs.store import ReconstructionStore
from facedepth_pipeline.jobs.work import Outcome, Task
from facedepth_pipeline.parameters import BatchParameters, DaskParameters, ReconstructionParameters
from facedepth_pipeline.photo.folder import PhotoFolder
from facedepth_pipeline.reconstruction.provenance import Provenance
from facedepth_pipeline.reconstruction.record import face_rows
from facedepth_pipeline.tracking import jobs
from facedepth_pipeline.tracking.resolve import GeneratorVersion
from facedepth_pipeline.tracking.runs import active_run_id

logger = logging.getLogger(__name__)

SHEET_PHOTOS = 12


def reconstruct_photos(
    photos: PhotoFolder,
    generator_version: GeneratorVersion,
    reconstructions: ReconstructionStore,
    reconstruction_ledger: ManifestLedger,
    parameters: ReconstructionParameters,
    dask: DaskParameters,
    batch: BatchParameters,
    promotion: dict[str, Any] | None = None,  # not read: it makes this node wait for it
) -> JobRecord:
    """Do the photos that no earlier job did, in the processes of a cluster; a bad one is set aside with a reason."""
    provenance = Provenance(generator_version.model_uri, parameters, active_run_id())
    job = JobRecord.begin(
        datetime.now(UTC),
        secrets.token_hex(4),
        run_id=provenance.run_id,
        shard=batch.shard,
        num_shards=batch.num_shards,
        model_uri=provenance.model_uri,
        result_key=provenance.result_key,
        parameters={"reconstruct": parameters.in_effect(), "dask": dask.in_effect(), "batch": batch.in_effect()},
        photos_root=photos.url,
        meshes_root=reconstructions.url,
    )
    with reconstructions.only_job(job, batch.wait_for_lock_s) as killed:
        if killed.get("run_id") not in (None, job.run_id):
            jobs.end_killed_run(killed["run_id"], job.job_id)
        known = known_files(reconstruction_ledger.read(reconstructions), provenance.known_keys, batch.redo)
        plan = plan_job(photos.files, known, batch.shard, batch.num_shards)
        job.plan(plan)
        task = Task(photos, reconstructions, provenance, job.job_id, batch.photo_timeout_s, batch.redo)
        outcomes = run_job(job, plan.photos, task, generator_version.pack, dask, batch.attempts)
        try:
            _list_outcomes(job, outcomes, reconstruction_ledger)
            job.finished_at = datetime.now(UTC)
            reconstructions.write_job(job)
        except OSError as error:
            raise JobFailed(
                f"What the job has done cannot be noted: {error}. Its results are whole; the same command finds them "
                "and goes on."
            ) from error
    return job


def list_reconstructions(
    reconstruction_job: JobRecord, reconstruction_ledger: ManifestLedger, reconstructions: ReconstructionStore
) -> Callable[[], pd.DataFrame]:
    """How to take what the job has written into the manifest, which lists every result there is."""
    return partial(reconstruction_ledger.compact, reconstructions, reconstruction_job.job_id)


def draw_reconstruction_sheet(
    reconstruction_manifest: pd.DataFrame, reconstructions: ReconstructionStore
) -> tuple[Figure, list[str]]:
    """Draw the newest results, one below the other; and their folders."""
    shown = _shown(newest_results(reconstruction_manifest))
    return _sheet(shown, reconstructions), shown["folder"].tolist()


def track_jobs(
    reconstruction_job: JobRecord, reconstruction_manifest: pd.DataFrame, reconstructions: ReconstructionStore
) -> list[str]:
    """Log this job to MLflow, and earlier ones in whose time it could not be reached; the ids of those that are now."""
    tracked: list[str] = []
    if active_run_id() is None:
        logger.warning("Not in MLflow yet: job %s. A later job will log it.", reconstruction_job.job_id)
        return tracked
    for job in reconstructions.untracked_jobs():
        rows = reconstruction_manifest[reconstruction_manifest["job_id"] == job.job_id]
        done = rows[rows["status"] == "done"]
        faces = job.parameters["batch"]["log_faces"]
        textured = "glb" in job.parameters["reconstruct"]["formats"]
        shown = done.head(job.parameters["batch"]["logged_meshes"] if faces and textured else 0)
        try:
            jobs.track_job(
                job,
                rows if faces else rows.drop(columns=list(jobs.PERSONAL)),
                _sheet(_shown(done), reconstructions) if faces and len(done) else None,
                {
                    f"{row['photo_id']}.glb": reconstructions.file(row["folder"], "mesh.glb")
                    for row in shown.to_dict("records")
                },
            )
        except (MlflowException, OSError) as error:  # the second is what stores of artifacts raise
            logger.warning("Not in MLflow yet: job %s (%s). A later job will log it.", job.job_id, error)
        else:
            reconstructions.job_is_tracked(job)
            tracked.append(job.job_id)
    return tracked


def require_success(
    reconstruction_job: JobRecord,
    parameters: ReconstructionParameters,
    tracked_jobs: list[str],  # not read, as the next: everything is written first
    sheet_folders: list[str],
) -> None:
    """Fail the run if the job stopped or too many photos were rejected."""
    reconstruction_job.require_success(parameters.max_rejected_fraction)


def _list_outcomes(job: JobRecord, outcomes: Iterator[Outcome], ledger: ManifestLedger) -> None:
    """Count what becomes of photos, and write it to parts of the manifest."""
    parts = PartWriter(ledger, job.job_id)
    try:
        for outcome in tqdm(outcomes, "reconstructing", job.to_do, unit="photo", disable=None):
            parts.add(face_rows(job.count(outcome, datetime.now(UTC))))
    finally:
        parts.flush()


def _shown(rows: pd.DataFrame) -> pd.DataFrame:
    return rows[rows["status"] == "done"].tail(SHEET_PHOTOS)


def _sheet(rows: pd.DataFrame, reconstructions: ReconstructionStore) -> Figure:
    shown = rows[["file_name", "folder"]].to_dict("records")
    return draw_reconstructions({row["file_name"]: reconstructions.preview(row["folder"]) for row in shown})
