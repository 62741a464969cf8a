"""Versions of generators in the MLflow registry; asking loads neither Keras nor TensorFlow."""

import json
import tempfile
from pathlib import Path

import mlflow
from mlflow.exceptions import MlflowException

from facedepth_pipeline.generator.packing import PackedGenerator
from facedepth_pipeline.generator.sidecar import GeneratorSidecar
from facedepth_pipeline.tracking.resolve import CHAMPION

SIDECAR_KEY = "facedepth_sidecar"  # of a model's metadata
KERAS_FILE = "data/model.keras"  # where mlflow.keras puts the network


def champion_version(model_name: str) -> int | None:
    """The version that the alias stands for; None if there is none. A registry that does not answer is an error."""
    try:
        return int(mlflow.MlflowClient().get_model_version_by_alias(model_name, CHAMPION).version)
    except MlflowException as error:
        if error.error_code in ("RESOURCE_DOES_NOT_EXIST", "INVALID_PARAMETER_VALUE"):
            return None
        raise


def exact_address(address: str) -> str:
    """The version that an alias stands for now; other addresses are exact already.

    Raises:
        ValueError: If there is no such alias.
    """
    name, at, alias = address.removeprefix("models:/").rpartition("@")
    if not at:
        return address
    try:
        number = mlflow.MlflowClient().get_model_version_by_alias(name, alias).version
    except MlflowException as error:
        raise _no_generator(address, error) from error
    return f"models:/{name}/{number}"


def fetch_registered(address: str) -> PackedGenerator:
    """Fetch a registered generator.

    Raises:
        ValueError: If there is no such model, or it was not registered by this project.
    """
    try:
        metadata = mlflow.models.get_model_info(address).metadata or {}
        if SIDECAR_KEY not in metadata:
            raise ValueError(
                f"The model at {address!r} has no {SIDECAR_KEY!r} in its metadata, so its scale and frame are not "
                "known. Expected a model registered by `kedro run --pipelines=train`."
            )
        with tempfile.TemporaryDirectory() as folder:
            fetched = mlflow.artifacts.download_artifacts(address, dst_path=folder)
            network = (Path(fetched) / KERAS_FILE).read_bytes()
    except (MlflowException, OSError) as error:
        raise _no_generator(address, error) from error
    return PackedGenerator(address, network, GeneratorSidecar.model_validate(json.loads(metadata[SIDECAR_KEY])))


def _no_generator(model_uri: str, error: Exception) -> ValueError:
    reason = str(getattr(error, "message", error)).rstrip(". ")
    return ValueError(
        f"No generator at {model_uri!r} in the MLflow registry {mlflow.get_registry_uri()}: {reason}. Train one with "
        "`kedro run --pipelines=train,evaluate`, or name another model: `starter` ships with the package."
    )
