"""The real worker in a real process, with the generator that ships."""

import os
import pickle
import queue
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import psutil
import pytest
import trimesh
from PIL import Image

from facedepth_pipeline.depth import PixelPitch, depth_from_png_levels
from facedepth_pipeline.mesh.formats import WINDOW_FORMATS
from facedepth_pipeline.parameters import ReconstructionParameters
from facedepth_pipeline.ui.messages import (
    PD_MM,
    WARMING,
    Began,
    Cancel,
    Cancelled,
    Done,
    FacesFound,
    Failed,
    PhotoRead,
    Ready,
    Reconstruct,
    Remesh,
    Save,
    Saved,
    Settings,
    Step,
    Warm,
    WorkerEnded,
)
from facedepth_pipeline.ui.worker_link import WorkerLink

ASTRONAUT = Path(__file__).parents[2] / "data" / "01_raw" / "photos" / "astronaut.png"
STARTER = Settings(model="starter")
WAIT_S = 120  # for a machine that is busy with other things


class Window:
    """What is on the other end of the link: notes every event."""

    def __init__(self, log_path: Path) -> None:
        self.events: queue.SimpleQueue = queue.SimpleQueue()
        self.link = WorkerLink(self.events.put, str(log_path))
        self._number = 0

    def number(self) -> int:
        self._number += 1
        return self._number

    def until(self, *kinds: type) -> list:
        """Events up to the first of a kind."""
        seen = [self.events.get(timeout=WAIT_S)]
        while not isinstance(seen[-1], kinds):
            seen.append(self.events.get(timeout=WAIT_S))
        return seen

    def reconstruct(self, path: Path | str, settings: Settings = STARTER, face: int | None = None) -> list:
        self.link.ask(Reconstruct(self.number(), str(path), settings, face))
        return self.until(Done, Failed)


@pytest.fixture(scope="module")
def window(tmp_path_factory):
    window = Window(tmp_path_factory.mktemp("worker") / "window.log")
    yield window
    window.link.end()


@pytest.fixture(scope="module")
def done(window) -> Done:
    *_, done = window.reconstruct(ASTRONAUT)
    return done


def test_the_photo_is_shown_at_once_and_every_step_has_a_name(window):
    events = window.reconstruct(ASTRONAUT)
    assert [event.step for event in events if isinstance(event, Began)] == list(Step)
    kinds = [type(event) for event in events if not isinstance(event, Began | Ready)]
    assert kinds == [PhotoRead, FacesFound, Done]
    photo = next(event for event in events if isinstance(event, PhotoRead))
    np.testing.assert_array_equal(photo.picture, np.asarray(Image.open(ASTRONAUT).convert("RGB")))
    assert (photo.width_px, photo.height_px) == (512, 512)
    (outline,) = next(event for event in events if isinstance(event, FacesFound)).outlines
    np.testing.assert_allclose(outline.mean(0), (0.44, 0.24), atol=0.03)  # where her face is


def test_the_face_is_one_in_millimetres(done):
    width, height, depth = done.view.size_mm
    assert 120 < width < 200
    assert 150 < height < 250
    assert 40 < depth < 82
    assert done.view.scale.startswith("assumed")
    assert not done.view.scale_is_measured
    (outline,) = done.view.outlines
    assert outline.min() > 0
    assert outline.max() < 1


def test_a_measured_distance_of_the_eyes_scales_the_face(window, done):
    apart_mm = {}
    for eyes_mm in (55.0, 66.0):
        *_, measured = window.reconstruct(ASTRONAUT, Settings("starter", "grid", eyes_mm))
        assert measured.view.scale_is_measured
        rows, columns = np.nonzero(measured.view.valid)
        apart_mm[eyes_mm] = np.ptp(columns[rows == 128])
    assert apart_mm[66.0] / apart_mm[55.0] == pytest.approx(1.2, abs=0.08)


def test_the_window_allows_the_distances_that_the_pipeline_allows():
    for allowed in PD_MM:
        ReconstructionParameters(interpupillary_mm=allowed)
    for refused in (PD_MM[0] - 0.01, PD_MM[1] + 0.01):
        with pytest.raises(ValueError, match="interpupillary_mm"):
            ReconstructionParameters(interpupillary_mm=refused)


