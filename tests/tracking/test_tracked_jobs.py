import json
from datetime import UTC, datetime, timedelta

import mlflow
import pandas as pd
import pytest
from matplotlib.figure import Figure

from facedepth_pipeline.jobs.plan import JobPlan
from facedepth_pipeline.jobs.record import JobRecord
from facedepth_pipeline.jobs.work import Outcome
from facedepth_pipeline.storage.storage import StoredFile
from facedepth_pipeline.tracking.jobs import end_killed_run, track_job
from facedepth_pipeline.tracking.runs import active_run_id

NOW = datetime(2026, 11, 23, 2, tzinfo=UTC)
ROWS = pd.DataFrame([{"photo_id": "f", "status": "done"}])


def job(run_id: str | None, **changes) -> JobRecord:
    about = {
        "shard": 0, "num_shards": 1, "model_uri": "models:/faces/3", "result_key": "k", "photos_root": "p",
        "meshes_root": "m", "parameters": {"batch": {"log_faces": True, "attempts": 3}}, **changes,
    }  # fmt: skip
    record = JobRecord.begin(NOW, "abcd", run_id=run_id, **about)
    photo = StoredFile("mary_smith.jpg", 1, "1")
    record.plan(JobPlan(1, (photo,), 0))
    record.count(Outcome(photo, problem="mary_smith.jpg is odd.", reason_code="failed"), NOW)
    record.finished_at = NOW + timedelta(seconds=4)
    return record


def artifacts(run_id: str, path: str | None = None) -> set[str]:
    return {artifact.path for artifact in mlflow.MlflowClient().list_artifacts(run_id, path)}


@pytest.mark.usefixtures("empty_tracking")
def test_a_job_is_logged_to_its_run_which_stays_open():
    with mlflow.start_run():
        track_job(job(active_run_id()), ROWS, Figure(), {"f.glb": b"mesh"})
        assert mlflow.active_run().info.status == "RUNNING"
        run = mlflow.get_run(active_run_id())
    assert run.data.metrics["photos_rejected"] == run.data.metrics["rejected_failed"] == 1
    assert run.data.metrics["photos_per_second"] == 0.25
    assert run.data.tags["model_uri"] == "models:/faces/3"
    assert artifacts(run.info.run_id) == {"job.json", "manifest.parquet", "meshes", "reconstruction_sheet.png"}
    assert artifacts(run.info.run_id, "meshes") == {"meshes/f.glb"}


@pytest.mark.usefixtures("empty_tracking")
def test_without_faces_no_name_of_a_photo_is_logged():
    with mlflow.start_run():
        track_job(job(active_run_id(), parameters={"batch": {"log_faces": False}}), ROWS, None, {})
        run_id = active_run_id()
    assert artifacts(run_id) == {"job.json", "manifest.parquet"}
    told = mlflow.artifacts.load_text(f"{mlflow.get_run(run_id).info.artifact_uri}/job.json")
    assert "mary" not in told
    assert json.loads(told)["rejected"] == {"failed": 1}


@pytest.mark.usefixtures("empty_tracking")
@pytest.mark.parametrize("run_id", [None, "0" * 32])  # MLflow could not be reached; it has forgotten since
def test_a_job_that_mlflow_does_not_know_gets_a_run_of_its_own_time(run_id):
    with mlflow.start_run():
        track_job(job(run_id, stopped_by="The disk is full."), ROWS, None, {})
        this = active_run_id()
    (run,) = [run for run in mlflow.search_runs(output_format="list") if run.info.run_id != this]
    assert run.info.status == "FAILED"
    assert run.info.start_time == NOW.timestamp() * 1000
    assert run.info.end_time == (NOW.timestamp() + 4) * 1000
    assert run.data.tags["logged_later"] == "true"
    assert run.data.tags["stopped_by"] == "The disk is full."
    assert run.data.params["batch.attempts"] == "3"


@pytest.mark.usefixtures("empty_tracking")
def test_shards_of_one_run_lie_side_by_side():
    with mlflow.start_run():
        for shard in range(2):
            track_job(job(active_run_id(), shard=shard, num_shards=2), ROWS, None, {})
        run_id = active_run_id()
    assert artifacts(run_id) == {"shard_0_of_2", "shard_1_of_2"}
    points = mlflow.MlflowClient().get_metric_history(run_id, "photos_rejected")
    assert [(point.step, point.value) for point in points] == [(0, 1), (1, 1)]


@pytest.mark.usefixtures("empty_tracking")
def test_the_run_of_a_killed_job_counts_as_running_no_more():
    client = mlflow.MlflowClient()
    experiment = client.get_experiment_by_name("trainings").experiment_id
    killed, ended = (client.create_run(experiment).info.run_id for _ in range(2))
    client.set_terminated(ended)
    for run_id in (killed, ended, "unknown"):
        end_killed_run(run_id, "the next job")
    assert client.get_run(killed).info.status == "KILLED"
    assert client.get_run(killed).data.tags["went_on_in_job"] == "the next job"
    assert client.get_run(ended).info.status == "FINISHED"
