"""Trainings that are not done yet, as a Kedro dataset."""

from facedepth_pipeline.datasets.working_folder import WorkingFolderDataset
from facedepth_pipeline.pix2pix.checkpoint_folder import Checkpoints


class CheckpointsDataset(WorkingFolderDataset[Checkpoints]):
    """A folder of trainings that are not done yet."""

    folder_type = Checkpoints
