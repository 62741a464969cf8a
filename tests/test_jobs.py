"""Batch jobs as their operator meets them: killed, doubled, cut off from MLflow, on a cluster with a bucket."""

import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import mlflow
import pandas as pd
import psutil
import pytest
import s3fs
import trimesh

from kedro_command import PROJECT, command, kedro

JOB = ("run", "--pipelines=reconstruct")
FILES = {
    "result.json", "depth.json", "depth.npy", "depth.png", "preview.png", "mesh.glb", "mesh.ply", "point_cloud.ply",
    "wireframe.ply",
}  # fmt: skip
STARTER = {"model_uri": "starter", "reconstruct.batch_size": "2"}


def make_photos(folder: Path, count: int) -> None:
    """The same face in different files: a photo is known by its bytes."""
    folder.mkdir(parents=True)
    photo = (PROJECT / "data" / "01_raw" / "photos" / "astronaut.png").read_bytes()
    for number in range(count):
        (folder / f"{number:03d}.png").write_bytes(photo + bytes([number]))


def wait_for(what: Callable[[], object], seconds: float = 400.0) -> None:
    deadline = time.monotonic() + seconds
    while not what():
        assert time.monotonic() < deadline, "it did not happen"
        time.sleep(0.05)


def results(root: Path) -> list[Path]:
    return sorted((root / "meshes").glob("*/*/result.json"))


def manifest(root: Path) -> pd.DataFrame:
    return pd.read_parquet(root / "07_model_output" / "reconstruction_manifest.parquet")


def words(run: subprocess.CompletedProcess[str]) -> str:
    return " ".join((run.stdout + run.stderr).split())


def start(root: Path, **params: str) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        command(*JOB, root=root, **params), cwd=PROJECT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )


@pytest.fixture(scope="module")
def root(tmp_path_factory) -> Path:
    root = tmp_path_factory.mktemp("jobs")
    make_photos(root / "photos", 20)
    (root / "photos" / "020.png").write_bytes(b"no photo")
    return root


@pytest.fixture(scope="module")
def night(root) -> subprocess.CompletedProcess[str]:
    """A job of which a worker was killed, then a job that was killed itself, then one that came to its end."""
    same_run = STARTER | {"batch.mlflow_run": "night"}
    job = start(root, **same_run)
    try:
        wait_for((root / "meshes" / "_jobs" / "locks" / "all").exists)
        second = kedro(*JOB, root=root, **same_run)  # at the same time
        assert second.returncode == 1
        assert f"Another job has been working on {root}/meshes" in words(second)
        assert "Traceback" not in words(second)
        wait_for(lambda: len(results(root)) >= 2 or job.poll() is not None)
        assert job.poll() is None
        workers = [child for child in psutil.Process(job.pid).children(recursive=True) if child.memory_info().rss > 4e8]
        workers[0].send_signal(signal.SIGKILL)
        before = len(results(root))
        wait_for(lambda: len(results(root)) > before or job.poll() is not None)
        assert job.poll() is None
    finally:
        job.kill()
        job.wait()
    assert len(results(root)) < 21
    run = kedro(*JOB, root=root, **same_run)
    assert run.returncode == 0, run.stderr[-3000:]
    return run


def test_after_kills_every_photo_has_one_whole_result_or_a_reason(root, night):
    table = manifest(root)
    assert sorted(table["file_name"]) == sorted(path.name for path in (root / "photos").iterdir())
    assert table.loc[table["status"] == "rejected", "reason_code"].tolist() == ["undecodable"]
    done = table[table["status"] == "done"]
    assert len(done) == 20
    assert len(results(root)) == 21  # and none beside
    for row in done.to_dict("records"):
        folder = root / "meshes" / row["folder"]
        assert {path.name for path in folder.iterdir()} == FILES
        assert trimesh.load_scene(folder / "mesh.glb").metadata["photo_sha256"] == row["photo_sha256"]
    assert not list((root / "meshes" / ".partial").iterdir())
    assert not list((root / "07_model_output" / "reconstruction_manifest_parts").glob("*.parquet"))
    assert re.search(r"Job \S+ was killed here: this one goes on from there", words(night))


