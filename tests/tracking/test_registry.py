import mlflow
import numpy as np
import pytest
from PIL import Image

from facedepth_pipeline.depth import depth_to_png_levels
from facedepth_pipeline.pix2pix.unet import build_generator
from facedepth_pipeline.prediction import DepthGenerator, predict_depth_maps
from facedepth_pipeline.sidecar import GeneratorSidecar, LandmarkTemplate
from facedepth_pipeline.tracking.promotion import log_depth_metrics, promote
from facedepth_pipeline.tracking.registry import load_registered_generator, register_generator

PHOTO = np.full((256, 256, 3), 120, np.uint8)
METRICS = {
    "mae_mm": 2.5,
    "rmse_mm": 3.5,
    "mae_mm_ci95": [2.0, 3.0],
    "data_digest": "d1",
    "baselines": {"mean_face": {"mae_mm": 5.0}},
}


@pytest.fixture
def tracking(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    mlflow.set_tracking_uri(f"sqlite:///{tmp_path}/mlflow.db")
    mlflow.create_experiment("test", artifact_location=(tmp_path / "artifacts").as_uri())
    mlflow.set_experiment("test")
    yield
    mlflow.set_tracking_uri(None)


@pytest.fixture(scope="module")
def generator():
    landmarks = LandmarkTemplate(
        left_eye=(150, 300), right_eye=(350, 300), nose=(250, 370), mouth_left=(180, 470), mouth_right=(320, 470),
        portraits=3,
    )  # fmt: skip
    sidecar = GeneratorSidecar(
        fit="pad",
        landmarks=landmarks,
        interocular_mm=landmarks.interocular_mm,
        valid_threshold_mm=4.0,
        data_digest="abc",
        training_subjects=("001", "002"),
        licence="Apache-2.0",
        parameters={"width": 4},
    )
    return DepthGenerator(build_generator(4, "instance", seed=0), sidecar)


def test_a_registered_generator_comes_back_with_its_sidecar_and_its_exact_version(tracking, generator):
    with mlflow.start_run():
        registered = register_generator(generator, "faces", PHOTO)
        promotion = promote(registered, METRICS)
    loaded, uri = load_registered_generator("models:/faces@champion")
    assert uri == registered.model_uri == "models:/faces/1"
    assert loaded.sidecar == generator.sidecar
    photo = np.random.default_rng(0).uniform(-1, 1, (1, 256, 256, 3)).astype(np.float32)
    np.testing.assert_array_equal(loaded.network.predict_on_batch(photo), generator.network.predict_on_batch(photo))
    assert promotion["previous_version"] is None
    assert mlflow.MlflowClient().get_model_version("faces", "1").tags["mae_mm"] == "2.5"


def test_an_example_lies_beside_the_model(tracking, generator):
    with mlflow.start_run() as run:
        register_generator(generator, "faces", PHOTO)
    client = mlflow.MlflowClient()
    assert {a.path for a in client.list_artifacts(run.info.run_id)} >= {"example", "generator_sidecar.json"}
    with Image.open(client.download_artifacts(run.info.run_id, "example/depth.png")) as depth:
        (expected,) = predict_depth_maps(generator, PHOTO[None])
        np.testing.assert_array_equal(np.asarray(depth), depth_to_png_levels(expected))


def test_the_signature_names_shapes_and_ranges_of_the_network(tracking, generator):
    with mlflow.start_run():
        register_generator(generator, "faces", PHOTO)
    signature = mlflow.models.get_model_info("models:/faces/1").signature
    assert signature.inputs.inputs[0].shape == (-1, 256, 256, 3)
    assert signature.outputs.inputs[0].name == "depth_normalized"


def test_promotion_moves_the_alias_and_remembers_who_was_champion(tracking, generator):
    with mlflow.start_run():
        promote(register_generator(generator, "faces", PHOTO), METRICS)
        second = promote(register_generator(generator, "faces", PHOTO), METRICS)
    assert (second["version"], second["previous_version"]) == (2, 1)


def test_single_figures_reach_the_run_and_baselines_carry_their_name(tracking):
    with mlflow.start_run() as run:
        log_depth_metrics(METRICS)
    logged = mlflow.get_run(run.info.run_id).data.metrics
    assert logged == {"test_mae_mm": 2.5, "test_rmse_mm": 3.5, "test_mean_face_mae_mm": 5.0}


def test_no_model_says_how_to_get_one(tracking):
    with pytest.raises(ValueError, match=r"(?s)No generator at 'models:/nobody@champion'.*--pipelines=train,evaluate"):
        load_registered_generator("models:/nobody@champion")


def test_a_model_of_somebody_else_is_refused(tracking, generator):
    with mlflow.start_run():
        mlflow.keras.log_model(
            generator.network, name="other", registered_model_name="other", pip_requirements=["keras"]
        )
    with pytest.raises(ValueError, match="no 'facedepth_sidecar'"):
        load_registered_generator("models:/other/1")
