"""Trainings that are not done yet, as a Kedro dataset."""

from pathlib import Path

from facedepth_pipeline.datasets.read_only import ReadOnlyDataset
from facedepth_pipeline.pix2pix.checkpoint_folder import Checkpoints


class CheckpointsDataset(ReadOnlyDataset[Checkpoints]):
    """A folder of trainings that are not done yet; it may not be there yet."""

    written_by = "a training that runs"

    def load(self) -> Checkpoints:
        """Open the folder; nothing is read before a node asks."""
        return Checkpoints(Path(self._filepath))
