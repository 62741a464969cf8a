import mlflow
import numpy as np
import pytest
from PIL import Image

from facedepth_pipeline.depth import depth_to_png_levels
from facedepth_pipeline.evaluation.champion import Verdict
from facedepth_pipeline.generator.prediction import DepthGenerator, predict_depth_maps
from facedepth_pipeline.generator.sidecar import GeneratorSidecar, LandmarkTemplate
from facedepth_pipeline.pix2pix.unet import build_generator
from facedepth_pipeline.tracking.promotion import log_depth_metrics, record_verdict
from facedepth_pipeline.tracking.registry import (
    load_evaluated_generator,
    load_registered_generator,
    register_generator,
)
from facedepth_pipeline.tracking.versions import champion_version

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
        interpupillary_mm=landmarks.interpupillary_mm,
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
        record_verdict("faces", registered.version, Verdict(True, "first"), {"mae_mm": 2.5})
    loaded, uri = load_registered_generator("models:/faces@champion")
    assert uri == registered.model_uri == "models:/faces/1"
    assert loaded.sidecar == generator.sidecar
    photo = np.random.default_rng(0).uniform(-1, 1, (1, 256, 256, 3)).astype(np.float32)
    np.testing.assert_array_equal(loaded.network.predict_on_batch(photo), generator.network.predict_on_batch(photo))
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


def test_the_alias_moves_with_a_promotion_alone_and_both_outcomes_leave_tags(tracking, generator):
    assert champion_version("faces") is None
    with mlflow.start_run() as run:
        for promoted in (True, False):
            version = register_generator(generator, "faces", PHOTO).version
            record_verdict("faces", version, Verdict(promoted, f"because of {version}"), {"compared_with_version": 1})
    assert champion_version("faces") == 1
    tags = [mlflow.MlflowClient().get_model_version("faces", str(version)).tags for version in (1, 2)]
    assert [t["promotion"] for t in tags] == ["promoted", "kept back"]
    assert tags[1]["promotion_reason"] == "because of 2"
    assert mlflow.get_run(run.info.run_id).data.tags["compared_with_version"] == "1"


def test_a_registry_that_does_not_answer_is_not_one_without_a_champion(tracking, monkeypatch):
    monkeypatch.setenv("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "0")
    mlflow.set_tracking_uri("http://127.0.0.1:9")  # the discard port: nobody listens
    with pytest.raises(mlflow.exceptions.MlflowException):
        champion_version("faces")


def test_an_evaluated_generator_says_which_version_and_run_it_is(tracking, generator):
    with mlflow.start_run() as run:
        registered = register_generator(generator, "faces", PHOTO)
    _, model = load_evaluated_generator(registered.model_uri, just_trained=True)
    assert (model.model_uri, model.version, model.run_id) == ("models:/faces/1", 1, run.info.run_id)
    assert model.sidecar.training_subjects == ("001", "002")


def test_a_network_for_photos_of_another_size_is_refused(tracking, generator):
    import keras

    small = keras.Sequential([keras.Input((128, 128, 3)), keras.layers.Conv2D(1, 1)])
    with mlflow.start_run():
        mlflow.keras.log_model(
            small,
            name="small",
            registered_model_name="small",
            pip_requirements=["keras"],
            metadata={"facedepth_sidecar": generator.sidecar.model_dump_json()},
        )
    with pytest.raises(ValueError, match=r"takes photos of shape \(128, 128, 3\); this project's are \(256, 256, 3\)"):
        load_registered_generator("models:/small/1")


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