def test_another_mesher_takes_the_same_depth(window, done):
    window.link.ask(Remesh(window.number(), done.work, "poisson"))
    *_, smooth = window.until(Done, Failed)
    np.testing.assert_array_equal(smooth.view.depth_mm, done.view.depth_mm)
    assert smooth.view.mesher == "poisson"
    assert smooth.view.triangles != done.view.triangles


@pytest.mark.parametrize("file_format", WINDOW_FORMATS)
def test_what_is_saved_has_the_size_that_is_shown(window, done, file_format, tmp_path):
    path = tmp_path / f"face{WINDOW_FORMATS[file_format].suffix}"
    window.link.ask(Save(window.number(), done.work, str(path), file_format))
    *_, saved = window.until(Saved, Failed)
    assert saved.path == str(path)
    if file_format == "depth png":
        levels = np.asarray(Image.open(path))
        assert levels.dtype == np.uint16
        read = depth_from_png_levels(levels, PixelPitch(*done.view.pitch_mm))
        np.testing.assert_allclose(read.depth_mm, done.view.depth_mm, atol=0.0051)
        return
    unit_mm = 1000 if file_format == "glb" else 1
    np.testing.assert_allclose(trimesh.load_scene(path).extents * unit_mm, done.view.size_mm, atol=0.01)


def test_where_nothing_may_be_written_a_sentence_says_so_and_the_face_can_be_saved_elsewhere(window, done, tmp_path):
    (tmp_path / "file").write_bytes(b"")
    for bad in (tmp_path / "gone" / "face.glb", tmp_path / "file" / "face.glb"):
        window.link.ask(Save(window.number(), done.work, str(bad), "glb"))
        *_, failed = window.until(Saved, Failed)
        assert isinstance(failed, Failed)
        assert str(tmp_path) in failed.sentence
        assert "Traceback" not in failed.sentence
    window.link.ask(Save(window.number(), done.work, str(tmp_path / "face.glb"), "glb"))
    assert isinstance(window.until(Saved, Failed)[-1], Saved)


def test_of_several_faces_one_is_asked_for(window, tmp_path):
    one = Image.open(ASTRONAUT).convert("RGB")
    both = Image.new("RGB", (1024, 512))
    both.paste(one, (0, 0))
    both.paste(one.resize((400, 400)), (560, 60))
    both.save(tmp_path / "two.png")
    window.link.ask(Reconstruct(window.number(), str(tmp_path / "two.png"), STARTER))
    *_, found = window.until(FacesFound, Failed)
    assert found.one_is_needed
    left, right = (outline.mean(0)[0] for outline in found.outlines)  # the larger one first
    assert left < 0.5 < right
    for number, place in ((0, left), (1, right)):
        *_, chosen = window.reconstruct(tmp_path / "two.png", face=number)
        assert chosen.view.outlines[0].mean(0)[0] == pytest.approx(place, abs=0.05)


def _no_face(folder: Path) -> Path:
    Image.linear_gradient("L").resize((600, 400)).save(folder / "hill.png")
    return folder / "hill.png"


def _truncated(folder: Path) -> Path:
    (folder / "half.png").write_bytes(ASTRONAUT.read_bytes()[:20_000])
    return folder / "half.png"


def _text(folder: Path) -> Path:
    (folder / "letter.jpg").write_text("Dear reader,")
    return folder / "letter.jpg"


@pytest.mark.parametrize(
    ("make", "title", "words"),
    [
        (_no_face, "No face was found", "expected one frontal face"),
        (_truncated, "This file is not a photo", "Save it again"),
        (_text, "This file is not a photo", "no image that is known"),
        (lambda folder: folder, "The file cannot be used", "is a folder"),
        (lambda folder: folder / "gone.jpg", "The file cannot be used", "moved or deleted"),
    ],
)
def test_what_cannot_become_a_face_is_refused_in_words(window, tmp_path, make, title, words):
    *_, failed = window.reconstruct(make(tmp_path))
    assert failed.title == title
    assert words in failed.sentence


