import json
import os
import subprocess
import sys

import mlflow
import pytest
import trimesh
from click.testing import CliRunner

from facedepth_pipeline import command_line
from facedepth_pipeline.datasets.generator import GeneratorDataset
from facedepth_pipeline.photo.refusal import RefusalReason
from facedepth_pipeline.tracking.registry import register_generator
from faces import PORTRAIT, png_bytes, portrait_of_a_sphere


@pytest.fixture
def workplace(generator, tmp_path, monkeypatch):
    """A folder with a portrait, a file that is none, and a model."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    (tmp_path / "photos/more").mkdir(parents=True)
    (tmp_path / "photos" / PORTRAIT).write_bytes(png_bytes(portrait_of_a_sphere()))
    (tmp_path / "photos/more" / PORTRAIT).write_bytes(png_bytes(portrait_of_a_sphere()))
    (tmp_path / "torn.png").write_bytes(b"\x89PNG torn")
    GeneratorDataset(filepath=str(tmp_path / "model.keras")).save(generator)
    yield tmp_path
    mlflow.set_tracking_uri(None)


def facedepth(*arguments):
    return CliRunner().invoke(command_line.main, [str(argument) for argument in arguments])


def test_a_folder_of_photos_becomes_meshes(workplace):
    run = facedepth("reconstruct", "photos", "--model", "model.keras", "--format", "glb", "--format", "stl")
    assert run.exit_code == 0, run.output
    stem = PORTRAIT.removesuffix(".png")
    assert {path.name for path in (workplace / "faces").iterdir()} == {stem, f"{stem}_2"}
    scene = trimesh.load_scene(workplace / "faces" / stem / "mesh.glb")
    assert scene.extents[:2] == pytest.approx([0.1, 0.1], abs=0.002)
    assert scene.metadata["model"].startswith("model.keras/")
    assert not (workplace / "faces" / stem / "mesh.ply").exists()
    assert "100 x 99 x" in run.stdout
    assert "0.32 mm per pixel" in run.stdout


def test_a_photo_that_is_refused_says_why_and_the_others_are_done(workplace):
    run = facedepth("reconstruct", "torn.png", "photos", "--model=model.keras", "--out=made")
    assert run.exit_code == command_line.PHOTO_REFUSED
    assert "torn.png: refused. The file of 9 bytes is no image that is known here" in run.stderr
    assert f"({RefusalReason.UNDECODABLE})" in run.stderr
    assert json.loads((workplace / "made/torn/result.json").read_text())["faces"][0]["status"] == "rejected"
    assert len(list((workplace / "made").glob("*/mesh.glb"))) == 2


def test_the_same_command_replaces_its_own_results_and_nothing_else(workplace):
    photo = f"photos/{PORTRAIT}"
    assert facedepth("reconstruct", photo, "--model=model.keras", "--back=3").exit_code == 0
    assert facedepth("reconstruct", photo, "--model=model.keras").exit_code == 0
    mine = workplace / "mine" / PORTRAIT.removesuffix(".png")
    mine.mkdir(parents=True)
    (mine / "diary.txt").write_text("dear diary")
    run = facedepth("reconstruct", photo, "--model=model.keras", "--out=mine")
    assert run.exit_code == 2
    assert "holds no result of this command, so it is not replaced" in run.output
    assert (mine / "diary.txt").read_text() == "dear diary"


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["missing.jpg"], "'missing.jpg' does not exist"),
        (["empty"], "has no photo in it"),
        (["torn.png", "--eyes-mm=200"], "--pd is 200.0: Input should be less than or equal to 75"),
        (["torn.png", "--format=fbx"], "'fbx' is not one of 'glb'"),
        ([], "Missing argument 'PHOTOS...'"),
    ],
)
def test_a_command_that_makes_no_sense_is_status_2(workplace, arguments, words):
    (workplace / "empty").mkdir()
    run = facedepth("reconstruct", *arguments)
    assert run.exit_code == 2
    assert words in run.output


@pytest.mark.parametrize(
    ("model", "words"),
    [
        ("champion", "There is no MLflow registry"),
        ("models:/other/1", "There is no MLflow registry"),
        ("missing.keras", "There is no missing.keras: expected the model"),
        ("nonsense", "There is no model 'nonsense': expected starter"),
    ],
)
def test_a_model_that_is_not_there_is_status_3(workplace, model, words):
    run = facedepth("reconstruct", "torn.png", "--model", model)
    assert run.exit_code == command_line.NO_MODEL
    assert words in run.stderr
    assert not (workplace / "mlflow.db").exists()  # asking must not create a store


def test_without_a_registry_the_starter_is_used_and_said_so(workplace):
    run = facedepth("reconstruct", "torn.png")
    assert "Model: starter/" in run.stderr
    run = facedepth("info")
    assert "used without --model: starter" in run.stdout
    assert not (workplace / "mlflow.db").exists()


def test_a_champion_takes_precedence_and_a_registry_without_one_does_not(workplace, generator):
    mlflow.set_tracking_uri("sqlite:///mlflow.db")
    mlflow.set_experiment(experiment_name="x")
    assert "used without --model: starter" in facedepth("info").stdout
    with mlflow.start_run():
        registered = register_generator(generator, "facedepth-generator", portrait_of_a_sphere()[:256, :256])
    assert "used without --model: starter" in facedepth("info").stdout
    mlflow.MlflowClient().set_registered_model_alias("facedepth-generator", "champion", str(registered.version))
    assert "champion: models:/facedepth-generator/1" in facedepth("info").stdout
    run = facedepth("reconstruct", f"photos/{PORTRAIT}")
    assert run.exit_code == 0, run.output
    assert "Model: models:/facedepth-generator/1" in run.stderr


def test_help_answers_without_tensorflow():
    program = (
        "import sys; from facedepth_pipeline.command_line import main\n"
        "try: main(['reconstruct', '--help'])\n"
        "except SystemExit as end: assert end.code == 0\n"
        "print(sorted({'tensorflow', 'keras', 'open3d', 'mlflow', 'kedro'} & set(sys.modules)))"
    )
    run = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert "Exit status: 0 every photo" in run.stdout
    assert run.stdout.rstrip().endswith("[]"), run.stdout[-300:]


def test_a_disk_that_is_full_is_status_4_and_leaves_nothing_half(workplace, monkeypatch):
    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    run = facedepth("reconstruct", f"photos/{PORTRAIT}", "--model=model.keras")
    assert run.exit_code == command_line.NOT_WRITTEN
    assert "No space left on device" in run.stderr
    assert list((workplace / "faces").iterdir()) == []


def test_a_folder_that_cannot_be_made_is_status_4_before_a_model_is_loaded(workplace):
    (workplace / "file").write_text("in the way")
    run = facedepth("reconstruct", "torn.png", "--out=file/faces", "--model=model.keras")
    assert run.exit_code == command_line.NOT_WRITTEN
    assert "Name another --out" in run.stderr
    assert "Loading" not in run.stderr
