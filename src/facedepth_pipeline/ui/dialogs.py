"""Dialogs: choose a file, save a face, read what the keys do."""

import os
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from kivy.clock import Clock
from kivy.core.window import Window
from kivy.factory import Factory
from kivy.properties import BooleanProperty, ListProperty, ObjectProperty, StringProperty
from kivy.uix.behaviors import FocusBehavior
from kivy.uix.modalview import ModalView
from kivy.uix.recycleboxlayout import RecycleBoxLayout
from kivy.uix.recycleview import RecycleView
from kivy.uix.textinput import TextInput

from facedepth_pipeline.mesh.formats import WINDOW_FORMATS
from facedepth_pipeline.ui.controls import PressButton

MODEL_SUFFIXES = frozenset({".keras"})
SUFFIXES = {row.suffix for row in WINDOW_FORMATS.values()}
KEYS = {
    "Ctrl O": "open a photo",
    "Ctrl S": "save the face",
    "Ctrl T": "light or dark",
    "Ctrl +   Ctrl -   Ctrl 0": "larger, smaller, as it was",
    "Ctrl Q": "quit",
    "Esc": "cancel, close, measure anew",
    "Tab   Enter": "go through the buttons, press one",
    "1   2   3": "textured, solid, wireframe",
    "Arrow keys   +   -": "turn and zoom the face",
    "R": "look at it from the front",
    "Drag   Wheel, two fingers": "turn, zoom",
    "Shift drag": "move the face",
    "Click   Click": "distance between two points",
}


class Dialog(ModalView):
    """A panel over the window; Escape closes it, and the keyboard stays inside."""

    def on_open(self) -> None:
        """Give the first thing that can be typed in or pressed the focus."""
        first = self.first_focus()
        if first is not None:
            Clock.schedule_once(lambda _: self._enter(first))

    def _enter(self, first: Any) -> None:
        first.focus = True
        if isinstance(first, TextInput):
            first.select_all()  # typing replaces it

    def first_focus(self) -> Any:
        """What has the focus at first."""
        return next((widget for widget in self.walk() if isinstance(widget, FocusBehavior)), None)


class EntryList(RecycleBoxLayout):
    """The rows of a :class:`FolderView`."""


class FolderView(FocusBehavior, RecycleView):
    """Folders and files of a kind; arrow keys walk, Enter opens.

    Attributes:
        folder: Which.
        suffixes: Of the files that are shown, lower case.
        problem: Why there is nothing to choose.
    """

    __events__ = ("on_file",)

    folder = StringProperty("")
    suffixes = ListProperty()
    problem = StringProperty("")

    def __init__(self, **arguments: Any) -> None:
        super().__init__(**arguments)
        self._row = 0
        self.bind(folder=self._list, suffixes=self._list)

    def _list(self, *_: Any) -> None:
        self.problem, self._row = "", 0
        try:
            with os.scandir(self.folder) as entries:
                found = [entry for entry in entries if not entry.name.startswith(".")]
                folders = sorted((e.name for e in found if e.is_dir()), key=str.casefold)
                files = sorted(
                    (e.name for e in found if e.is_file() and e.name.lower().endswith(tuple(self.suffixes))),
                    key=str.casefold,
                )
        except OSError as error:
            self.problem, folders, files = f"{self.folder}: {error.strerror}.", [], []
        if not (folders or files or self.problem):
            self.problem = "Nothing to choose here."
        names = [".."] if Path(self.folder).parent != Path(self.folder) else []
        self.data = [
            {"text": name, "is_folder": is_folder, "marked": False, "view": self}
            for is_folder, group in ((True, names + folders), (False, files))
            for name in group
        ]
        self.scroll_y = 1.0
        self._mark(0)

    def _mark(self, row: int) -> None:
        if not self.data:
            return
        self._row = max(0, min(row, len(self.data) - 1))
        for number, entry in enumerate(self.data):
            entry["marked"] = number == self._row and self.focus
        self.refresh_from_data()
        above = 1 - self._row / max(len(self.data) - 1, 1)
        if len(self.data) > 6:
            self.scroll_y = above

    def on_focus(self, *_: Any) -> None:
        """Show which row Enter would open."""
        self._mark(self._row)

    def open_entry(self, name: str) -> None:
        """Go into a folder, or choose a file."""
        path = Path(self.folder).parent if name == ".." else Path(self.folder) / name
        if path.is_dir():
            self.folder = str(path)
        else:
            self.dispatch("on_file", str(path))

    def keyboard_on_key_down(self, window: Any, keycode: tuple[int, str], text: str, modifiers: list[str]) -> bool:
        """Arrow keys, Enter and Backspace."""
        steps = {"up": -1, "down": 1, "pageup": -10, "pagedown": 10}
        if keycode[1] in steps:
            self._mark(self._row + steps[keycode[1]])
            return True
        if keycode[1] in ("enter", "numpadenter") and self.data:
            self.open_entry(self.data[self._row]["text"])
            return True
        if keycode[1] == "backspace":
            self.open_entry("..")
            return True
        handled: bool = super().keyboard_on_key_down(window, keycode, text, modifiers)
        return handled

    def on_file(self, path: str) -> None:
        """A file was chosen."""


