"""Opens the window. Kivy reads its settings when it is imported, so they are made here, before that."""

import logging
import os
import shutil
import subprocess
import sys
from typing import TYPE_CHECKING

from facedepth_pipeline.runtime.freed_memory import never_keep_large_blocks
from facedepth_pipeline.ui.preferences import PreferenceStore

if TYPE_CHECKING:
    from facedepth_pipeline.ui.app import FaceDepthApp

ENVIRONMENT = {
    "KIVY_NO_ARGS": "1",  # the command line is ours
    "KIVY_NO_CONFIG": "1",  # no folder of Kivy's own in the home
    "KIVY_NO_FILELOG": "1",
    "KIVY_WINDOW": "sdl2",  # another of Kivy's ends the process where there is no display
    "SDL_VIDEO_X11_WMCLASS": "facedepth",  # what the desktop groups windows by
    "KIVY_LOG_MODE": "PYTHON",  # leave the loggers of everybody else alone
}


class NoWindow(RuntimeError):
    """A window cannot be opened here; the message says what is missing."""


def open_window(photo: str | None = None) -> None:
    """Open the window and come back when it is closed; arguments and errors as of :func:`make_window`."""
    make_window(photo).run()


def make_window(photo: str | None = None) -> "FaceDepthApp":
    """The window, with nothing in it yet: ``run`` fills it.

    Args:
        photo: To begin with.

    Raises:
        NoWindow: If Kivy, a display or OpenGL is missing.
    """
    if sys.platform == "linux" and not (os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY")):
        raise NoWindow(
            "There is no display: neither DISPLAY nor WAYLAND_DISPLAY is set. Start this at a desktop, or use "
            "facedepth reconstruct, which needs none."
        )
    if sys.platform == "linux":  # SDL would go on with a display that nobody sees
        os.environ.setdefault("SDL_VIDEODRIVER", "x11,wayland")
    for name, value in ENVIRONMENT.items():
        os.environ.setdefault(name, value)
    store = PreferenceStore()
    preferences = store.load()
    scale = display_scale()
    try:
        from kivy.config import Config
    except ImportError as error:
        raise NoWindow(
            f"The window needs the package kivy ({error}). Install it: pip install 'facedepth_pipeline[ui]', or in a "
            "checkout: make window"
        ) from error
    # Kivy tells with tracebacks which touch screens and clipboards there are not
    logging.getLogger("kivy").setLevel(logging.CRITICAL + 1)
    for provider in Config.options("input"):  # what reads devices itself; SDL hands over touch and pen
        Config.remove_option("input", provider)
    Config.set("input", "mouse", "mouse,disable_multitouch")
    Config.set("kivy", "exit_on_escape", "0")
    # shapes are drawn with soft edges, and the face at twice the pixels: several samples a pixel besides would only
    # make frames slower where OpenGL is computed by the processor
    Config.set("graphics", "multisamples", "0")
    for side, length in zip(("width", "height"), preferences.size, strict=True):
        Config.set("graphics", side, str(round(length * scale)))
    Config.set("graphics", "minimum_width", str(round(640 * scale)))
    Config.set("graphics", "minimum_height", str(round(480 * scale)))
    from kivy.core.window import Window

    if Window is None:
        raise NoWindow(
            f"No window with OpenGL could be opened on display {os.environ.get('DISPLAY', 'of this desktop')!r}. Is it "
            "the right one, and yours? OpenGL comes on Debian and Ubuntu with: apt install libgl1 libgl1-mesa-dri "
            "libegl1. facedepth reconstruct needs none of it."
        )
    from facedepth_pipeline.ui.app import FaceDepthApp

    never_keep_large_blocks()  # a face after the other would make the window grow
    return FaceDepthApp(store, preferences, scale, photo)


def display_scale() -> float:
    """How much larger than at 96 dots an inch the display wants things; 1 where nobody says so.

    SDL knows it on Windows and macOS, and Kivy draws by it there. On X11 desktops say it in the resource ``Xft.dpi``,
    or by the variables of GTK and Qt.
    """
    if sys.platform != "linux":
        return 1.0
    for name in ("GDK_SCALE", "QT_SCALE_FACTOR"):
        try:
            return min(max(float(os.environ[name]), 0.5), 4.0)
        except (KeyError, ValueError):
            continue
    if program := shutil.which("xrdb"):
        try:
            answer = subprocess.run([program, "-query"], capture_output=True, text=True, timeout=1, check=False).stdout
            dpi = next(line.split(":")[1] for line in answer.splitlines() if line.startswith("Xft.dpi:"))
            return min(max(float(dpi) / 96, 0.5), 4.0)
        except (OSError, StopIteration, ValueError, subprocess.SubprocessError):
            return 1.0
    return 1.0
