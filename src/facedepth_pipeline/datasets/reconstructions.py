"""Results of photos, as a Kedro dataset."""

from facedepth_pipeline.datasets.read_only import ReadOnlyDataset
from facedepth_pipeline.jobs.store import ReconstructionStore


class ReconstructionsDataset(ReadOnlyDataset[ReconstructionStore]):
    """The folder of results (``meshes_root``), or ``s3://bucket/prefix``; it may not be there yet."""

    written_by = "a job that runs"

    def load(self) -> ReconstructionStore:
        """Open the folder."""
        return ReconstructionStore(self._filepath)
