"""Which generator a word, an address or a file stands for.

There is one dialect, for ``--model`` of the command line, ``model_uri`` of the pipeline, the window and Python callers:

* ``starter``: the generator that ships with the package;
* ``champion``: the champion of the registered model ``facedepth-generator``;
* ``models:/<name>@<alias>``, ``models:/<name>/<version>``, or any other address that MLflow knows;
* the path of a ``.keras`` file with its ``.json`` beside it.

MLflow is imported for its addresses alone, and nothing here loads Keras.
"""

import hashlib
import os
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from facedepth_pipeline.generator.packing import PackedGenerator
from facedepth_pipeline.generator.prediction import DepthGenerator
from facedepth_pipeline.generator.sidecar import GeneratorSidecar
from facedepth_pipeline.generator.starter import STARTER_URI, starter_uri

MODEL_NAME = "facedepth-generator"
CHAMPION = "champion"
KERAS_SUFFIX = ".keras"
LOCAL_STORE = Path("mlflow.db")


@dataclass(frozen=True)
class GeneratorVersion:
    """A version of a generator that has not been fetched yet.

    Attributes:
        model_uri: Address of exactly this version.
        pack: Function that fetches it; raises ValueError if it is not there, or was not made by this project.
    """

    model_uri: str
    pack: Callable[[], PackedGenerator] = field(repr=False)

    def load(self) -> DepthGenerator:
        """Fetch it and load its network; errors as of ``pack`` and :meth:`PackedGenerator.load`."""
        return self.pack().load()


def find_version(model: str) -> GeneratorVersion:
    """The exact version that a model stands for now: an alias may be moved while a batch runs.

    Args:
        model: Word, address or path, see the head of this module. MLflow is asked where its tracking URI points.

    Raises:
        ValueError: If there is no such model, or the registry does not answer.
        OSError: If a file cannot be read.
    """
    if model == STARTER_URI:
        return GeneratorVersion(exact := starter_uri(), partial(PackedGenerator, exact))
    if model.endswith(KERAS_SUFFIX):
        return _file_version(Path(model))
    if model == CHAMPION:
        model = f"models:/{MODEL_NAME}@{CHAMPION}"
    if ":/" not in model:
        raise ValueError(
            f"There is no model {model!r}: expected starter, champion, a models:/ address or a .keras file."
        )
    from facedepth_pipeline.tracking.versions import exact_address, fetch_registered

    exact = exact_address(model)
    return GeneratorVersion(exact, partial(fetch_registered, exact))


def find_best_version(model: str | None) -> GeneratorVersion:
    """The same outside of a Kedro run, where nobody has told MLflow which store to ask.

    Args:
        model: Address as :func:`find_version` takes it; None for the champion where there is one, else the starter.

    Raises:
        ValueError: As of :func:`find_version`, and if an MLflow address is given and there is no store.
        OSError: If a file cannot be read.
    """
    store = tracking_store()
    if model is None:
        model = (champion_uri(store) if store else None) or STARTER_URI
    if ":/" in model or model == CHAMPION:
        _connect(store)
    return find_version(model)


def tracking_store() -> str | None:
    """The MLflow store to ask; None where there is none, since asking would create one."""
    return os.environ.get("MLFLOW_TRACKING_URI") or (f"sqlite:///{LOCAL_STORE}" if LOCAL_STORE.is_file() else None)


def champion_uri(store: str) -> str | None:
    """Address of the champion in a store; None if it has none.

    Raises:
        ValueError: If the store does not answer.
    """
    from mlflow.exceptions import MlflowException

    from facedepth_pipeline.tracking.versions import champion_version

    _connect(store)
    try:
        version = champion_version(MODEL_NAME)
    except MlflowException as error:
        raise ValueError(
            f"The MLflow store {store} does not answer: {error.message} Use the starter (--model=starter)."
        ) from error
    return None if version is None else f"models:/{MODEL_NAME}/{version}"


def _file_version(path: Path) -> GeneratorVersion:
    sidecar = path.with_suffix(".json")
    for needed, what in ((path, "the model"), (sidecar, "what the model says about itself")):
        if not needed.is_file():
            raise ValueError(
                f"There is no {needed}: expected {what}. Both files are made by kedro run --pipelines=train."
            )
    network = path.read_bytes()
    exact = f"{path.name}/{hashlib.sha256(network).hexdigest()[:12]}"
    said = GeneratorSidecar.model_validate_json(sidecar.read_bytes())
    return GeneratorVersion(exact, partial(PackedGenerator, exact, network, said))


def _connect(store: str | None) -> None:
    import mlflow

    if store is None:
        raise ValueError(
            "There is no MLflow registry: MLFLOW_TRACKING_URI is not set, and the folder has no mlflow.db. Use the "
            "starter (--model=starter), or go to the folder of the Kedro project."
        )
    mlflow.set_tracking_uri(store)
