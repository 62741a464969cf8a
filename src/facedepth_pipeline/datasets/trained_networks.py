"""Networks that were trained once and are kept for the next time, as a Kedro dataset."""

from pathlib import Path

from facedepth_pipeline.datasets.read_only import ReadOnlyDataset
from facedepth_pipeline.generator.network_files import NetworkFolder


class TrainedNetworksDataset(ReadOnlyDataset[NetworkFolder]):
    """A folder of trained networks, each under a name that belongs to its data and parameters."""

    written_by = "whoever trains a network"

    def load(self) -> NetworkFolder:
        """Open the folder; nothing is read before a node asks."""
        return NetworkFolder(Path(self._filepath))
