"""``reconstruction_manifest``, as Kedro datasets."""

from collections.abc import Callable

import pandas as pd
from kedro_datasets.pandas import ParquetDataset

from facedepth_pipeline.datasets.read_only import ReadOnlyDataset
from facedepth_pipeline.jobs.ledger import ManifestLedger


class ManifestLedgerDataset(ReadOnlyDataset[ManifestLedger]):
    """The folder, or ``s3://bucket/prefix``, in which ``reconstruction_manifest.parquet`` lies with its parts."""

    written_by = "a job that runs"

    def load(self) -> ManifestLedger:
        """Open the ledger; nothing is read before a node asks."""
        return ManifestLedger(self._filepath)


class ManifestDataset(ParquetDataset):
    """The compacted manifest; see :class:`~facedepth_pipeline.jobs.ledger.ManifestLedger`."""

    def save(self, data: Callable[[], pd.DataFrame]) -> None:
        """Compact it where it lies, with a lock and in one step, which writing a table would not be.

        Args:
            data: :meth:`ManifestLedger.compact` with its arguments.
        """
        data()
