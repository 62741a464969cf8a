"""What the keys do, wherever the focus is."""

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

from kivy.uix.textinput import TextInput

from facedepth_pipeline.ui.controls import Choice, close_lists
from facedepth_pipeline.ui.dialogs import open_dialogs

if TYPE_CHECKING:
    from facedepth_pipeline.ui.app import FaceDepthApp

TURN_DEG, ZOOM, TEXT = 10.0, 1.15, 1.1
NAMES = {9: "tab", 27: "escape", 273: "up", 274: "down", 275: "right", 276: "left", 278: "home", 282: "f1"}


def press_key(app: "FaceDepthApp", key: int, character: str, modifiers: list[str]) -> bool:
    """Do what a key stands for.

    Args:
        app: The window.
        key: As SDL numbers them.
        character: What it types, if anything.
        modifiers: Kivy's names of the keys that are held.

    Returns:
        Whether it stood for something; if not, who has the focus gets it.
    """
    name = NAMES.get(key, chr(key) if 32 <= key < 127 else "")
    if name == "escape":
        _escape(app)
        return True
    if open_dialogs():
        return False
    if "ctrl" in modifiers or "meta" in modifiers:
        return _do(_with_control(app).get(name))
    if name == "f1":
        app.open_help()
        return True
    focused = [widget for widget in app.root.walk() if getattr(widget, "focus", False)]
    if name == "tab" and not focused:
        return _do(app.focus_first)
    if any(isinstance(widget, TextInput) for widget in focused):
        return False
    if app.state == "choosing" and character.isdigit() and character != "0":
        app.choose_face(int(character) - 1)
        return True
    if app.state != "done" or (name in ("up", "down") and any(isinstance(widget, Choice) for widget in focused)):
        return False
    actions = _with_a_face(app)
    return _do(actions.get(name) or actions.get(character))


def _do(action: Callable[[], object] | None) -> bool:
    if action is None:
        return False
    action()
    return True


def _escape(app: "FaceDepthApp") -> None:
    if close_lists():
        return
    dialogs = open_dialogs()
    if dialogs:
        dialogs[-1].dismiss()
    elif app.state in ("working", "choosing"):
        app.cancel()
    elif app.state == "error":
        app.go_back()
    else:
        app.face_panel.forget_points()


def _with_control(app: "FaceDepthApp") -> dict[str, Callable[[], object]]:
    larger = partial(app.change_text_size, TEXT)
    return {
        "o": app.choose_photo,
        "s": app.open_save,
        "q": app.stop,
        "t": app.change_theme,
        "=": larger,
        "+": larger,
        "-": partial(app.change_text_size, 1 / TEXT),
        "0": partial(app.change_text_size, None),
    }


def _with_a_face(app: "FaceDepthApp") -> dict[str, Callable[[], object]]:
    face = app.face_panel
    nearer = partial(face.zoom, ZOOM)
    return {
        "left": partial(face.turn, -TURN_DEG, 0),
        "right": partial(face.turn, TURN_DEG, 0),
        "up": partial(face.turn, 0, TURN_DEG),
        "down": partial(face.turn, 0, -TURN_DEG),
        "home": face.reset,
        "r": face.reset,
        "1": partial(setattr, face, "look", "textured"),
        "2": partial(setattr, face, "look", "solid"),
        "3": partial(setattr, face, "look", "wireframe"),
        "+": nearer,
        "=": nearer,
        "-": partial(face.zoom, 1 / ZOOM),
    }
