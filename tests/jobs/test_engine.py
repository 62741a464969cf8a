import logging

import pytest

from facedepth_pipeline.jobs.cluster import cluster
from facedepth_pipeline.jobs.engine import Engine
from facedepth_pipeline.jobs.plan import chunks
from facedepth_pipeline.jobs.work import CannotGoOn
from facedepth_pipeline.parameters import DaskParameters
from facedepth_pipeline.storage.storage import StoredFile
from jobs.odd_work import OddWork

TWO = DaskParameters(workers=2, memory_gb=1.0, dashboard=None)


@pytest.fixture(scope="module")
def client():
    with cluster(TWO, at_most=2) as client:
        yield client


def photos(*names: str) -> list[StoredFile]:
    return [StoredFile(name, 1, "0") for name in names]


def run(client, work, names, chunk_size=4, attempts=3):
    engine = Engine(client, work, attempts, work.photo_timeout_s, wait_for_workers_s=30)
    outcomes = list(engine.run(chunks(photos(*names), chunk_size, workers=1)))
    assert sorted(outcome.photo.name for outcome in outcomes) == sorted(names)  # one outcome a photo
    return {outcome.photo.name: outcome for outcome in outcomes}, engine


def test_photos_that_kill_hang_raise_or_fail_are_set_aside_and_the_others_are_done(client, tmp_path):
    good = [f"good_{number}" for number in range(20)]
    bad = ["kills_1", "hangs_1", "raises_1", "fails_1"]
    work = OddWork(tmp_path, photo_timeout_s=2.0)
    mixed = [name for four in zip(good[::5], good[1::5], good[2::5], good[3::5], good[4::5], bad) for name in four]
    outcomes, engine = run(client, work, mixed)
    assert all(outcomes[name].record for name in good)
    assert {name: outcomes[name].reason_code for name in bad} == {
        "kills_1": "crashed", "hangs_1": "timed_out", "raises_1": "failed", "fails_1": "failed",
    }  # fmt: skip
    assert "longer than 2 s" in outcomes["hangs_1"].problem
    assert "RuntimeError: It is very odd." in outcomes["raises_1"].problem
    assert all(len(work.attempts(name)) == 3 for name in bad)
    assert engine.retries >= 8


def test_a_photo_that_failed_is_tried_again_on_another_worker(client, tmp_path):
    client.wait_for_workers(2, timeout=30)  # those that a test before has ended come back
    work = OddWork(tmp_path)
    outcomes, engine = run(client, work, ["fails-once_1"])
    assert outcomes["fails-once_1"].record
    first, second = work.attempts("fails-once_1")
    assert first != second
    assert engine.retries == 1


def test_with_one_attempt_a_photo_that_ends_its_process_does_not_take_others_with_it(client, tmp_path):
    outcomes, _ = run(client, OddWork(tmp_path), ["good_1", "kills_1", "good_2"], attempts=1)
    assert outcomes["good_1"].record
    assert outcomes["good_2"].record
    assert outcomes["kills_1"].reason_code == "crashed"


def test_what_other_photos_would_meet_too_ends_the_job(client, tmp_path):
    with pytest.raises(CannotGoOn, match=r"The disk is full\."):
        run(client, OddWork(tmp_path), ["good_1", "ends-everything_1", *(f"good_{n}" for n in range(40))], chunk_size=1)
    assert len(list(tmp_path.iterdir())) < 40


def test_a_job_in_which_nothing_succeeds_is_given_up(client, tmp_path):
    with pytest.raises(CannotGoOn, match=r"attempts have failed and no photo is done.*It is odd"):
        run(client, OddWork(tmp_path), [f"fails_{number}" for number in range(50)])


def test_a_cluster_without_workers_is_given_up(tmp_path):
    from distributed import Client, LocalCluster

    logging.getLogger("distributed").setLevel(logging.CRITICAL)
    with LocalCluster(n_workers=0, dashboard_address="127.0.0.1:0") as nobody, Client(nobody) as client:
        engine = Engine(client, OddWork(tmp_path), 3, 60.0, wait_for_workers_s=1.0)
        with pytest.raises(CannotGoOn, match="no worker for 1 s"):
            list(engine.run([tuple(photos("good_1"))]))


def test_no_scheduler_at_an_address_is_an_error_that_says_what_to_do(monkeypatch):
    monkeypatch.setattr("facedepth_pipeline.jobs.cluster.CONNECT_S", 1)
    with (
        pytest.raises(CannotGoOn, match=r"No Dask scheduler answers at tcp://127\.0\.0\.1:9"),
        cluster(DaskParameters(scheduler="tcp://127.0.0.1:9"), at_most=1),
    ):
        pass
