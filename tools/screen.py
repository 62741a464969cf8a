"""A screen nobody looks at (Xvfb), with software OpenGL, and hands for it (xdotool)."""

import os
import shutil
import signal
import struct
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
from PIL import Image

PACKAGES = ("xvfb", "xdotool", "libgl1", "libgl1-mesa-dri", "libegl1")
INSTALL_S = 300


def missing() -> str | None:
    """Why there can be no screen here; None if there can.

    On Debian and Ubuntu, as root, what is missing is installed.
    """
    if sys.platform != "linux":
        return "Xvfb is for Linux"
    if _there():
        return None
    apt = shutil.which("apt-get")
    if apt is None or os.geteuid() != 0:
        return f"{', '.join(PACKAGES)} are not installed, and only root on Debian or Ubuntu can do it from here"
    environment = os.environ | {"DEBIAN_FRONTEND": "noninteractive"}
    for command in ([apt, "update", "-qq"], [apt, "install", "-qq", "--yes", "--no-install-recommends", *PACKAGES]):
        try:
            subprocess.run(command, env=environment, capture_output=True, timeout=INSTALL_S, check=False)
        except subprocess.TimeoutExpired:
            return f"{' '.join(command)} took more than {INSTALL_S} s"
    return None if _there() else f"{', '.join(PACKAGES)} could not be installed"


def _there() -> bool:
    return bool(shutil.which("Xvfb") and shutil.which("xdotool"))


class Screen:
    """What is on the screen, and keys and mouse."""

    def __init__(self, folder: Path, number: str, size: tuple[int, int]) -> None:
        self._pixels, self.size = folder / "Xvfb_screen0", size
        self.environment = os.environ | {
            "DISPLAY": number, "LC_ALL": "C.UTF-8", "LIBGL_ALWAYS_SOFTWARE": "1",
            "FACEDEPTH_HOME": str(folder / "home"),
        }  # fmt: skip

    def look(self) -> np.ndarray:
        """(H, W, 3) uint8 RGB: the frame buffer, which Xvfb keeps as an XWD file (X11/XWDFile.h)."""
        content = self._pixels.read_bytes()
        header = struct.unpack(">25I", content[:100])
        header_bytes, width, height, row_bytes, colours = header[0], header[4], header[5], header[12], header[19]
        rows = np.frombuffer(content, np.uint8, row_bytes * height, header_bytes + 12 * colours)
        return rows.reshape(height, row_bytes)[:, : 4 * width].reshape(height, width, 4)[..., 2::-1].copy()

    def keep(self, path: Path) -> np.ndarray:
        """Save a screenshot."""
        seen = self.look()
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(seen).save(path)
        return seen

    def still(self, wait_s: float = 30.0) -> np.ndarray:
        """What is on the screen once it has not changed for 0.4 s."""
        seen, since, begun = self.look(), time.monotonic(), time.monotonic()
        while time.monotonic() - since < 0.4 and time.monotonic() - begun < wait_s:
            time.sleep(0.05)
            now = self.look()
            if (now != seen).any():
                seen, since = now, time.monotonic()
        return seen

    def do(self, *words: object) -> str:
        """One command of xdotool."""
        answer = subprocess.run(
            ["xdotool", *(str(word) for word in words)],
            env=self.environment, capture_output=True, text=True, check=False, timeout=30,
        )  # fmt: skip
        return answer.stdout.strip()

    def press(self, *keys: str) -> None:
        """Keys, one after the other, as xdotool names them."""
        for key in keys:
            self.do("key", key)
            time.sleep(0.15)  # a person is no faster

    def type_path(self, path: Path | str) -> None:
        """A path into the field that has the focus, in place of what is in it."""
        self.press("ctrl+a")
        self.do("type", "--delay", 8, path)
        self.press("Return")

    def click(self, x: int, y: int, button: int = 1) -> None:
        """Press a mouse button at a place, from the upper left corner."""
        self.do("mousemove", x, y)
        time.sleep(0.1)
        self.do("click", button)
        time.sleep(0.1)

    def drag(self, start: tuple[int, int], end: tuple[int, int]) -> None:
        """Press the left button, move in small steps, let go."""
        self.do("mousemove", *start)
        time.sleep(0.1)
        self.do("mousedown", 1)
        for share in np.linspace(0, 1, 6)[1:]:
            self.do("mousemove", *(round(a + share * (b - a)) for a, b in zip(start, end, strict=True)))
            time.sleep(0.05)
        self.do("mouseup", 1)
        time.sleep(0.1)

    def title(self) -> str:
        """Of the window; empty where there is none."""
        windows = self.do("search", "--class", "facedepth").splitlines()
        return self.do("getwindowname", windows[-1]) if windows else ""

    def wait_for_title(self, words: str, wait_s: float = 120.0) -> str:
        """The title, once it has these words in it; an error if it never has."""
        end = time.monotonic() + wait_s
        while words not in (title := self.title()):
            if time.monotonic() > end:
                raise AssertionError(f"no {words!r} in the title after {wait_s:.0f} s; it is {title!r}")
            time.sleep(0.1)
        return title


@contextmanager
def screen(folder: Path, size: tuple[int, int] = (1280, 800)) -> Iterator[Screen]:
    """A screen of its own; the folder is empty and ours."""
    reading, writing = os.pipe()
    command = ["Xvfb", "-displayfd", str(writing), "-screen", "0", f"{size[0]}x{size[1]}x24", "-fbdir", str(folder),
               "-nolisten", "tcp"]  # fmt: skip
    with subprocess.Popen(command, pass_fds=[writing], stderr=subprocess.DEVNULL) as server:
        os.close(writing)
        try:
            with os.fdopen(reading) as answer:
                number = answer.readline().strip()
            if not number:
                raise RuntimeError("Xvfb did not start")
            yield Screen(folder, f":{number}", size)
        finally:
            server.send_signal(signal.SIGTERM)


@contextmanager
def window(seen: Screen, *arguments: object) -> Iterator[subprocess.Popen]:
    """``facedepth ui`` on a screen; ended afterwards, whatever has happened."""
    command = [sys.executable, "-c", "from facedepth_pipeline.command_line import main; main()", "ui"]
    with subprocess.Popen([*command, *(str(word) for word in arguments)], env=seen.environment) as process:
        try:
            yield process
        finally:
            process.kill()
