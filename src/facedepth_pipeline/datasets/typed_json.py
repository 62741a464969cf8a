"""Small typed values as JSON."""

import importlib
import json
from pathlib import Path
from typing import Any

from kedro.io import AbstractDataset, DatasetError
from pydantic import TypeAdapter, ValidationError

from facedepth_pipeline.storage.storage import open_storage


class TypedJSONDataset(AbstractDataset[Any, Any]):
    """A dataclass, typed dictionary or pydantic model as a JSON file, checked when it is read.

    Args:
        filepath: The file, or ``s3://bucket/name``.
        value_type: Where the type is defined, for instance ``package.module.Name``; it is imported
            when the file is read or written.
        metadata: For Kedro-Viz; not used here.
    """

    def __init__(self, *, filepath: str, value_type: str, metadata: dict[str, Any] | None = None) -> None:
        self._filepath = Path(filepath)  # as kedro-mlflow wants it
        self._url = filepath
        self._folder, _, self._name = filepath.rpartition("/")
        self._value_type = value_type
        self.metadata = metadata

    def load(self) -> Any:
        """Read and check the value."""
        try:
            return self._adapter().validate_json(self._read())
        except ValidationError as error:
            raise DatasetError(f"{self._filepath} does not hold a {self._value_type}: {error}") from error

    def save(self, data: Any) -> None:
        """Write the value, whole or not at all."""
        open_storage(self._folder).write(self._name, self._adapter().dump_json(data, indent=2))

    def preview(self) -> dict[str, Any]:
        """The value, for Kedro-Viz."""
        return dict(json.loads(self._read()))

    def _read(self) -> bytes:
        return open_storage(self._folder).read(self._name)

    def _adapter(self) -> TypeAdapter[Any]:
        module, _, name = self._value_type.rpartition(".")
        return TypeAdapter(getattr(importlib.import_module(module), name))

    def _exists(self) -> bool:
        return bool(open_storage(self._folder).matching(self._name))

    def _describe(self) -> dict[str, Any]:
        return {"filepath": self._url, "value_type": self._value_type}
