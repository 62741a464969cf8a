"""The whole flow as a user runs it, on a few faces and a network of width 4."""

import io
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

import mlflow
import numpy as np
import pandas as pd
import pytest
import trimesh
from PIL import Image

from kedro_command import PROJECT, command, kedro


@pytest.fixture(scope="module")
def root(tmp_path_factory) -> Path:
    return tmp_path_factory.mktemp("flow")


@pytest.fixture(scope="module")
def demo(root) -> subprocess.CompletedProcess[str]:
    run = kedro("run", "--pipelines=demo", root=root)
    assert run.returncode == 0, run.stdout[-3000:] + run.stderr[-5000:]
    for folder in ("05_model_input", "07_model_output", "08_reporting"):
        shutil.copytree(root / folder, root / "first" / folder)
    return run


@pytest.fixture(scope="module")
def first(root, demo) -> Path:
    """What the first run left, whatever other tests have run since."""
    return root / "first"


@pytest.fixture
def tracking(root, demo):
    mlflow.set_tracking_uri(f"sqlite:///{root}/mlflow.db")
    yield mlflow.MlflowClient()
    mlflow.set_tracking_uri(None)


def test_the_run_ends_with_a_table_and_where_to_look(root, demo):
    assert "2 held-out subjects" in demo.stdout
    assert "mean face" in demo.stdout
    assert "faces reconstructed" in demo.stdout
    assert str(root / "08_reporting" / "report.html") in demo.stdout
    assert "oneDNN" not in demo.stdout + demo.stderr  # nor other words of TensorFlow that help nobody


def test_metrics_are_in_millimetres_beside_the_mean_face(first):
    metrics = json.loads((first / "08_reporting" / "depth_metrics.json").read_text())
    low, high = metrics["mae_mm_ci95"]
    assert 0 < low <= metrics["mae_mm"] <= high < 81.6
    assert metrics["mae_mm"] <= metrics["rmse_mm"]
    assert metrics["subjects"] == 2
    baselines = metrics["baselines"]
    assert list(baselines) == ["contractive_autoencoder", "mean_face", "shape_from_shading", "unet_l1"]
    assert all(0 < baseline["mae_mm"] < 81.6 for baseline in baselines.values())
    paired = baselines["mean_face"]["generator_difference"]["difference"]
    assert paired == pytest.approx(metrics["mae_mm"] - baselines["mean_face"]["mae_mm"])
    assert metrics["images_with_fiducials"] == metrics["images"]
    assert metrics["test_subjects_with_ids_of_training"] == []
    doubt = json.loads((first / "08_reporting" / "doubt_calibration.json").read_text())
    assert doubt["samples"] == 9  # eight with dropout, one mirrored
    assert doubt["images"] == metrics["images"]
    assert "Does it know when it is wrong?" in (first / "08_reporting" / "report.html").read_text()
    per_subject = pd.read_csv(first / "08_reporting" / "per_subject.csv", dtype={"subject_id": str})
    generator = per_subject[per_subject["predictor"] == "generator"]
    assert generator["mae_mm"].mean() == pytest.approx(metrics["mae_mm"])
    split = json.loads((first / "05_model_input" / "subject_split.json").read_text())
    assert sorted(generator["subject_id"]) == split["test"]


def test_every_photo_is_done_or_has_a_reason(root, first):
    manifest = pd.read_parquet(first / "07_model_output" / "reconstruction_manifest.parquet")
    photos = sorted(path.name for path in (root / "photos").iterdir() if path.name != "broken.jpg")
    assert sorted(manifest["file_name"]) == photos
    assert "astronaut.png" in photos
    assert set(manifest["status"]) <= {"done", "rejected"}
    assert manifest.loc[manifest["status"] == "rejected", "reason"].notna().all()