def test_results_are_those_of_one_process_to_the_byte(root, night, tmp_path):
    from facedepth_pipeline.generator.starter import load_starter
    from facedepth_pipeline.jobs.store import ReconstructionStore
    from facedepth_pipeline.parameters import ReconstructionParameters
    from facedepth_pipeline.reconstruction.provenance import Provenance
    from facedepth_pipeline.reconstruction.reconstruct import reconstruct
    from facedepth_pipeline.reconstruction.record import Stamp

    rows = manifest(root).set_index("file_name").loc[["003.png", "019.png"]]
    generator, uri = load_starter()
    provenance = Provenance(uri, ReconstructionParameters(), rows["run_id"].iloc[0])
    photos = [(name, (root / "photos" / name).read_bytes()) for name in rows.index]
    for result in reconstruct(photos, generator, provenance):
        ReconstructionStore(str(tmp_path)).write(result, Stamp(datetime.now(UTC)))
    for folder in rows["folder"]:
        for name in FILES - {"result.json"}:  # which says when
            assert (tmp_path / folder / name).read_bytes() == (root / "meshes" / folder / name).read_bytes(), name


def test_jobs_of_one_name_share_one_mlflow_run(root, night):
    mlflow.set_tracking_uri(f"sqlite:///{root}/mlflow.db")
    try:
        client = mlflow.MlflowClient()
        experiment = client.get_experiment_by_name("facedepth-test")
        (run,) = client.search_runs([experiment.experiment_id])
        assert run.info.run_name == "night"
        assert run.info.status == "FINISHED"
        assert run.data.metrics["photos_listed"] == 21
        assert run.data.params["batch.attempts"] == "3"
        assert "batch.shard" not in run.data.params
        artifacts = {artifact.path for artifact in client.list_artifacts(run.info.run_id)}
        assert {"job.json", "manifest.parquet", "reconstruction_sheet.png", "meshes"} <= artifacts
        assert len(client.list_artifacts(run.info.run_id, "meshes")) == 3
    finally:
        mlflow.set_tracking_uri(None)


