"""Time the window: first paint, frames while working and while turning, memory over photos, closing.

``python -m benchmarks.window`` opens it on a screen of its own (Xvfb) with OpenGL in software; with ``--display`` on
the one there is, which measures a GPU. A line of JSON for each thing that is measured.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import nullcontext
from pathlib import Path
from typing import Any

import numpy as np
import psutil
from PIL import Image

PROJECT = Path(__file__).parents[1]
ASTRONAUT = PROJECT / "data" / "01_raw" / "photos" / "astronaut.png"
FRAMES = 200
MEMORY_PHOTOS = 20
WAIT_S = 300


def main() -> None:
    """Measure one thing after the other, each in a window of its own."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--display", action="store_true", help="use the display there is, and its OpenGL")
    parser.add_argument("--only", choices=MEASURES, help="measure this alone")
    parser.add_argument("--inside", choices=MEASURES, help=argparse.SUPPRESS)
    parser.add_argument("--photos", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.inside:
        measure_inside(options.inside, sorted(options.photos.iterdir()))
        return
    from tools import screen as desk

    with tempfile.TemporaryDirectory() as folder:
        photos = make_photos(Path(folder) / "photos")
        (Path(folder) / "screen").mkdir()
        with nullcontext() if options.display else desk.screen(Path(folder) / "screen") as screen:
            environment = dict(os.environ) if screen is None else dict(screen.environment)
            environment["FACEDEPTH_HOME"] = str(Path(folder) / "home")
            for name in [options.only] if options.only else MEASURES:
                print(json.dumps({"name": name, **measure(name, photos, environment)}), flush=True)


def measure(name: str, photos: Path, environment: dict[str, str]) -> dict[str, Any]:
    """Figures of one thing, in a process of its own; start and end of it are seen from outside."""
    command = [sys.executable, "-m", "benchmarks.window", "--inside", name, "--photos", str(photos)]
    started = time.monotonic()
    run = subprocess.run(command, cwd=PROJECT, env=environment, capture_output=True, text=True, check=False)
    ended = time.monotonic()
    if run.returncode:
        return {"error": run.stderr[-2000:]}
    figures: dict[str, Any] = json.loads(run.stdout.splitlines()[-1])
    if "painted_at" in figures:
        figures["first_paint_s"] = round(figures.pop("painted_at") - started, 2)
    if "close_asked_at" in figures:
        figures["closing_s"] = round(ended - figures.pop("close_asked_at"), 2)
    return figures


def make_photos(folder: Path) -> Path:
    """Twenty photos of different sizes and crops of one person."""
    folder.mkdir(parents=True)
    whole = Image.open(ASTRONAUT).convert("RGB")
    random = np.random.default_rng(0)
    for number in range(MEMORY_PHOTOS):
        crop = whole.crop((0, 0, int(random.integers(330, 512)), int(random.integers(250, 512))))
        width = int(random.integers(800, 2600))
        crop.resize((width, round(width * crop.height / crop.width))).save(folder / f"photo_{number:02d}.jpg")
    return folder


# Inside of the window. Each of these is a generator: what it yields has to become true before it is asked to go on.

Condition = Callable[[], bool]


def measure_inside(name: str, photos: list[Path]) -> None:
    """Open the window, do one thing, print figures."""
    from facedepth_pipeline.ui.start import make_window

    app = make_window()
    from kivy.clock import Clock

    figures: dict[str, Any] = {}
    steps = MEASURES[name](app, photos, figures)
    waiting: dict[str, Any] = {"for": lambda: True, "since": time.monotonic()}

    def go_on(_: float) -> None:
        if time.monotonic() - waiting["since"] > WAIT_S:
            print(f"waited {WAIT_S} s in vain; the window says: {app.state}, {app.status}", file=sys.stderr)
            os._exit(1)
        if waiting["for"]():
            waiting["for"], waiting["since"] = next(steps, None), time.monotonic()
            if waiting["for"] is None:
                app.stop()

    Clock.schedule_once(lambda _: Clock.schedule_interval(go_on, 0), 0)
    app.run()
    print(json.dumps(figures))


def first_paint(app: Any, _: list[Path], figures: dict[str, Any]) -> Iterator[Condition]:
    """Until the window is seen first, with Python's start."""
    from kivy.core.window import Window

    painted: list[float] = []
    Window.bind(on_flip=lambda *_: painted.append(time.monotonic()))
    yield lambda: bool(painted)
    figures["painted_at"] = painted[0]


def frames_while_working(app: Any, photos: list[Path], figures: dict[str, Any]) -> Iterator[Condition]:
    """The longest time between two frames, from the start of TensorFlow to the face, and with a smooth mesh."""
    from kivy.clock import Clock

    opened = time.monotonic()
    yield lambda: time.monotonic() > opened + 1  # nobody chooses a photo in the first second
    frames: list[float] = []
    Clock.schedule_interval(lambda _: frames.append(time.perf_counter()), 0)
    for name, photo, mesher in (("first_photo", photos[0], "grid"), ("smooth_mesh", photos[1], "poisson")):
        app.preferences = app.preferences.model_copy(update={"mesher": mesher})
        frames.clear()
        app.open_photo(str(photo))
        yield lambda: app.state == "done"
        end = time.perf_counter() + 0.5
        yield lambda end=end: time.perf_counter() > end
        gaps_ms = np.diff(frames) * 1000
        figures[name] = {
            "seconds": round(frames[-1] - frames[0] - 0.5, 1), "longest_frame_ms": round(float(gaps_ms.max()), 1),
            "frames_over_50_ms": int((gaps_ms > 50).sum()), "median_frame_ms": round(float(np.median(gaps_ms)), 1),
        }  # fmt: skip


def turning(app: Any, photos: list[Path], figures: dict[str, Any]) -> Iterator[Condition]:
    """Frames a second while a face of 130,050 triangles is turned, in a window of 1280 x 800."""
    from dataclasses import replace

    from kivy.clock import Clock
    from kivy.core.window import Window
    from kivy.graphics.opengl import GL_RENDERER, glGetString

    app.open_photo(str(photos[0]))
    yield lambda: app.state == "done" and app.view is not None
    app._link.end()  # nobody else works now
    face = app.face_panel
    app.view = replace(app.view, surface=whole_lattice())
    figures["opengl"] = glGetString(GL_RENDERER).decode()
    figures["triangles"] = sum(len(part.indices) for part in app.view.surface)
    figures["pixels"] = [int(side) for side in face.size]
    flips: list[float] = []
    Window.bind(on_flip=lambda *_: flips.append(time.perf_counter()))
    turn = Clock.schedule_interval(lambda _: face.turn(1.7, 0.3), 0)
    for look in ("textured", "solid", "wireframe"):
        face.look = look
        flips.clear()
        yield lambda: len(flips) > FRAMES
        gaps_ms = np.diff(flips[10:]) * 1000
        figures[look] = {"fps": round(1000 / float(gaps_ms.mean()), 1), "slowest_ms": round(float(gaps_ms.max()), 1)}
    turn.cancel()


def whole_lattice() -> list[Any]:
    """A hill on every pixel of 256 x 256: the most triangles that a depth map can make."""
    from facedepth_pipeline.ui.messages import DrawnPart

    down, across = np.indices((256, 256)) / 255
    height = np.sin(np.pi * across) * np.sin(np.pi * down)
    points = np.stack([160 * (across - 0.5), 240 * (0.5 - down), 80 * height], axis=-1)
    normals = np.stack([-np.cos(np.pi * across), np.cos(np.pi * down), np.ones_like(down)], axis=-1)
    normals /= np.linalg.norm(normals, axis=-1, keepdims=True)
    vertices = np.concatenate([points, normals, across[..., None], down[..., None]], axis=-1).reshape(-1, 8)
    index = np.arange(256 * 256).reshape(256, 256)
    a, b, c, d = (index[:-1, :-1], index[1:, :-1], index[:-1, 1:], index[1:, 1:])
    triangles = np.stack([a, b, c, c, b, d], axis=-1).reshape(-1, 3)
    return [DrawnPart(vertices.astype(np.float32), triangles.astype(np.uint16))]


def memory(app: Any, photos: list[Path], figures: dict[str, Any]) -> Iterator[Condition]:
    """Memory of window and worker (proportional set size) after each of twenty photos, and after the first once more.

    What is kept of a face grows with its photo, so levels are compared after one and the same photo.
    """
    window = psutil.Process()
    used: list[dict[str, float]] = []
    seconds: list[float] = []
    for photo in [*photos, photos[0]]:
        started = time.monotonic()
        app.open_photo(str(photo))
        yield lambda: app.state in ("done", "error")
        seconds.append(round(time.monotonic() - started, 2))
        if app.state == "error":
            raise SystemExit(f"{photo.name}: {app.title_words}. {app.sentence}")
        rest = time.monotonic() + 1
        yield lambda rest=rest: time.monotonic() > rest
        used.append({
            "window": round(window.memory_full_info().pss / 1e6),
            "worker": round(psutil.Process(app._link.process_id).memory_full_info().pss / 1e6),
        })  # fmt: skip
    together = [one["window"] + one["worker"] for one in used]
    figures |= {"mb": used, "again_over_first": round(together[-1] / together[0], 3),
                "most_over_first": round(max(together) / together[0], 3), "seconds": seconds}  # fmt: skip


def closing_while_working(app: Any, photos: list[Path], figures: dict[str, Any]) -> Iterator[Condition]:
    """From the wish to close, while TensorFlow loads, to the end of all processes."""
    app.open_photo(str(photos[0]))
    end = time.monotonic() + 3
    yield lambda: time.monotonic() > end
    figures["state"], figures["close_asked_at"] = app.state, time.monotonic()


MEASURES: dict[str, Callable[[Any, list[Path], dict[str, Any]], Iterator[Condition]]] = {
    "first_paint": first_paint,
    "frames_while_working": frames_while_working,
    "turning": turning,
    "memory": memory,
    "closing_while_working": closing_while_working,
}

if __name__ == "__main__":
    main()
