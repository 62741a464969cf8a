import subprocess
import sys
import time

import numpy as np
import pytest

from facedepth_pipeline.jobs import work
from facedepth_pipeline.jobs.store import ReconstructionStore
from facedepth_pipeline.jobs.work import CANNOT_GO_ON, CannotGoOn, Task, reconstruct_chunk
from facedepth_pipeline.parameters import ReconstructionParameters
from facedepth_pipeline.photo.folder import PhotoFolder
from facedepth_pipeline.reconstruction.provenance import Provenance
from facedepth_pipeline.storage.storage import StoredFile
from faces import png_bytes, portrait_of_a_sphere

PARAMETERS = ReconstructionParameters(alignment="none", formats=["glb"])


class Packed:
    """A generator that is loaded already."""

    model_uri = "faces/1"

    def __init__(self, generator) -> None:
        self.generator = generator

    def load(self):
        return self.generator


@pytest.fixture
def packed(generator, monkeypatch):
    for name in work.ONE_THREAD:  # they are set for good
        monkeypatch.setenv(name, "1")
    monkeypatch.setattr(work, "_loaded", {})
    return Packed(generator)


@pytest.fixture
def photos(tmp_path) -> PhotoFolder:
    folder = tmp_path / "photos"
    folder.mkdir()
    for number in range(3):
        (folder / f"{number}.png").write_bytes(png_bytes(portrait_of_a_sphere()) + bytes([number]))
    (folder / "3.png").write_bytes(b"no photo")
    return PhotoFolder(str(folder))


def task(photos, results, **changes) -> Task:
    return Task(photos, results, Provenance("faces/1", PARAMETERS, "run"), "job", 60.0, **changes)


def test_a_chunk_is_done_and_the_next_time_found(photos, packed, tmp_path):
    results = ReconstructionStore(str(tmp_path / "results"))
    outcomes = reconstruct_chunk(tuple(photos.files), task(photos, results), packed)
    assert [outcome.photo for outcome in outcomes] == photos.files
    assert [outcome.record["faces"][0]["status"] for outcome in outcomes] == ["done"] * 3 + ["rejected"]
    assert {outcome.record["modified"] for outcome in outcomes} == {file.modified for file in photos.files}
    copy = StoredFile("1.png", 77, "another name for it")
    (again,) = reconstruct_chunk((copy,), task(photos, results), packed)
    assert again.found
    assert (again.record["size_bytes"], again.record["modified"]) == (77, "another name for it")
    assert again.record["photo_id"] == outcomes[1].record["photo_id"]
    (redone,) = reconstruct_chunk((copy,), task(photos, results, redo="all"), packed)
    assert not redone.found


def test_a_process_loads_one_generator_and_one_face_detector(packed):
    first = work._load(packed)
    assert work._load(packed) == first  # the same two: what chunks load anew is never all given back
    packed.model_uri = "faces/2"
    assert work._load(packed) != first
    assert list(work._loaded) == ["faces/2"]


def test_a_photo_that_is_gone_or_may_not_be_read_does_not_stop_the_others(photos, packed, tmp_path):
    results = ReconstructionStore(str(tmp_path / "results"))
    chunk = (photos.files[0], StoredFile("gone.png", 1, "1"), photos.files[1])
    outcomes = reconstruct_chunk(chunk, task(photos, results), packed)
    by_name = {outcome.photo.name: outcome for outcome in outcomes}
    assert by_name["gone.png"].reason_code == "unreadable"
    assert "gone.png" in by_name["gone.png"].problem
    assert by_name["0.png"].record
    assert by_name["1.png"].record


def test_an_error_in_a_chunk_leaves_what_was_done_and_says_that_the_rest_is_not(photos, packed, tmp_path, monkeypatch):
    from facedepth_pipeline.reconstruction import reconstruct as module

    build = module.build_geometry
    calls = iter(range(9))

    def fails_at_the_second(*arguments):
        if next(calls) == 1:
            raise ZeroDivisionError("odd")
        return build(*arguments)

    monkeypatch.setattr(module, "build_geometry", fails_at_the_second)
    results = ReconstructionStore(str(tmp_path / "results"))
    outcomes = reconstruct_chunk(tuple(photos.files[:3]), task(photos, results), packed)
    assert [bool(outcome.record) for outcome in outcomes] == [True, False, False]
    assert {outcome.problem for outcome in outcomes[1:]} == {"ZeroDivisionError: odd"}
    assert {outcome.reason_code for outcome in outcomes[1:]} == {"failed"}


def test_results_that_cannot_be_written_end_the_job_and_not_the_photo(photos, packed, tmp_path):
    (tmp_path / "in_the_way").write_text("a file")
    results = ReconstructionStore(str(tmp_path / "in_the_way"))
    monkey = task(photos, results, redo="all")
    (outcome,) = reconstruct_chunk(tuple(photos.files), monkey, packed)
    assert outcome.reason_code == CANNOT_GO_ON
    assert "in_the_way" in outcome.problem


def test_a_worker_of_another_version_or_without_the_model_does_no_harm(photos, packed, tmp_path):
    results = ReconstructionStore(str(tmp_path / "results"))
    with pytest.raises(CannotGoOn, match=r"and the job 9\.9: install the same one"):
        reconstruct_chunk(tuple(photos.files), task(photos, results, version="9.9"), packed)

    def fail():
        raise ValueError("There is no such file.")

    packed.load = fail
    with pytest.raises(CannotGoOn, match=r"cannot load faces/1: There is no such file\."):
        reconstruct_chunk(tuple(photos.files), task(photos, results), packed)


@pytest.mark.parametrize(
    "hang", ["time.sleep(600)", "re.match('(a+)+b', 'a' * 40)"]
)  # the second never lets go of Python
def test_the_alarm_ends_a_process_that_hangs(hang):
    script = (
        "import re, time\nfrom facedepth_pipeline.jobs.work import Alarm\n"
        "with Alarm(600) as alarm:\n    alarm.restart()\n"
        f"with Alarm(0.5):\n    {hang}\n"
    )
    begun = time.monotonic()
    assert subprocess.run([sys.executable, "-c", script], check=False, timeout=60).returncode == 1
    assert time.monotonic() - begun < 30


def test_the_alarm_lets_those_go_who_are_in_time():
    script = (
        "import time\nfrom facedepth_pipeline.jobs.work import Alarm\n"
        "with Alarm(0.5) as alarm:\n    for _ in range(4):\n        alarm.restart()\n        time.sleep(0.25)\n"
        "time.sleep(0.7)\n"
    )
    assert subprocess.run([sys.executable, "-c", script], check=False, timeout=60).returncode == 0


def test_depth_does_not_depend_on_the_photos_beside_it(generator):
    from facedepth_pipeline.generator.prediction import predict_depth_mm

    photos = np.random.default_rng(0).integers(0, 256, (5, 256, 256, 3), np.uint8)
    together = predict_depth_mm(generator.network, photos, 5)
    alone = [predict_depth_mm(generator.network, photo[None])[0] for photo in photos]
    np.testing.assert_array_equal(together, alone)
