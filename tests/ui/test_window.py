"""The real window, on a screen nobody looks at, by keys and mouse alone.

Screenshots of every state stay in data/08_reporting/window.
"""

import json
import os
import re
import shutil
import signal
import time
from pathlib import Path

import numpy as np
import psutil
import pytest
import trimesh
from PIL import Image
from tools import screen as desk

ROOT = Path(__file__).parents[2]
ASTRONAUT = ROOT / "data" / "01_raw" / "photos" / "astronaut.png"
SHOTS = ROOT / "data" / "08_reporting" / "window"
FACE = (840, 420)  # a place in the middle of the face in 3-D
FACE_PANEL = np.s_[170:650, 480:1250]
DONE = "mm – facedepth"

reason = desk.missing()
pytestmark = pytest.mark.skipif(reason is not None, reason=f"skipped, because {reason}")


@pytest.fixture
def screen(tmp_path):
    with desk.screen(tmp_path) as screen:
        (tmp_path / "home").mkdir()
        yield screen


@pytest.fixture
def photo(tmp_path) -> Path:
    folder = tmp_path / "photos"
    folder.mkdir()
    return Path(shutil.copy(ASTRONAUT, folder / "astronaut.png"))


def choose(screen: desk.Screen, path: Path) -> None:
    screen.still()  # a dialog that is closing would get the keys
    screen.press("ctrl+o")
    screen.still()
    screen.type_path(path)


def changed(one: np.ndarray, other: np.ndarray) -> float:
    """Share of pixels of the face's panel that are not the same."""
    return float((one[FACE_PANEL] != other[FACE_PANEL]).any(axis=-1).mean())


def test_from_an_empty_window_to_a_saved_face(screen, photo, tmp_path):
    with desk.window(screen) as process:
        screen.wait_for_title("facedepth")
        screen.still()
        empty = screen.keep(SHOTS / "empty_dark.png")
        assert empty.mean() < 60  # dark, and more than the black of an empty screen
        assert (empty.reshape(-1, 3).std(axis=0) > 3).all()
        screen.press("F1")
        screen.still()
        screen.keep(SHOTS / "keys.png")
        screen.press("Escape", "ctrl+o")
        screen.still()
        screen.keep(SHOTS / "choose_photo.png")
        screen.type_path(photo)
        screen.wait_for_title("astronaut.png")
        _until(lambda: not re.search("Working|Reading", screen.title()))
        time.sleep(0.3)
        screen.keep(SHOTS / "working.png")
        title = screen.wait_for_title(DONE)
        assert re.fullmatch(r"astronaut\.png – \d+ × \d+ × \d+ mm – facedepth", title)
        assert "tensorflow" not in Path(f"/proc/{process.pid}/maps").read_text()  # not in the window's process

        screen.still()
        front = screen.keep(SHOTS / "done_textured.png")
        skin = front[FACE_PANEL].reshape(-1, 3).astype(int)
        assert ((skin[:, 0] > 150) & (skin[:, 0] - skin[:, 2] > 20)).mean() > 0.05  # the photo is on it

        screen.drag(FACE, (FACE[0] + 150, FACE[1] - 20))
        screen.still()
        turned = screen.keep(SHOTS / "turned.png")
        assert changed(front, turned) > 0.05
        screen.press("r")
        assert changed(front, screen.still()) < 0.01  # back at the front, to the pixel but for the pointer
        screen.press("2")
        screen.still()
        solid = screen.keep(SHOTS / "done_solid.png")
        assert np.ptp(solid[FACE_PANEL].astype(int), axis=-1).max() < 60  # clay has hardly any colour
        screen.press("3", "Right", "Right", "Right")
        screen.still()
        screen.keep(SHOTS / "done_wireframe.png")
        screen.do("mousemove", *FACE)
        before = screen.still()
        screen.click(*FACE, button=4)  # the wheel, away from the person
        assert changed(before, screen.still()) > 0.02

        screen.press("r", "1")
        screen.still()
        screen.click(FACE[0] - 50, FACE[1] - 50)
        screen.click(FACE[0] + 50, FACE[1] - 50)
        screen.still()
        screen.keep(SHOTS / "measured.png")
        screen.do("mousemove", 240, 640)  # over the depth map
        screen.still()
        screen.keep(SHOTS / "depth_read.png")

        screen.press("ctrl+s")
        screen.still()
        screen.keep(SHOTS / "save.png")
        screen.type_path(tmp_path / "face.glb")
        saved = tmp_path / "face.glb"
        _until(saved.exists)
        screen.still()
        extents_mm = trimesh.load_scene(saved).extents * 1000
        shown_mm = [int(number) for number in re.findall(r"\d+(?= [×m])", title)]
        np.testing.assert_allclose(extents_mm, shown_mm, atol=0.51)

        screen.press("ctrl+t")
        screen.still()
        screen.keep(SHOTS / "done_light.png")
        screen.press("ctrl+s")
        screen.still()
        dialog = screen.keep(SHOTS / "save_light.png")[390:480, 360:920]
        assert (np.median(dialog, axis=(0, 1)) == 255).all()  # what dims the window lies behind it
        screen.press("Escape")
        screen.still()
        screen.press("ctrl+equal", "ctrl+equal", "ctrl+equal")
        screen.still()
        screen.keep(SHOTS / "larger_text.png")
        screen.press("ctrl+q")
        process.wait(timeout=20)
        assert process.returncode == 0
    kept = json.loads((tmp_path / "home" / "window.json").read_text())
    assert kept["theme"] == "light"
    assert kept["text_size"] > 1.3
    assert kept["recent"] == [str(photo)]


