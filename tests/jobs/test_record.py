from datetime import UTC, datetime, timedelta

import pytest

from facedepth_pipeline.jobs.plan import JobPlan
from facedepth_pipeline.jobs.record import JobFailed, JobRecord
from facedepth_pipeline.jobs.work import Outcome
from facedepth_pipeline.storage.storage import StoredFile

NOW = datetime(2026, 11, 23, 2, tzinfo=UTC)


@pytest.fixture
def job() -> JobRecord:
    return JobRecord.begin(
        NOW, "abcd", run_id="r1", shard=0, num_shards=1, model_uri="models:/faces/3", result_key="k",
        parameters={"batch": {"log_faces": True}}, photos_root="photos", meshes_root="meshes",
    )  # fmt: skip


def photo(name: str) -> StoredFile:
    return StoredFile(name, 7, "1")


def made(name: str, *faces: str, found: bool = False) -> Outcome:
    rows = [
        {"status": "done"}
        if face == "done"
        else {"status": "rejected", "reason_code": face, "reason": f"It is {face}."}
        for face in faces
    ]
    return Outcome(photo(name), record={"photo_id": "f", "faces": rows}, found=found)


def test_photos_are_counted_once_and_faces_one_by_one(job):
    job.plan(JobPlan(listed=10, photos=tuple(map(photo, "abcdef")), skipped=4))
    for outcome in (
        made("a", "done"), made("b", "done", "too_small", "done"), made("c", "no_face"), made("d", "no_face"),
        made("e", "done", found=True), Outcome(photo("f"), problem="It took too long.", reason_code="timed_out"),
    ):  # fmt: skip
        job.count(outcome, NOW)
    job.finished_at = NOW + timedelta(seconds=10)
    assert (job.done, job.faces, job.found, job.skipped) == (2, 3, 1, 4)
    assert dict(job.rejected) == {"no_face": 2, "timed_out": 1}
    assert job.examples["no_face"] == ["c: It is no_face.", "d: It is no_face."]
    assert (job.handled, job.rejected_fraction, job.seconds) == (5, 0.6, 10)
    assert job.handled + job.found == job.to_do


def test_a_photo_without_a_result_has_a_record_that_says_why(job):
    record = job.count(Outcome(photo("f.jpg"), problem="It ended.", reason_code="crashed"), NOW)
    assert record["file_name"] == "f.jpg"
    assert (record["size_bytes"], record["modified"]) == (7, "1")
    assert record["faces"][0] == {"face": 1, "status": "rejected", "reason_code": "crashed", "reason": "It ended."}
    assert record["job_id"] == job.job_id == "20261123T020000-abcd"


def test_too_many_rejections_fail_with_counts_and_an_example_of_each(job):
    for outcome in (
        made("0.jpg", "no_face"),
        made("1.jpg", "cut_off"),
        made("2.jpg", "no_face"),
        made("3.jpg", "done"),
    ):
        job.count(outcome, NOW)
    job.require_success(0.75)
    with pytest.raises(JobFailed, match=r"3 of 4 photos were rejected \(no_face: 2, cut_off: 1\)") as caught:
        job.require_success(0.5)
    assert "0.jpg: It is no_face. 1.jpg: It is cut_off." in str(caught.value)
    assert "2.jpg" not in str(caught.value)


def test_a_job_without_new_photos_succeeds_and_one_that_stopped_does_not(job):
    job.require_success(0.0)
    job.plan(JobPlan(listed=3, photos=tuple(map(photo, "abc")), skipped=0))
    job.count(made("a", "done"), NOW)
    job.stopped_by = "The disk is full."
    with pytest.raises(JobFailed, match=r"The disk is full\. 1 of 3 photos are done and kept; .* the other 2\."):
        job.require_success(1.0)


def test_a_record_survives_its_file(job):
    job.count(made("c", "no_face"), NOW)
    assert JobRecord.model_validate_json(job.model_dump_json()) == job