def test_a_second_night_does_nothing_and_says_so_even_without_mlflow(root, night, monkeypatch):
    monkeypatch.setenv("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "1")
    before = {path: path.stat().st_mtime_ns for path in results(root)}
    run = kedro(*JOB, root=root, **STARTER, tracking_uri="http://127.0.0.1:9")
    assert run.returncode == 0, run.stderr[-3000:]
    assert "cannot be reached" in words(run)
    assert "A later job will log it" in words(run)
    assert re.search(r"skipped\W+21\W+done by earlier jobs", words(run))
    assert {path: path.stat().st_mtime_ns for path in results(root)} == before
    (untracked,) = (root / "meshes" / "_jobs" / "untracked").iterdir()
    job = json.loads((root / "meshes" / "_jobs" / f"{untracked.name}.json").read_text())
    assert (job["listed"], job["to_do"], job["skipped"], job["run_id"]) == (21, 0, 21, None)


def test_the_next_night_tells_mlflow_of_it_and_a_bad_batch_fails_without_faces_in_mlflow(root, night):
    (root / "photos" / "021.png").write_bytes(b"no photo either")
    run = kedro(*JOB, root=root, **STARTER, **{"batch.log_faces": "false"})
    assert run.returncode == 1
    assert "1 of 1 photos were rejected (undecodable: 1)" in words(run)
    assert "rejected: undecodable" in words(run)  # the table
    assert "Traceback" not in words(run)
    assert not list((root / "meshes" / "_jobs" / "untracked").iterdir())
    mlflow.set_tracking_uri(f"sqlite:///{root}/mlflow.db")
    try:
        client = mlflow.MlflowClient()
        experiment = client.get_experiment_by_name("facedepth-test")
        runs = client.search_runs([experiment.experiment_id])
        assert len(runs) == 3  # the night, the one that is told of later, and this one
        (later,) = [run for run in runs if run.data.tags.get("logged_later")]
        assert later.data.metrics["photos_skipped"] == 21
        (bad,) = [run for run in runs if run.info.status == "FAILED"]
        artifacts = {artifact.path for artifact in client.list_artifacts(bad.info.run_id)}
        assert artifacts == {"job.json", "manifest.parquet"}
        told = mlflow.artifacts.download_artifacts(run_id=bad.info.run_id, artifact_path="manifest.parquet")
        assert "file_name" not in pd.read_parquet(told).columns
        assert "021.png" not in mlflow.artifacts.load_text(f"{bad.info.artifact_uri}/job.json")
    finally:
        mlflow.set_tracking_uri(None)


class Cluster:
    """A scheduler and two workers, each a process with a working directory of its own."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.processes: list[subprocess.Popen[bytes]] = []

    def start(self) -> str:
        place = self.folder / f"cluster_{len(self.processes)}"
        file = place / "scheduler.json"
        self._run(place, "scheduler", "--port=0", "--host=127.0.0.1", "--no-dashboard", f"--scheduler-file={file}")
        wait_for(file.exists)
        address: str = json.loads(file.read_text())["address"]
        for number in range(2):
            self._run(place / f"worker_{number}", "worker", address, "--nthreads=1", "--no-dashboard")
        return address

    def _run(self, place: Path, *arguments: str) -> None:
        place.mkdir(parents=True)
        script = f"from distributed.cli import dask_{arguments[0]} as cli; cli.main()"
        environment = os.environ | {
            "PYTHONPATH": str(PROJECT / "src"),
            "DASK_DISTRIBUTED__SCHEDULER__ALLOWED_FAILURES": "0",
        }
        with (place / "log").open("wb") as log:
            self.processes.append(
                subprocess.Popen(
                    [sys.executable, "-c", script, *arguments[1:]], cwd=place, env=environment, stdout=log, stderr=log
                )
            )

    def stop(self) -> None:
        for process in self.processes:
            for each in (
                [*psutil.Process(process.pid).children(recursive=True), process] if process.poll() is None else []
            ):
                each.kill()
            process.wait()


@pytest.fixture
def dask_cluster(s3_server, tmp_path):
    cluster = Cluster(tmp_path)
    yield cluster
    cluster.stop()


def test_a_cluster_with_results_in_a_bucket_loses_a_worker_then_its_scheduler_and_nothing_else(
    dask_cluster, bucket, tmp_path
):
    root = tmp_path / "job"
    make_photos(root / "photos", 16)
    places = {"meshes_root": f"{bucket}/meshes", "data_root": f"{bucket}/data", "photos_root": f"{bucket}/photos"}
    storage = s3fs.S3FileSystem(use_listings_cache=False)
    storage.put(f"{root}/photos/", f"{bucket}/photos/", recursive=True)

    def done() -> list[str]:
        return storage.glob(f"{bucket}/meshes/*/*/result.json")

    job = start(root, **STARTER, **places, **{"dask.scheduler": dask_cluster.start()})
    wait_for(lambda: len(done()) >= 1 or job.poll() is not None)
    scheduler, worker, _ = dask_cluster.processes
    psutil.Process(worker.pid).children()[0].kill()  # its supervisor starts another
    before = len(done())
    wait_for(lambda: len(done()) > before or job.poll() is not None)
    assert job.poll() is None
    scheduler.kill()
    assert job.wait(400) == 1
    assert 2 <= len(done()) < 16
    dask_cluster.stop()
    run = kedro(*JOB, root=root, **STARTER, **places, **{"dask.scheduler": dask_cluster.start()})
    assert run.returncode == 0, run.stderr[-3000:]
    with storage.open(f"{bucket}/data/07_model_output/reconstruction_manifest.parquet", "rb") as file:
        table = pd.read_parquet(file)
    assert sorted(table["file_name"]) == [f"{number:03d}.png" for number in range(16)]
    assert set(table["status"]) == {"done"}
    for folder in table["folder"]:
        assert {path.rpartition("/")[2] for path in storage.ls(f"{bucket}/meshes/{folder}")} == FILES
    assert not list(tmp_path.rglob("mesh.glb"))  # neither the workers' directories nor this one hold results