def test_what_goes_wrong_is_said_and_the_next_photo_goes_through(screen, photo, tmp_path):
    hill, both = tmp_path / "photos" / "hill.png", tmp_path / "photos" / "two.png"
    Image.linear_gradient("L").resize((600, 400)).save(hill)
    one = Image.open(photo).convert("RGB")
    group = Image.new("RGB", (1024, 512))
    group.paste(one, (0, 0))
    group.paste(one.resize((400, 400)), (560, 60))
    group.save(both)
    with desk.window(screen, hill) as process:
        screen.wait_for_title("No face was found")
        screen.still()
        screen.keep(SHOTS / "no_face.png")
        choose(screen, tmp_path / "photos" / "gone.png")
        screen.still()
        screen.keep(SHOTS / "no_such_file.png")
        screen.press("Escape")
        choose(screen, both)
        screen.wait_for_title("2 faces were found")
        screen.still()
        screen.keep(SHOTS / "several_faces.png")
        screen.click(*_right_face(screen.look()))
        screen.wait_for_title(DONE)

        worker = _worker(process.pid)
        os.kill(worker.pid, signal.SIGSTOP)  # so that it is surely at work when it is killed
        choose(screen, photo)
        screen.wait_for_title("Working")
        os.kill(worker.pid, signal.SIGKILL)
        screen.wait_for_title("The work was interrupted")
        screen.still()
        screen.keep(SHOTS / "interrupted.png")
        screen.press("Escape")  # back to the face that was there
        screen.wait_for_title("two.png – ")
        screen.press("ctrl+s")
        screen.still()
        screen.type_path(tmp_path / "nowhere" / "face.glb")
        screen.still()
        screen.keep(SHOTS / "save_refused.png")
        screen.type_path(tmp_path / "kept.glb")
        _until((tmp_path / "kept.glb").exists)
        choose(screen, photo)
        screen.wait_for_title("astronaut.png – ")
        screen.wait_for_title(DONE)
        process.send_signal(signal.SIGTERM)
        process.wait(timeout=20)


def test_cancelled_and_closed_while_working(screen, photo):
    with desk.window(screen, photo) as process:
        screen.wait_for_title("Loading TensorFlow")
        screen.press("Escape")
        _until(lambda: screen.title() == "facedepth")  # the empty window again
        choose(screen, photo)
        screen.wait_for_title("astronaut.png")
        worker = _worker(process.pid)
        screen.press("ctrl+q")
        process.wait(timeout=20)
        assert process.returncode == 0
        worker.wait(timeout=20)


def _worker(window_pid: int) -> psutil.Process:
    """The child that computes: the one that uses the most memory."""
    return max(psutil.Process(window_pid).children(), key=lambda child: child.memory_info().rss)


def _right_face(seen: np.ndarray) -> tuple[int, int]:
    """A place below the right one of two numbers on faces: they are boxes in the colour of the accent."""
    accent = (np.abs(seen.astype(int) - (0x5C, 0xC8, 0xB0)).max(axis=-1) < 6)[150:700, 20:700]
    boxes = accent & np.roll(accent, 10, axis=1) & np.roll(accent, 10, axis=0)
    rows, columns = np.nonzero(boxes)
    right = columns > (columns.min() + columns.max()) / 2
    return int(columns[right].mean()) + 20, int(rows[right].max()) + 150 + 8


def _until(true: object, wait_s: float = 60.0) -> None:
    end = time.monotonic() + wait_s
    while not true():
        assert time.monotonic() < end, f"waited {wait_s:.0f} s in vain"
        time.sleep(0.1)
