"""Networks as ``.keras`` files. One of the modules that open files."""

from pathlib import Path
from typing import Any

from facedepth_pipeline.generator.prediction import DepthGenerator
from facedepth_pipeline.generator.sidecar import GeneratorSidecar
from facedepth_pipeline.storage.whole_files import replace_file

# Keras is imported when a network is loaded: whoever only names a folder needs no TensorFlow.


def load_generator_file(path: Path) -> DepthGenerator:
    """The generator of a ``.keras`` file with its sidecar ``.json`` beside it, both of which are there."""
    from facedepth_pipeline.runtime.keras_import import keras

    sidecar = GeneratorSidecar.model_validate_json(path.with_suffix(".json").read_bytes())
    return DepthGenerator(keras.models.load_model(path, compile=False), sidecar)


class NetworkFolder:
    """``<name>.keras`` files in a folder."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def load(self, name: str) -> Any:
        """The network, loaded in safe mode; None if there is none of this name."""
        from facedepth_pipeline.runtime.keras_import import keras

        path = self._path(name)
        return keras.models.load_model(path, compile=False) if path.is_file() else None

    def save(self, name: str, network: Any) -> None:
        """Write the file, whole or not at all."""
        self._folder.mkdir(parents=True, exist_ok=True)
        with replace_file(self._path(name)) as partial:
            network.save(partial)

    def _path(self, name: str) -> Path:
        return self._folder / f"{name}.keras"
