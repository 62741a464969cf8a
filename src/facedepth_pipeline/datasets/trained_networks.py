"""Networks that were trained once and are kept for the next time, as a Kedro dataset."""

from facedepth_pipeline.datasets.working_folder import WorkingFolderDataset
from facedepth_pipeline.generator.network_files import NetworkFolder


class TrainedNetworksDataset(WorkingFolderDataset[NetworkFolder]):
    """A folder of trained networks, each under a name that belongs to its data and parameters."""

    folder_type = NetworkFolder