class FileDialog(Dialog):
    """Choose a file by its path, or by looking.

    Args:
        title: What is asked for.
        folder: To look into at first.
        suffixes: Of the files that are shown.
        chosen: Called with the path.
    """

    title = StringProperty("")
    folder = StringProperty("")
    problem = StringProperty("")
    suffixes = ListProperty()
    places = ListProperty()

    def __init__(self, title: str, folder: str, suffixes: Iterable[str], chosen: Callable[[str], None]) -> None:
        home = Path.home()
        places = [home, home / "Pictures", home / "Downloads", Path.cwd()]
        super().__init__(
            title=title,
            folder=folder if folder and Path(folder).is_dir() else str(home),
            suffixes=list(suffixes),
            places=[str(place) for place in dict.fromkeys(places) if place.is_dir()],
        )
        self._chosen = chosen
        for place in self.places:
            button = PressButton(text=Path(place).name or place)
            button.bind(on_release=lambda _, place=place: setattr(self, "folder", place))
            self.ids.places.add_widget(button)

    def typed(self, words: str) -> None:
        """A path was typed: go there, or take it."""
        path = Path(words.strip()).expanduser()
        if path.is_dir():
            self.folder = str(path)
        elif path.exists():
            self.choose(str(path))
        else:
            self.problem = f"There is no {path}."

    def choose(self, path: str) -> None:
        """Take a file."""
        self.dismiss()
        self._chosen(path)


class SaveDialog(Dialog):
    """Choose where and as what a face is saved.

    Args:
        stem: Of the file's name.
        folder: To save into.
        file_format: The one that was used last.
        save: Called with path and format.
    """

    file_format, about = StringProperty("glb"), StringProperty("")
    path = StringProperty("")
    problem = StringProperty("")
    replacing = BooleanProperty(False)
    busy = BooleanProperty(False)
    save = ObjectProperty(None)

    def __init__(self, stem: str, folder: str, file_format: str, save: Callable[[str, str], None]) -> None:
        self._buttons: dict[str, PressButton] = {}
        super().__init__(file_format=file_format, save=save, path=_named(Path(folder) / stem, file_format))
        for one in WINDOW_FORMATS:
            button = PressButton(text=one.upper() if one != "depth png" else "Depth PNG")
            button.bind(on_release=lambda _, one=one: self.change_format(one))
            self.ids.formats.add_widget(button)
            self._buttons[one] = button
        self.change_format(file_format)

    def first_focus(self) -> Any:
        """The name of the file."""
        return self.ids.path

    def change_format(self, file_format: str) -> None:
        """Another ending for the same name."""
        self.file_format, self.about = file_format, WINDOW_FORMATS[file_format].sentence
        for one, button in self._buttons.items():
            button.chosen = one == file_format
        self.path = _named(Path(self.path).with_suffix("") if Path(self.path).suffix in SUFFIXES
                           else Path(self.path), file_format)  # fmt: skip
        self.replacing, self.problem = False, ""

    def press(self) -> None:
        """Save, or ask whether a file may be replaced."""
        path = Path(_named(Path(self.path.strip()).expanduser(), self.file_format))
        if not path.parent.is_dir():
            self.problem = f"There is no folder {path.parent}. Name one that exists."
        elif path.is_dir():
            self.problem = f"{path} is a folder. Add the name of a file."
        elif path.exists() and not self.replacing:
            self.replacing, self.problem = True, f"{path.name} exists already. Press Replace, or give another name."
        else:
            self.problem, self.replacing, self.busy, self.path = "", False, True, str(path)
            self.save(str(path), self.file_format)


class HelpDialog(Dialog):
    """What keys and mouse do."""

    def __init__(self) -> None:
        super().__init__()
        for keys, what in KEYS.items():
            self.ids.rows.add_widget(Factory.Words(text=keys, bold=True))
            self.ids.rows.add_widget(Factory.Words(text=what))


def _named(path: Path, file_format: str) -> str:
    """The path with the ending of its format."""
    suffix = WINDOW_FORMATS[file_format].suffix
    return str(path if path.suffix.lower() == suffix else path.with_name(path.name + suffix))


def open_dialogs() -> list[Dialog]:
    """Those on the window, the uppermost last."""
    return [child for child in reversed(Window.children) if isinstance(child, Dialog)]
