"""Networks that were trained once and are kept for the next time."""

from pathlib import Path
from typing import Any

from facedepth_pipeline.datasets.working_folder import WorkingFolderDataset
from facedepth_pipeline.storage.whole_files import replace_file


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


class TrainedNetworksDataset(WorkingFolderDataset[NetworkFolder]):
    """A folder of trained networks, each under a name that belongs to its data and parameters."""

    folder_type = NetworkFolder
