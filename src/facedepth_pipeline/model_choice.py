"""Which generator a person means who says a word, an address or a file; for the command line and the window."""

import hashlib
import os
from pathlib import Path

from facedepth_pipeline.generator.prediction import DepthGenerator
from facedepth_pipeline.generator.starter import STARTER_URI, load_starter

MODEL_NAME = "facedepth-generator"
LOCAL_STORE = Path("mlflow.db")


def find_generator(model: str | None) -> tuple[DepthGenerator, str]:
    """Load a generator.

    Args:
        model: ``starter``, ``champion``, a ``models:/`` address or the path of a ``.keras`` file with its ``.json``
            beside it; None for the champion where there is one, else the starter.

    Returns:
        The generator, and the address of exactly this version.

    Raises:
        ValueError: If there is none by that name, or it cannot be used, or the registry does not answer.
        OSError: If its file cannot be read.
    """
    store = tracking_uri()
    if model is None:
        model = (champion_uri(store) if store else None) or STARTER_URI
    elif model == "champion":
        model = f"models:/{MODEL_NAME}@champion"
    if model == STARTER_URI:
        return load_starter()
    if model.endswith(".keras"):
        return _model_file(Path(model))
    if ":/" not in model:
        raise ValueError(
            f"There is no model {model!r}: expected starter, champion, a models:/ address or a .keras file."
        )
    from facedepth_pipeline.tracking.registry import load_registered_generator

    _connect(store)
    return load_registered_generator(model)


def tracking_uri() -> str | None:
    """The MLflow store to ask, None where there is none: asking would create one."""
    return os.environ.get("MLFLOW_TRACKING_URI") or (f"sqlite:///{LOCAL_STORE}" if LOCAL_STORE.is_file() else None)


def champion_uri(store: str) -> str | None:
    """Address of the champion in a store; None if it has none.

    Raises:
        ValueError: If the store does not answer.
    """
    from mlflow.exceptions import MlflowException

    from facedepth_pipeline.tracking.champion import champion_version

    _connect(store)
    try:
        version = champion_version(MODEL_NAME)
    except MlflowException as error:
        raise ValueError(
            f"The MLflow store {store} does not answer: {error.message} Use the starter (--model=starter)."
        ) from error
    return None if version is None else f"models:/{MODEL_NAME}/{version}"


def _model_file(path: Path) -> tuple[DepthGenerator, str]:
    from facedepth_pipeline.generator.network_files import load_generator_file

    for needed, what in ((path, "the model"), (path.with_suffix(".json"), "what the model says about itself")):
        if not needed.is_file():
            raise ValueError(
                f"There is no {needed}: expected {what}. Both files are made by kedro run --pipelines=train."
            )
    digest = hashlib.sha256(path.read_bytes()).hexdigest()[:12]
    return load_generator_file(path), f"{path.name}/{digest}"


def _connect(store: str | None) -> None:
    import mlflow

    if store is None:
        raise ValueError(
            "There is no MLflow registry: MLFLOW_TRACKING_URI is not set, and the folder has no mlflow.db. Use the "
            "starter (--model=starter), or go to the folder of the Kedro project."
        )
    mlflow.set_tracking_uri(store)
