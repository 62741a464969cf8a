"""Which generator an address stands for; asking loads neither Keras nor TensorFlow."""

import json
import tempfile
from dataclasses import dataclass
from pathlib import Path

import mlflow
from mlflow.exceptions import MlflowException

from facedepth_pipeline.generator.packing import PackedGenerator
from facedepth_pipeline.generator.sidecar import GeneratorSidecar
from facedepth_pipeline.generator.starter import STARTER_URI, starter_uri

SIDECAR_KEY = "facedepth_sidecar"  # of a model's metadata
KERAS_FILE = "data/model.keras"  # where mlflow.keras puts the network


@dataclass(frozen=True)
class GeneratorVersion:
    """A version of a generator that has not been fetched yet.

    Attributes:
        model_uri: Address of exactly this version.
    """

    model_uri: str

    def pack(self) -> PackedGenerator:
        """Fetch it.

        Raises:
            ValueError: If there is no such model, or it was not registered by this project.
        """
        if self.model_uri.startswith(STARTER_URI):
            return PackedGenerator(self.model_uri)
        try:
            metadata = mlflow.models.get_model_info(self.model_uri).metadata or {}
            if SIDECAR_KEY not in metadata:
                raise ValueError(
                    f"The model at {self.model_uri!r} has no {SIDECAR_KEY!r} in its metadata, so its scale and frame "
                    "are not known. Expected a model registered by `kedro run --pipelines=train`."
                )
            with tempfile.TemporaryDirectory() as folder:
                fetched = mlflow.artifacts.download_artifacts(self.model_uri, dst_path=folder)
                network = (Path(fetched) / KERAS_FILE).read_bytes()
        except (MlflowException, OSError) as error:
            raise _no_generator(self.model_uri, error) from error
        sidecar = GeneratorSidecar.model_validate(json.loads(metadata[SIDECAR_KEY]))
        return PackedGenerator(self.model_uri, network, sidecar)


def find_version(model_uri: str) -> GeneratorVersion:
    """The exact version that an address stands for now: an alias may be moved while a batch runs.

    Args:
        model_uri: ``models:/<name>@<alias>`` or ``models:/<name>/<version>``, any other address that MLflow knows, or
            ``starter``.

    Raises:
        ValueError: If there is no such alias.
    """
    if model_uri == STARTER_URI:
        return GeneratorVersion(starter_uri())
    name, at, alias = model_uri.removeprefix("models:/").rpartition("@")
    if not at:
        return GeneratorVersion(model_uri)
    try:
        number = mlflow.MlflowClient().get_model_version_by_alias(name, alias).version
    except MlflowException as error:
        raise _no_generator(model_uri, error) from error
    return GeneratorVersion(f"models:/{name}/{number}")


def _no_generator(model_uri: str, error: Exception) -> ValueError:
    reason = str(getattr(error, "message", error)).rstrip(". ")
    return ValueError(
        f"No generator at {model_uri!r} in the MLflow registry {mlflow.get_registry_uri()}: {reason}. Train one with "
        "`kedro run --pipelines=train,evaluate`, or name another model: `starter` ships with the package."
    )
