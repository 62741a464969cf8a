"""A batch job in MLflow, when MLflow can be reached: at its end, or at the end of a later one."""

import logging
from collections.abc import Callable, Mapping
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory

import mlflow
import pandas as pd
from matplotlib.figure import Figure
from mlflow.entities import Metric, RunTag
from mlflow.exceptions import MlflowException

from facedepth_pipeline.jobs.record import JobRecord
from facedepth_pipeline.tracking.runs import active_run_id

logger = logging.getLogger(__name__)

PERSONAL = ("file_name", "reason")  # of the manifest: names of files, and sentences with them


def track_job(
    job: JobRecord,
    rows: pd.DataFrame,
    sheet: Figure | None,
    meshes: Mapping[str, bytes],
) -> None:
    """Log a job that has ended, to its run or to one made for it; a run is under way.

    Args:
        job: What became of it.
        rows: Of the manifest, those of this job; without names of files where faces are not to be logged.
        sheet: Contact sheet; None where faces are not to be logged, or there is none.
        meshes: GLB files by name, a few at most.

    Raises:
        MlflowException: If MLflow cannot be reached.
    """
    client = mlflow.MlflowClient()
    run_id = job.run_id if _is_known(client, job.run_id) else _run_of_earlier_job(client, job)
    step, at = job.shard, _ms(job.finished_at or job.started_at)
    client.log_batch(
        run_id,
        metrics=[Metric(name, value, at, step) for name, value in metrics(job).items()],
        tags=[RunTag(name, value) for name, value in tags(job).items()],
    )
    below = "" if job.num_shards == 1 else f"shard_{job.shard}_of_{job.num_shards}/"
    with TemporaryDirectory() as folder:
        place = Path(folder) / below
        (place / "meshes").mkdir(parents=True)
        (place / "job.json").write_text(public(job).model_dump_json(indent=2), encoding="utf-8")
        rows.to_parquet(place / "manifest.parquet", index=False)
        if sheet is not None:
            sheet.savefig(place / "reconstruction_sheet.png", dpi=110)
        for name, content in meshes.items():
            (place / "meshes" / name).write_bytes(content)
        if not meshes:
            (place / "meshes").rmdir()
        client.log_artifacts(run_id, folder)
    if run_id != active_run_id():
        client.set_terminated(run_id, "FAILED" if job.stopped_by else "FINISHED", at)


def metrics(job: JobRecord) -> dict[str, float]:
    """Figures of a job, by name."""
    seconds = max(job.seconds, 1e-3)
    figures = {
        "photos_listed": job.listed,
        "photos_done": job.done,
        "photos_rejected": job.rejected.total(),
        "photos_skipped": job.skipped,
        "photos_found": job.found,
        "faces": job.faces,
        "retries": job.retries,
        "seconds": seconds,
        "photos_per_second": job.handled / seconds,
    }
    return {**figures, **{f"rejected_{code}": count for code, count in job.rejected.items()}}


def tags(job: JobRecord) -> dict[str, str]:
    """Words of a job, by name."""
    words = {"job_id": job.job_id, "model_uri": job.model_uri, "result_key": job.result_key, "host": job.host}
    return words | ({"stopped_by": job.stopped_by[:5000]} if job.stopped_by else {})


def public(job: JobRecord) -> JobRecord:
    """A job without the names of photos, where faces are not to be logged."""
    if job.parameters["batch"]["log_faces"]:
        return job
    return job.model_copy(update={"examples": {}})


def end_killed_run(run_id: str, heir: str) -> None:
    """Say of the run of a job that was killed that it is over; until now it counts as running."""
    client = mlflow.MlflowClient()
    try:
        if client.get_run(run_id).info.status == "RUNNING":
            client.set_tag(run_id, "went_on_in_job", heir)
            client.set_terminated(run_id, "KILLED")
    except MlflowException as error:
        logger.warning("MLflow run %s of a job that was killed could not be ended: %s", run_id, error.message)


def name_run(experiment_id: str, name: str) -> tuple[Callable[[], str], Callable[[str], None]]:
    """How to make a run of this name for several jobs, and how to delete it if another job was quicker."""
    client = mlflow.MlflowClient()

    def make() -> str:
        return str(client.create_run(experiment_id, run_name=name).info.run_id)

    return make, client.delete_run


def _is_known(client: mlflow.MlflowClient, run_id: str | None) -> bool:
    try:
        return run_id is not None and bool(client.get_run(run_id))
    except MlflowException as error:
        if error.error_code == "RESOURCE_DOES_NOT_EXIST":
            return False
        raise


def _run_of_earlier_job(client: mlflow.MlflowClient, job: JobRecord) -> str:
    """A run for a job in whose time MLflow could not be reached, where the run that is under way is."""
    run = client.create_run(
        mlflow.active_run().info.experiment_id,
        _ms(job.started_at),
        {"logged_later": "true"},
        f"reconstruct {job.job_id}",
    )
    for group, values in job.parameters.items():
        for name, value in values.items():
            client.log_param(run.info.run_id, f"{group}.{name}", value)
    return str(run.info.run_id)


def _ms(when: datetime) -> int:
    return int(when.timestamp() * 1000)