@pytest.mark.skipif(os.name != "posix" or os.geteuid() == 0, reason="skipped, because root may read everything")
def test_a_file_that_may_not_be_read_is_named(window, tmp_path):
    path = shutil.copy(ASTRONAUT, tmp_path / "secret.png")
    os.chmod(path, 0)
    *_, failed = window.reconstruct(path)
    assert "may not be read" in failed.sentence


@pytest.mark.parametrize("model", ["missing.keras", "nonsense", "champion"])
def test_a_model_that_is_not_there_is_named_and_the_next_photo_goes_through(window, model, tmp_path, monkeypatch):
    *_, failed = window.reconstruct(ASTRONAUT, Settings(model=str(tmp_path / model) if "." in model else model))
    if model == "champion" and isinstance(failed, Done):
        return  # this checkout has one
    assert failed.title == "There is no such model"
    assert "choose another model" in failed.sentence
    assert isinstance(window.reconstruct(ASTRONAUT)[-1], Done)


def test_a_model_that_cannot_be_loaded_ahead_is_named(window):
    window.link.ask(Warm("missing.keras"))
    *_, failed = window.until(Failed)
    assert failed.number == WARMING
    assert "missing.keras" in failed.sentence


def test_what_was_cancelled_stops_at_the_next_step(window):
    number = window.number()
    window.link.ask(Reconstruct(number, str(ASTRONAUT), Settings("starter", "poisson")))
    seen = window.until(PhotoRead)
    window.link.ask(Cancel(number))
    seen += window.until(Cancelled, Done)
    assert seen[-1] == Cancelled(number)
    assert isinstance(window.reconstruct(ASTRONAUT)[-1], Done)


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="skipped, because Windows has no SIGKILL")
def test_a_killed_worker_is_noticed_and_the_face_it_made_can_still_be_saved(window, done, tmp_path):
    first = window.link.process_id
    os.kill(first, signal.SIGKILL)
    *_, ended = window.until(WorkerEnded)
    assert ended.exit_code == -signal.SIGKILL
    window.link.ask(Save(window.number(), done.work, str(tmp_path / "face.stl"), "stl"))
    assert isinstance(window.until(Saved, Failed)[-1], Saved)
    assert window.link.process_id != first


def test_a_work_that_is_nonsense_is_logged_and_does_not_end_the_worker(window, tmp_path):
    window.link.ask(Save(window.number(), pickle.dumps("nonsense"), str(tmp_path / "face.stl"), "stl"))
    *_, failed = window.until(Saved, Failed)
    assert "window.log" in failed.sentence
    log = failed.sentence.partition("The details are in ")[2].partition(";")[0]
    assert "Traceback" in Path(log).read_text(encoding="utf-8")
    assert psutil.pid_exists(window.link.process_id)


KILLED_WINDOW = """
import sys, time
from facedepth_pipeline.mesh.formats import WINDOW_FORMATS
from facedepth_pipeline.ui.messages import Warm
from facedepth_pipeline.ui.worker_link import WorkerLink

if __name__ == "__main__":
    link = WorkerLink(lambda event: None, sys.argv[1])
    link.ask(Warm("starter"))
    print(link.process_id, flush=True)
    time.sleep(600)
"""


def test_the_worker_goes_when_the_window_is_killed(tmp_path):
    script = tmp_path / "killed_window.py"
    script.write_text(KILLED_WINDOW, encoding="utf-8")
    with subprocess.Popen([sys.executable, str(script), str(tmp_path / "log")], stdout=subprocess.PIPE) as window:
        worker = psutil.Process(int(window.stdout.readline()))
        time.sleep(1)  # it is loading TensorFlow now
        window.kill()
    worker.wait(timeout=WAIT_S)


def test_what_the_window_loads_does_not_bring_tensorflow():
    lines = (
        "import sys; import facedepth_pipeline.ui.worker_link, facedepth_pipeline.ui.preferences; "
        "import facedepth_pipeline.ui.camera, facedepth_pipeline.ui.messages, facedepth_pipeline.ui.themes; "
        "heavy = {'tensorflow', 'keras', 'open3d', 'pandas', 'scipy', 'mlflow', 'kedro', 'matplotlib', 'trimesh'}; "
        "print(sorted(heavy & set(sys.modules)))"
    )
    assert subprocess.check_output([sys.executable, "-c", lines], text=True).strip() == "[]"