def test_meshes_are_whole_textured_and_metric(root, first):
    manifest = pd.read_parquet(first / "07_model_output" / "reconstruction_manifest.parquet")
    done = manifest[manifest["status"] == "done"]
    assert len(done) >= 2
    for row in done.itertuples():
        folder = root / "meshes" / row.folder
        glb = trimesh.load(folder / "mesh.glb").to_geometry()
        assert glb.visual.material.baseColorTexture is not None
        assert np.ptp(glb.vertices[:, 1]) * 1000 == pytest.approx(row.extent_y_mm, abs=0.1)
        ply = trimesh.load(folder / "mesh.ply")
        assert np.ptp(ply.vertices[:, 0]) == pytest.approx(row.extent_x_mm, abs=0.1)
        assert (folder / "wireframe.ply").stat().st_size > 1000
        depth = np.asarray(Image.open(folder / "depth.png"))
        cloud = trimesh.load(folder / "point_cloud.ply").vertices
        assert len(cloud) == (depth > 0).sum()
        assert depth.max() * 0.01 == pytest.approx(cloud[:, 2].max(), abs=0.00501)
    assert not [path for path in root.rglob(".*") if path.suffix in {".tmp", ".old"}]


def test_the_run_is_in_mlflow_with_parameters_curves_figures_and_model(first, tracking):
    experiment = tracking.get_experiment_by_name("facedepth-test")
    run = min(tracking.search_runs([experiment.experiment_id]), key=lambda run: run.info.start_time)
    assert run.info.status == "FINISHED"
    assert run.data.params["train.width"] == "4"
    assert run.data.params["split.test_subjects"] == "2"
    metrics = json.loads((first / "08_reporting" / "depth_metrics.json").read_text())
    assert run.data.metrics["test_mae_mm"] == pytest.approx(metrics["mae_mm"])
    curve = tracking.get_metric_history(run.info.run_id, "val_mae_mm")
    assert [point.step for point in curve] == [1, 2]
    artifacts = {artifact.path for artifact in tracking.list_artifacts(run.info.run_id)}
    assert {"depth_metrics.json", "pair_manifest.parquet", "report.html", "training_curves.png"} <= artifacts
    assert {"progress_picture.png", "error_faces.png", "region_errors.png", "best_and_worst_cases.png"} <= artifacts
    assert run.data.params["train.recipe"] == "metric"
    assert {"learning_rate", "images_per_second", "generator_loss"} <= set(run.data.metrics)
    version = tracking.get_model_version("facedepth-generator-test", "1")
    assert (version.run_id, version.tags["promotion"]) == (run.info.run_id, "promoted")


def test_the_registered_generator_gives_the_depth_that_was_measured(first, tracking):
    from facedepth_pipeline.data.pairs_folder import PairsOnDisk
    from facedepth_pipeline.generator.prediction import predict_depth_mm
    from facedepth_pipeline.tracking.registry import load_registered_generator

    generator, _ = load_registered_generator("models:/facedepth-generator-test/1")
    stored = PairsOnDisk(first / "07_model_output" / "predicted_depth")[0]
    again = predict_depth_mm(generator.network, stored.photo[None])[0]
    np.testing.assert_allclose(np.maximum(again, 0.01), stored.depth_map.depth_mm, atol=0.02)


