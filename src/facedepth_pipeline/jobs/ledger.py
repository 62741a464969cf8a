"""The manifest of results: written in parts while jobs run, compacted at their end, made anew from the results."""

import io
import logging
import time
from collections.abc import Iterable
from typing import Any

import pandas as pd
import pyarrow

from facedepth_pipeline.jobs.lock import WHOLE, only_job
from facedepth_pipeline.jobs.manifest import as_table, compacted
from facedepth_pipeline.jobs.store import ReconstructionStore
from facedepth_pipeline.storage.storage import open_storage

logger = logging.getLogger(__name__)

MANIFEST = "reconstruction_manifest.parquet"
DAMAGED = "reconstruction_manifest.damaged.parquet"
PARTS = "reconstruction_manifest_parts"
LOCKS = f"{PARTS}/locks"
PART_ROWS, PART_S = 500, 60.0
WAIT_FOR_OTHERS_S = 600.0


class ManifestLedger:
    """The manifest and its parts below a folder or an ``s3://`` prefix. Any number of jobs add to it at a time."""

    def __init__(self, url: str) -> None:
        self._storage = open_storage(url)

    def read(self, results: ReconstructionStore) -> pd.DataFrame:
        """All rows; from the results themselves, where the manifest is missing or damaged."""
        return compacted([self._manifest(results), *(self._table(name) for name in self._parts())])

    def compact(self, results: ReconstructionStore, job_id: str) -> pd.DataFrame:
        """Take the parts into the manifest, which is replaced in one step; all rows."""
        with only_job(self._storage, LOCKS, WHOLE, {"job_id": job_id}, WAIT_FOR_OTHERS_S):
            parts = self._parts()
            if not parts and self._storage.matching(MANIFEST):
                return self.read(results)
            table = compacted([self._manifest(results), *(self._table(name) for name in parts)])
            content = io.BytesIO()
            table.to_parquet(content, index=False)
            self._storage.write(MANIFEST, content.getvalue())
            for name in parts:  # if this is where it ends, their rows are there twice, and are one when they are read
                self._storage.delete(name)
        return table

    def write_part(self, job_id: str, number: int, rows: Iterable[dict[str, Any]]) -> None:
        """Add rows."""
        content = io.BytesIO()
        as_table(rows).to_parquet(content, index=False)
        self._storage.write(f"{PARTS}/{job_id}-{number:06d}.parquet", content.getvalue())

    def _parts(self) -> list[str]:
        return self._storage.matching(f"{PARTS}/*.parquet")

    def _table(self, name: str) -> pd.DataFrame:
        return pd.read_parquet(io.BytesIO(self._storage.read(name)))

    def _manifest(self, results: ReconstructionStore) -> pd.DataFrame:
        try:
            content = self._storage.read(MANIFEST)
        except FileNotFoundError:
            return results.records()
        try:
            return pd.read_parquet(io.BytesIO(content))
        except pyarrow.ArrowInvalid as error:
            logger.warning("%s is damaged (%s): kept as %s and made anew from the results.", MANIFEST, error, DAMAGED)
            self._storage.write(DAMAGED, content)
            return results.records()


class PartWriter:
    """Gathers rows of a job, and writes a part now and then: what is not written yet is found among the results."""

    def __init__(self, ledger: ManifestLedger, job_id: str) -> None:
        self._ledger, self._job_id = ledger, job_id
        self._rows: list[dict[str, Any]] = []
        self._number = 0
        self._since = time.monotonic()

    def add(self, rows: Iterable[dict[str, Any]]) -> None:
        """Add rows."""
        self._rows += rows
        if len(self._rows) >= PART_ROWS or time.monotonic() - self._since > PART_S:
            self.flush()

    def flush(self) -> None:
        """Write what has been gathered."""
        if self._rows:
            self._ledger.write_part(self._job_id, self._number, self._rows)
            self._number += 1
        self._rows, self._since = [], time.monotonic()
