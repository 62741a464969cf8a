import json
from datetime import UTC, datetime

import pandas as pd
import pytest

from facedepth_pipeline.jobs import ledger as module
from facedepth_pipeline.jobs.ledger import MANIFEST, PARTS, ManifestLedger, PartWriter
from facedepth_pipeline.jobs.record import JobRecord
from facedepth_pipeline.jobs.store import ReconstructionStore
from facedepth_pipeline.reconstruction.record import face_rows


def record(number: int, key: str = "k") -> dict:
    faces = [{"face": 1, "status": "done", "vertices": 10, "triangles": 7, "width_mm": 150.5, "folder": ""}]
    return {
        "photo_id": f"photo{number}", "result_key": key, "file_name": f"{number}.jpg", "photo_sha256": "0" * 64,
        "model_uri": "starter/1", "run_id": None, "job_id": "job",
        "finished_at": f"2026-11-23T00:00:00.{number:03d}+00:00",
        "size_bytes": 10 * number, "modified": "1", "faces": faces,
    }  # fmt: skip


@pytest.fixture
def results(storage) -> ReconstructionStore:
    """Five results, one of them of other parameters."""
    for number in range(5):
        about = record(number, "old" if number == 4 else "k")
        storage.write(f"meshes/{about['photo_id']}/{about['result_key']}/result.json", json.dumps(about).encode())
    storage.write("meshes/_jobs/job/x/result.json", b"not a result")
    return ReconstructionStore(f"{storage.url}/meshes")


@pytest.fixture
def ledger(storage) -> ManifestLedger:
    return ManifestLedger(storage.url)


def rows(*numbers: int) -> list[dict]:
    return [row for number in numbers for row in face_rows(record(number))]


def test_parts_are_seen_at_once_and_go_into_the_manifest(ledger, results, storage):
    ledger.compact(results, "job 1")
    ledger.write_part("job 2", 0, rows(7, 8))
    ledger.write_part("job 2", 1, rows(9))
    seen = ledger.read(results)
    assert len(seen) == 8
    assert len(storage.matching(f"{PARTS}/*.parquet")) == 2
    compacted = ledger.compact(results, "job 2")
    pd.testing.assert_frame_equal(compacted, seen)
    assert storage.matching(f"{PARTS}/*.parquet") == []
    pd.testing.assert_frame_equal(ledger.read(results), seen)


def test_a_compaction_that_was_killed_before_it_deleted_parts_counts_nothing_twice(ledger, results, storage):
    ledger.write_part("job", 0, rows(7))
    (part,) = storage.matching(f"{PARTS}/*.parquet")
    content = storage.read(part)
    first = ledger.compact(results, "job")
    storage.write(part, content)
    pd.testing.assert_frame_equal(ledger.compact(results, "job"), first)


def test_a_manifest_that_is_gone_or_damaged_is_made_anew_from_the_results(ledger, results, storage, caplog):
    assert sorted(ledger.compact(results, "job")["photo_id"]) == [f"photo{number}" for number in range(5)]
    before = ledger.read(results)
    storage.delete(MANIFEST)
    pd.testing.assert_frame_equal(ledger.compact(results, "job"), before)
    storage.write(MANIFEST, storage.read(MANIFEST)[:-50])
    pd.testing.assert_frame_equal(ledger.read(results), before)
    assert "damaged" in caplog.text
    assert storage.matching("*damaged*") == ["reconstruction_manifest.damaged.parquet"]


def test_rows_keep_their_types_and_paths(ledger, results):
    table = ledger.compact(results, "job").set_index("file_name")
    assert table.loc["4.jpg", "folder"] == "photo4/old"
    assert table.loc["3.jpg", "size_bytes"] == 30
    assert table.loc["3.jpg", "extent_x_mm"] == 150.5
    assert pd.isna(table.loc["3.jpg", "uncertainty_mm"])


def test_a_job_writes_a_part_after_so_many_rows_or_seconds(ledger, results, storage, monkeypatch):
    writer = PartWriter(ledger, "job")
    monkeypatch.setattr(module, "PART_ROWS", 3)
    writer.add(rows(1, 2))
    assert storage.matching(f"{PARTS}/*.parquet") == []
    writer.add(rows(3))
    assert len(storage.matching(f"{PARTS}/*.parquet")) == 1
    monkeypatch.setattr(module, "PART_S", 0)
    writer.add(rows(4))
    writer.flush()
    assert len(storage.matching(f"{PARTS}/*.parquet")) == 2


def test_a_shared_run_is_that_of_the_first_job(results):
    forgotten = []
    assert results.shared_run("nightly", lambda: "first", forgotten.append) == "first"
    assert results.shared_run("nightly", lambda: "second", forgotten.append) == "first"
    assert forgotten == []  # the second one was not even made

    def made_meanwhile() -> str:
        results.shared_run("race", lambda: "theirs", forgotten.append)
        return "mine"

    assert results.shared_run("race", made_meanwhile, forgotten.append) == "theirs"
    assert forgotten == ["mine"]


def test_a_job_is_kept_until_mlflow_knows_it(results):
    now = datetime(2026, 11, 23, tzinfo=UTC)
    about = {"shard": 0, "num_shards": 1, "model_uri": "starter/1", "result_key": "k", "parameters": {}}
    job = JobRecord.begin(now, "a", run_id=None, photos_root="p", meshes_root="m", **about)
    results.write_job(job)
    assert results.untracked_jobs() == [job]
    results.job_is_tracked(job)
    assert results.untracked_jobs() == []