def test_a_broken_photo_and_a_broken_pair_do_not_stop_the_rest(root, demo):
    (root / "photos" / "broken.jpg").write_bytes(b"\xff\xd8 not a photo")
    portrait = sorted((root / "texas" / "PreprocessedImages").glob("*_Portrait.png"))[0]
    content = portrait.read_bytes()
    portrait.write_bytes(content[:1000])
    try:
        changes = {"ingest.max_rejected_fraction": "0.5", "model_uri": "starter", "reconstruct.formats": "glb stl"}
        run = kedro("run", "--pipelines=ingest,reconstruct", root=root, **changes)
    finally:
        portrait.write_bytes(content)
        (root / "photos" / "broken.jpg").unlink()
    assert run.returncode == 0, run.stderr[-3000:]
    manifest = pd.read_parquet(root / "07_model_output" / "reconstruction_manifest.parquet")
    assert manifest.set_index("file_name").loc["broken.jpg", "reason_code"] == "undecodable"
    newest = manifest[manifest["model_uri"].str.startswith("starter/")].set_index("file_name")
    assert newest.loc["astronaut.png", "status"] == "done"
    assert "assumed: interpupillary distance" in newest.loc["astronaut.png", "scale"]
    folder = root / "meshes" / newest.loc["astronaut.png", "folder"]
    assert {path.name for path in folder.glob("mesh.*")} == {"mesh.glb", "mesh.stl"}
    assert trimesh.load_scene(folder / "mesh.glb").metadata["run_id"] == newest.loc["astronaut.png", "run_id"]
    rejected = pd.read_csv(root / "02_intermediate" / "rejected_pairs.csv")
    assert rejected["path"].tolist() == [f"PreprocessedImages/{portrait.name}"]


@dataclass(frozen=True)
class Resumed:
    """A training that was killed and went on by the same command; what lay there before and after."""

    run: subprocess.CompletedProcess[str]
    runs_before: set[str]
    curves: int
    leftovers: list[Path]


