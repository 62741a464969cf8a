import logging
import os
import signal
import subprocess
import sys
import time

import pytest

from facedepth_pipeline.jobs import lock as job_lock
from facedepth_pipeline.jobs.lock import WHOLE, Locked, only_job, shard_lock
from facedepth_pipeline.jobs.record import JobFailed

HOLDER = """
import sys, time
from facedepth_pipeline.jobs.lock import only_job
from facedepth_pipeline.storage.storage import open_storage
with only_job(open_storage(sys.argv[1]), "locks", sys.argv[2], {"job_id": "held", "run_id": "run 1"}, 0):
    print("held", flush=True)
    time.sleep(600)
"""


@pytest.fixture
def hold(storage):
    """Start another process that has a lock."""
    processes = []

    def start(name: str) -> subprocess.Popen:
        process = subprocess.Popen([sys.executable, "-c", HOLDER, storage.url, name], stdout=subprocess.PIPE, text=True)
        processes.append(process)
        assert process.stdout.readline() == "held\n"
        return process

    yield start
    for process in processes:
        process.kill()
        process.wait()
        process.stdout.close()


def lock(storage, name=WHOLE, wait_s=0.0, job_id="mine"):
    return only_job(storage, "locks", name, {"job_id": job_id}, wait_s)


def test_a_second_job_leaves_and_says_who_is_there(storage, hold):
    hold(WHOLE)
    with pytest.raises(Locked, match=r"for \d+ s \(.+ on .+, process \d+, job held\).*wait_for_lock_s"), lock(storage):
        pass


def test_a_second_job_waits_if_asked(storage, hold, monkeypatch, caplog):
    monkeypatch.setattr(job_lock, "POLL_S", 0.05)
    process = hold(WHOLE)
    begun = time.monotonic()
    with pytest.raises(Locked), lock(storage, wait_s=0.3):
        pass
    assert time.monotonic() - begun >= 0.3
    process.kill()
    process.wait()
    with lock(storage, wait_s=30):
        pass
    assert "Waiting for its end" in caplog.text


def test_the_lock_of_a_killed_job_is_taken_over_and_says_whose_it_was(storage, hold, caplog):
    process = hold(WHOLE)
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    with caplog.at_level(logging.WARNING), lock(storage) as killed:
        assert killed["job_id"] == "held"
        assert killed["run_id"] == "run 1"
    assert "Job held was killed here" in caplog.text
    with lock(storage) as killed:
        assert not killed


def test_shards_of_one_division_work_side_by_side_and_no_others(storage, hold):
    hold(shard_lock(0, 3))
    with lock(storage, shard_lock(1, 3)):
        pass
    for name in (shard_lock(0, 3), shard_lock(1, 2), WHOLE):
        with pytest.raises(Locked, match="job held"), lock(storage, name):
            pass
    assert shard_lock(0, 1) == WHOLE


def test_a_lease_of_another_machine_is_stale_when_it_is_silent(bucket, monkeypatch):
    from facedepth_pipeline.storage.storage import open_storage

    storage = open_storage(bucket)
    monkeypatch.setattr(job_lock, "BEAT_S", 0.1)
    monkeypatch.setattr(job_lock, "STALE_S", 1.0)
    monkeypatch.setattr("socket.gethostname", lambda: "another")
    with lock(storage, job_id="far"):
        monkeypatch.setattr("socket.gethostname", lambda: "here")
        time.sleep(1.5)  # it says that it is alive
        with pytest.raises(Locked, match="on another"), lock(storage):
            pass
        lease = storage.read("locks/all")
    storage.write("locks/all", lease)  # as a machine that was switched off leaves it
    time.sleep(1.2)
    with lock(storage) as killed:
        assert killed["job_id"] == "far"
    assert storage.matching("locks/*") == []


def test_a_lease_that_was_taken_over_is_not_deleted_by_its_old_owner(bucket):
    from facedepth_pipeline.storage.storage import open_storage

    storage = open_storage(bucket)
    with lock(storage):
        storage.write("locks/all", b'{"job_id": "another"}')
    assert storage.matching("locks/*") == ["locks/all"]


def test_a_target_that_may_not_be_written_is_an_error_before_any_work(tmp_path):
    from facedepth_pipeline.storage.storage import open_storage

    (tmp_path / "file").write_text("in the way")
    with (
        pytest.raises(JobFailed, match=r"cannot be written to .*file.*Nothing was done"),
        lock(open_storage(str(tmp_path / "file"))),
    ):
        pass
