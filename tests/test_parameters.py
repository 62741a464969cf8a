"""Every environment's configuration is valid, and mistakes are named before anything runs."""

from pathlib import Path

import pytest
from click import ClickException
from kedro.config import OmegaConfigLoader
from kedro.framework.project import pipelines
from kedro.framework.session import KedroSession
from kedro.framework.startup import bootstrap_project
from kedro.validation.exceptions import ParameterValidationError
from pydantic import ValidationError

from evaluation_parameters import evaluate_parameters
from facedepth_pipeline.parameters import PARAMETER_GROUPS, SplitParameters, SynthesisParameters, TrainParameters
from facedepth_pipeline.settings import CONFIG_LOADER_ARGS

PROJECT = Path(__file__).parents[1]


def context_with(env="base", **runtime_params):
    bootstrap_project(PROJECT)
    with KedroSession.create(PROJECT, env=env, runtime_params=runtime_params) as session:
        return session.load_context()


@pytest.fixture(autouse=True)
def no_tracking_server(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)  # the local MLflow database is relative to the working directory


PROD = {
    "FACEDEPTH_DATA_ROOT": "data",
    "FACEDEPTH_PHOTOS_ROOT": "photos",
    "FACEDEPTH_MESHES_ROOT": "meshes",
    "MLFLOW_TRACKING_URI": "sqlite:///mlflow.db",
}


@pytest.mark.parametrize("env", ["base", "demo", "starter", "test", "prod"])
def test_every_environment_is_valid(env, monkeypatch):
    for name, value in PROD.items() if env == "prod" else ():
        monkeypatch.setenv(name, value)
    context = context_with(env)
    for group, model in PARAMETER_GROUPS.items():
        model.model_validate(context.params[group])


def test_meshes_follow_the_data_and_the_model_follows_its_name_unless_given():
    def places(**given: str) -> tuple[str, str]:
        loader = OmegaConfigLoader(str(PROJECT / "conf"), env="demo", runtime_params=given, **CONFIG_LOADER_ARGS)
        catalog = loader["catalog"]
        return catalog["reconstructions"]["filepath"], catalog["generator_version"]["model_uri"]

    default = ("data/demo/07_model_output/reconstructions", "models:/facedepth-generator-demo@champion")
    assert places() == default
    assert places(data_root="/srv") == ("/srv/07_model_output/reconstructions", default[1])
    assert places(model_name="faces") == (default[0], "models:/faces@champion")
    assert places(data_root="/srv", meshes_root="/m", model_uri="starter") == ("/m", "starter")


def test_the_recipe_of_the_paper_is_its_to_the_letter():
    params = context_with(train={"recipe": "paper"}).params
    train = TrainParameters.model_validate(params["train"]).chosen
    assert (train.width, train.batch_size, train.epochs, train.lambda_distance) == (64, 1, 90, 100)
    assert (train.learning_rate, train.beta_1, train.distance, train.learning_rate_decay) == (2e-4, 0.5, "l1", "none")
    assert (train.adversary, train.augmentation, train.background_weight, train.light_augmentation) == (
        "bce", "jitter", 1, 0,
    )  # fmt: skip
    assert (train.normalization, train.decoder, train.residual, train.ema_momentum, train.keep) == (
        "instance", "transposed", False, 0, "last",
    )  # fmt: skip
    assert SplitParameters.model_validate(params["split"]).test_subjects == 10


def test_heads_are_given_as_a_mapping_or_in_one_word_each():
    usual = dict(context_with().params["synthesize"])
    assert SynthesisParameters.model_validate(usual).heads == {"makehuman": 1}
    for given in ("makehuman ict:2.5", {"makehuman": 1, "ict": 2.5}):
        assert SynthesisParameters.model_validate(usual | {"heads": given}).heads == {"makehuman": 1, "ict": 2.5}


MISTAKES = [
    (
        {"synthesize": {"heads": "makehuman itc"}},
        r"synthesize.*heads.*unknown head 'itc': did you mean 'ict'\? allowed are gnm, ict, makehuman",
    ),
    ({"synthesize": {"heads": "ict:0"}}, r"synthesize.*heads.*ict.*greater than 0"),
    ({"synthesize": {"heads": ""}}, r"synthesize.*heads.*at least 1 item"),
    ({"texas_rot": "/data"}, r"unknown key 'texas_rot': did you mean 'texas_root'\? allowed are .*data_root"),
    (
        {"train": {"recipes": {"metric": {"epohcs": 3}}}},
        r"train.*recipes.*metric.*unknown key 'epohcs': did you mean 'epochs'\? allowed are .*width",
    ),
    (
        {"train": {"recipe": "papre"}},
        r"train.*unknown recipe 'papre': did you mean 'paper'\? allowed are metric, paper",
    ),
    ({"train": {"recipes": {"metric": {"epochs": 0}}}}, r"train.*epochs.*greater than or equal to 1.*input_value=0"),
    ({"train": {"device": "tpu"}}, r"train.*device.*'auto', 'cpu' or 'gpu'.*input_value='tpu'"),
    ({"preprocess": {"fit": "squash"}}, r"preprocess.*fit.*'stretch', 'pad' or 'crop'.*input_value='squash'"),
    ({"split": {"test_subjects": []}}, r"split.*test_subjects.*at least 1 item"),
    ({"evaluate": 3}, r"evaluate.*input_value=3"),
    (
        {"train": {"recipes": {"paper": {"width": 0}}}, "evaluate": {"seed": -1}},
        r"(?=.*train.*width)(?=.*evaluate.*seed)",
    ),
]


@pytest.mark.parametrize(("runtime_params", "message"), MISTAKES)
@pytest.mark.parametrize("requested", [None, ["ingest"]], ids=["all pipelines", "ingest alone"])
def test_mistakes_are_refused_with_key_value_and_what_is_allowed(runtime_params, message, requested):
    pipelines.set_requested(requested)  # Kedro validates the groups of the requested pipelines, the hook all
    try:
        with pytest.raises((ClickException, ParameterValidationError), match="(?s)" + message):
            context_with(**runtime_params)
    finally:
        pipelines.set_requested(None)


def test_known_runtime_parameters_pass():
    context = context_with(env="demo", texas_root="/mnt/texas", train={"recipes": {"metric": {"epochs": 3}}})
    train = TrainParameters.model_validate(context.params["train"]).chosen
    assert train.epochs == 3
    assert train.width == 16  # the rest of the group stays


def test_kedro_viz_can_draw_its_bands():
    """Layers are drawn as bands only where data never flows from a later layer back to an earlier one."""
    bootstrap_project(PROJECT)
    order = ["raw", "intermediate", "primary", "model_input", "models", "model_output", "reporting"]
    catalog = OmegaConfigLoader(PROJECT / "conf", env="base", base_env="base", default_run_env="base")["catalog"]
    layers = {
        name: order.index(entry["metadata"]["kedro-viz"]["layer"])
        for name, entry in catalog.items()
        if not name.startswith("_")
    }
    for node in pipelines["demo"].nodes:
        for source in layers.keys() & set(node.inputs):
            for target in layers.keys() & set(node.outputs):
                assert layers[source] <= layers[target], f"{node.name}: {source} to {target}"


def test_baselines_can_be_listed_on_the_command_line_where_a_comma_ends_a_parameter():
    assert evaluate_parameters(baselines="mean_face unet_l1").baselines == ["mean_face", "unet_l1"]
    with pytest.raises(ValidationError, match="baselines"):
        evaluate_parameters(baselines="mean_faec")