@pytest.fixture(scope="module")
def resumed(root, demo) -> Resumed:
    mlflow.set_tracking_uri(f"sqlite:///{root}/mlflow.db")
    client = mlflow.MlflowClient()
    experiment = client.get_experiment_by_name("facedepth-test")
    before = {run.info.run_id for run in client.search_runs([experiment.experiment_id])}
    mlflow.set_tracking_uri(None)
    arguments, changes = ("run", "--pipeline=train"), {"train.recipes.metric.epochs": "5"}
    killed = subprocess.Popen(
        command(*arguments, root=root, **changes),
        cwd=PROJECT,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        wait_for_epochs(root / "06_models" / "checkpoints", epochs=2, process=killed)
    finally:
        os.killpg(killed.pid, signal.SIGKILL)
        killed.wait()
    # what does not change the training may change meanwhile, though MLflow keeps a parameter's first value
    run = kedro(*arguments, root=root, **changes, **{"train.cache_mb": "7"})
    assert run.returncode == 0, run.stderr[-3000:]
    history = pd.read_csv(root / "08_reporting" / "training_history.csv")
    return Resumed(run, before, len(history), list((root / "06_models" / "checkpoints").iterdir()))


def test_a_killed_training_goes_on_in_its_run_by_the_same_command_in_the_old_spelling(resumed, tracking):
    assert "where this training began" in resumed.run.stdout + resumed.run.stderr
    experiment = tracking.get_experiment_by_name("facedepth-test")
    (run,) = [
        run
        for run in tracking.search_runs([experiment.experiment_id])
        if run.info.run_id not in resumed.runs_before and "resumed.train.cache_mb" in run.data.tags
    ]
    assert run.info.status == "FINISHED"
    assert run.data.tags["resumed.train.cache_mb"] == "7"
    curve = tracking.get_metric_history(run.info.run_id, "val_mae_mm")
    assert sorted(point.step for point in curve) == [1, 2, 3, 4, 5]
    assert resumed.curves == 5
    assert not resumed.leftovers
    versions = tracking.search_model_versions("name='facedepth-generator-test'")
    assert {int(version.version) for version in versions} == {1, 2}


def wait_for_epochs(folder: Path, epochs: int, process: subprocess.Popen[bytes]) -> None:
    """Wait until a checkpoint in the folder has so many epochs behind it."""
    deadline = time.monotonic() + 240
    while time.monotonic() < deadline and process.poll() is None:
        for path in folder.glob("*/state.json"):
            if len(json.loads(path.read_text())["history"]) >= epochs:
                return
        time.sleep(0.02)
    raise AssertionError(f"no checkpoint of {epochs} epochs; the process has ended with {process.poll()}")


def test_a_new_version_is_judged_against_the_champion_on_the_same_people(root, resumed, tracking):
    before = (root / "08_reporting" / "per_subject.csv").read_bytes()
    run = kedro("run", "--pipelines=evaluate", root=root)
    assert run.returncode == 0, run.stderr[-3000:]
    promotion = json.loads((root / "06_models" / "promotion.json").read_text())
    assert (promotion["version"], promotion["previous_version"]) == (2, 1)
    difference = promotion["difference_mae_mm"]
    assert promotion["promoted"] == (difference["ci95"][1] < 0)
    assert promotion["reason"] in " ".join(run.stdout.split())
    tags = tracking.get_model_version("facedepth-generator-test", "2").tags
    assert tags["promotion"] == ("promoted" if promotion["promoted"] else "kept back")
    assert (tags["compared_with_version"], tags["champion_has_seen_test_subjects"]) == ("1", "0")
    champion = tracking.get_model_version_by_alias("facedepth-generator-test", "champion")
    assert int(champion.version) == promotion["champion"]
    # the champion's figure, taken anew, is the one it had: by person, the first evaluation less the second
    mae = [
        pd.read_csv(io.BytesIO(table)).query("predictor == 'generator'").set_index("subject_id")["mae_mm"]
        for table in (before, (root / "08_reporting" / "per_subject.csv").read_bytes())
    ]
    assert (mae[1] - mae[0]).mean() == pytest.approx(difference["difference"], abs=1e-6)


def test_a_registered_model_is_evaluated_on_everybody_of_a_tree_without_training(root, tracking):
    champion = tracking.get_model_version_by_alias("facedepth-generator-test", "champion").version
    other = {"data_root": root / "other", "split.test_subjects": "all"}
    uri = {"evaluated_model_uri": "models:/facedepth-generator-test/1"}
    run = kedro("run", "--pipelines=ingest,preprocess,evaluate", root=root, **other, **uri)
    assert run.returncode == 0, run.stderr[-3000:]
    metrics = json.loads((root / "other" / "08_reporting" / "depth_metrics.json").read_text())
    assert (metrics["subjects"], metrics["images"]) == (5, 8)
    assert metrics["model_uri"] == uri["evaluated_model_uri"]
    assert metrics["baselines"] == {}
    assert len(metrics["test_subjects_with_ids_of_training"]) == 2
    page = (root / "other" / "08_reporting" / "report.html").read_text()
    assert "mean face is missing: there is no training subject" in page
    assert "figures are of people it knows" in page
    assert tracking.get_model_version_by_alias("facedepth-generator-test", "champion").version == champion


def test_ingest_alone_does_not_import_tensorflow(root, demo):
    script = (
        "import sys; from pathlib import Path\n"
        "from kedro.framework.session import KedroSession\n"
        "from kedro.framework.startup import bootstrap_project\n"
        "bootstrap_project(Path.cwd())\n"
        f"root = {str(root)!r}\n"
        "params = dict(data_root=root, texas_root=root + '/texas', artifact_root=root + '/artifacts',\n"
        "              tracking_uri='sqlite:///' + root + '/mlflow.db')\n"
        "with KedroSession.create(env='test', runtime_params=params) as session:\n"
        "    session.run(pipeline_names=['ingest'])\n"
        "assert not {'tensorflow', 'keras'} & set(sys.modules), 'imported'\n"
    )
    run = subprocess.run(
        [sys.executable, "-c", script], cwd=PROJECT, env={**os.environ}, capture_output=True, text=True, check=False
    )
    assert run.returncode == 0, run.stderr[-3000:]


def test_an_unknown_parameter_stops_the_run_before_it_starts(root, demo):
    run = kedro("run", "--pipelines=ingest", root=root, texas_rot="/nowhere")
    assert run.returncode != 0
    assert "unknown key 'texas_rot': did you mean 'texas_root'?" in run.stdout + run.stderr
    assert "Traceback" not in run.stdout + run.stderr
