"""Generators in the MLflow model registry."""

from dataclasses import dataclass
from importlib.metadata import version

import mlflow
import numpy as np
from mlflow.models import ModelSignature
from mlflow.types import Schema, TensorSpec
from PIL import Image
from pydantic import BaseModel, ConfigDict

from facedepth_pipeline.depth import IMAGE_SIZE_PX, depth_to_png_levels
from facedepth_pipeline.generator.prediction import DepthGenerator, predict_depth_maps
from facedepth_pipeline.generator.sidecar import GeneratorSidecar
from facedepth_pipeline.runtime import keras_import  # noqa: F401  MLflow imports Keras: here it does so quietly
from facedepth_pipeline.tracking.resolve import find_version
from facedepth_pipeline.tracking.versions import SIDECAR_KEY


@dataclass(frozen=True)
class RegisteredGenerator:
    """A version in the registry.

    Attributes:
        name: Registered model name.
        version: Number of the version.
        run_id: MLflow run that made it.
    """

    name: str
    version: int
    run_id: str

    @property
    def model_uri(self) -> str:
        """Address of exactly this version."""
        return f"models:/{self.name}/{self.version}"


class EvaluatedModel(BaseModel):
    """Which version was evaluated.

    Attributes:
        model_uri: Address of exactly this version.
        version: Its number; None where it does not come from the registry by name.
        run_id: MLflow run that made it, None if MLflow does not say.
        just_trained: Whether it is the one that ``train`` made last, and not one that was named: only such a one can
            become champion.
        sidecar: What it says about itself.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    model_uri: str
    version: int | None
    run_id: str | None
    just_trained: bool
    sidecar: GeneratorSidecar


def load_evaluated_generator(model_uri: str, just_trained: bool) -> tuple[DepthGenerator, EvaluatedModel]:
    """Load a generator to be evaluated, and say which one it is; errors as in :func:`load_registered_generator`."""
    generator, exact = load_registered_generator(model_uri)
    number = exact.rpartition("/")[2]
    return generator, EvaluatedModel(
        model_uri=exact,
        version=int(number) if exact.startswith("models:/") and number.isdigit() else None,
        run_id=(mlflow.models.get_model_info(exact).run_id or None) if ":/" in exact else None,
        just_trained=just_trained,
        sidecar=generator.sidecar,
    )


def register_generator(generator: DepthGenerator, model_name: str, example_photo: np.ndarray) -> RegisteredGenerator:
    """Log the generator to the active run and register it as a new version.

    The sidecar travels inside the model's metadata, so that any client that has the model has it too.

    Args:
        generator: Network and sidecar.
        model_name: Registered model name.
        example_photo: (256, 256, 3) uint8; logged as ``example/photo.png`` with the depth predicted from it as
            ``example/depth.png`` (16 bit, 0.01 mm a level), for whoever wants to check a loaded model.
    """
    size = IMAGE_SIZE_PX
    signature = ModelSignature(
        inputs=Schema([TensorSpec(np.dtype(np.float32), (-1, size, size, 3), "photo")]),
        outputs=Schema([TensorSpec(np.dtype(np.float32), (-1, size, size, 1), "depth_normalized")]),
    )
    info = mlflow.keras.log_model(
        generator.network,
        name="generator",
        registered_model_name=model_name,
        signature=signature,
        # without this MLflow finds out by loading the model in another process, for half a minute
        pip_requirements=[f"{package}=={version(package)}" for package in ("keras", "tensorflow", "numpy")],
        metadata={SIDECAR_KEY: generator.sidecar.model_dump_json()},
    )
    # as pictures: log_model's own input_example fails in MLflow 3.17
    mlflow.log_image(Image.fromarray(example_photo), "example/photo.png")
    (depth_map,) = predict_depth_maps(generator, example_photo[None])
    mlflow.log_image(Image.fromarray(depth_to_png_levels(depth_map)), "example/depth.png")
    mlflow.log_dict(generator.sidecar.model_dump(mode="json"), "generator_sidecar.json")
    return RegisteredGenerator(model_name, int(info.registered_model_version), info.run_id)


def load_registered_generator(model_uri: str) -> tuple[DepthGenerator, str]:
    """Load a generator and its sidecar from the registry, or the one that ships with the package.

    Args:
        model_uri: Address as :func:`~facedepth_pipeline.tracking.resolve.find_version` takes it.

    Returns:
        The generator, and the address of the exact version that an alias stands for.

    Raises:
        ValueError: If there is no such model, it was not registered by this project, or it takes other photos.
    """
    version = find_version(model_uri)
    return version.load(), version.model_uri
