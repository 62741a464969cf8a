"""A generator on disk, and one in the MLflow registry."""

from pathlib import Path
from typing import Any

from kedro.io import AbstractDataset, DatasetError
from pydantic import TypeAdapter

from facedepth_pipeline.generator.network_files import load_generator_file
from facedepth_pipeline.generator.prediction import DepthGenerator
from facedepth_pipeline.storage.whole_files import replace_file
from facedepth_pipeline.tracking.resolve import GeneratorVersion, find_version

# Keras is imported when a model is loaded or saved: the catalog makes every dataset of the project at
# the start of each run, and `kedro run --pipelines=ingest` shall not pay for TensorFlow.


class GeneratorDataset(AbstractDataset[DepthGenerator, DepthGenerator]):
    """``<name>.keras`` with its sidecar ``<name>.json`` beside it.

    Args:
        filepath: The ``.keras`` file.
        metadata: For Kedro-Viz; not used here.
    """

    def __init__(self, *, filepath: str, metadata: dict[str, Any] | None = None) -> None:
        self._filepath = Path(filepath)
        self._sidecar_path = self._filepath.with_suffix(".json")
        self.metadata = metadata

    def load(self) -> DepthGenerator:
        """Load in safe mode: the network is made of stock layers."""
        if not self._exists():
            raise DatasetError(f"No generator at {self._filepath}. Make one with: kedro run --pipelines=train")
        return load_generator_file(self._filepath)

    def save(self, data: DepthGenerator) -> None:
        """Write weights, then sidecar, each whole or not at all."""
        with replace_file(self._filepath) as partial:
            data.network.save(partial)
        with replace_file(self._sidecar_path) as partial:
            partial.write_text(data.sidecar.model_dump_json(indent=2), encoding="utf-8")

    def _exists(self) -> bool:
        return self._filepath.is_file() and self._sidecar_path.is_file()

    def _describe(self) -> dict[str, Any]:
        return {"filepath": str(self._filepath)}


class GeneratorVersionDataset(AbstractDataset[None, Any]):
    """A version of a generator that ``reconstruct`` uses; read only.

    Args:
        model_uri: Word, address or path, as :mod:`facedepth_pipeline.tracking.resolve` lists them.
        metadata: Metadata for Kedro-Viz; not used here.
    """

    def __init__(self, *, model_uri: str, metadata: dict[str, Any] | None = None) -> None:
        self._model_uri = model_uri
        self.metadata = metadata

    def load(self) -> GeneratorVersion:
        """Find out which version it is; nothing is fetched yet."""
        return find_version(self._model_uri)

    def save(self, data: None) -> None:
        """Refused: register a generator with the ``train`` pipeline."""
        raise DatasetError(f"{self._model_uri} is read only here; kedro run --pipelines=train registers versions.")

    def _describe(self) -> dict[str, Any]:
        return {"model_uri": self._model_uri}


class EvaluatedGeneratorDataset(AbstractDataset[None, tuple[DepthGenerator, Any]]):
    """The generator that ``evaluate`` measures; read only.

    Args:
        filepath: ``registered_generator.json``, which names the version that ``train`` registered last.
        model_uri: Another one, for instance ``models:/facedepth-generator/3``; empty = the one in the file.
        metadata: For Kedro-Viz; not used here.
    """

    def __init__(self, *, filepath: str, model_uri: str = "", metadata: dict[str, Any] | None = None) -> None:
        self._filepath = Path(filepath)
        self._model_uri = model_uri
        self.metadata = metadata

    def load(self) -> tuple[DepthGenerator, Any]:
        """Load the generator; the second item is the ``EvaluatedModel`` that says which it is."""
        from facedepth_pipeline.tracking.registry import RegisteredGenerator, load_evaluated_generator

        if self._model_uri:
            return load_evaluated_generator(self._model_uri, just_trained=False)
        if not self._filepath.is_file():
            raise DatasetError(
                f"No generator to evaluate: {self._filepath} is not there. Train one with `kedro run "
                "--pipelines=train`, or name a registered one with --params=evaluated_model_uri=models:/..."
            )
        registered = TypeAdapter(RegisteredGenerator).validate_json(self._filepath.read_bytes())
        return load_evaluated_generator(registered.model_uri, just_trained=True)

    def save(self, data: None) -> None:
        """Refused: register a generator with the ``train`` pipeline."""
        raise DatasetError("An evaluated generator is read only; kedro run --pipelines=train registers versions.")

    def _exists(self) -> bool:
        return bool(self._model_uri) or self._filepath.is_file()

    def _describe(self) -> dict[str, Any]:
        return {"filepath": str(self._filepath), "model_uri": self._model_uri}
