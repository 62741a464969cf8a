"""The window itself: its states, what is asked of the worker, and what the keys do."""

import os
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from functools import partial
from importlib.resources import files
from pathlib import Path
from typing import Any

import numpy as np
from kivy.app import App
from kivy.base import ExceptionManager
from kivy.clock import Clock, mainthread
from kivy.core.window import Window
from kivy.graphics.texture import Texture
from kivy.lang import Builder
from kivy.metrics import Metrics
from kivy.properties import (
    BooleanProperty,
    ListProperty,
    ObjectProperty,
    OptionProperty,
    StringProperty,
)
from kivy.uix.widget import Widget

from facedepth_pipeline.photo.loading import PHOTO_SUFFIXES
from facedepth_pipeline.ui.camera import Camera
from facedepth_pipeline.ui.dialogs import (
    MODEL_SUFFIXES,
    FileDialog,
    HelpDialog,
    SaveDialog,
    open_dialogs,
)
from facedepth_pipeline.ui.face_panel import FacePanel
from facedepth_pipeline.ui.keys import press_key
from facedepth_pipeline.ui.messages import (
    Began,
    Cancel,
    Done,
    Event,
    FacesFound,
    FaceView,
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
from facedepth_pipeline.ui.mistakes import LoggedMistakes
from facedepth_pipeline.ui.photo_panel import upright_texture
from facedepth_pipeline.ui.preferences import Preferences, PreferenceStore
from facedepth_pipeline.ui.session import Concern, Session, Stuck, read_interpupillary_mm
from facedepth_pipeline.ui.themes import THEMES
from facedepth_pipeline.ui.views import (
    Colours,
    EmptyView,
    MessageView,
    RecentPhoto,
    ResultView,
    RootView,
    StepsView,
    WorkView,
)
from facedepth_pipeline.ui.worker_link import WorkerLink

NAME = "facedepth"
MODELS = {"the best there is": None, "starter": "starter", "champion": "champion"}
MODEL_FILE = "a file …"
MESHERS = {"grid, quick": "grid", "poisson, smooth": "poisson"}
STUCK_S = 15.0  # after which a worker that does not stop when asked is ended


@dataclass(frozen=True, eq=False)
class Result:
    """A face that is there, and what it was made from.

    Attributes:
        path: Of the photo.
        face: Which of several.
        picture: Of the photo, a texture.
        outlines: Of the face in it.
        view: What to draw.
        work: For the worker.
        interpupillary_mm: Measured interpupillary distance, None where it was not known.
    """

    path: str
    face: int | None
    picture: Texture
    outlines: list[np.ndarray]
    view: FaceView
    work: bytes
    interpupillary_mm: float | None


class FaceDepthApp(App):
    """The window.

    Args:
        store: Keeps choices.
        preferences: Choices of the last time.
        scale: Of the display, 1 for 96 dots an inch.
        photo: To begin with, or None.
    """

    state = OptionProperty("empty", options=["empty", "working", "choosing", "done", "error"])
    colours = ObjectProperty(rebind=True)
    theme_name = StringProperty("dark")
    status = StringProperty("")
    title_words, sentence = StringProperty(""), StringProperty("")
    photo_words, facts, assumed_eyes = StringProperty(""), StringProperty(""), StringProperty("not known")
    picture, view = ObjectProperty(None, allownone=True), ObjectProperty(None, allownone=True)
    outlines, recent = ListProperty(), ListProperty()
    can_try_again, dropping, eyes_are_wrong = BooleanProperty(False), BooleanProperty(False), BooleanProperty(False)
    mesher_words, mesher_word = ListProperty(list(MESHERS)), StringProperty("")
    model_words, model_word = ListProperty([*MODELS, MODEL_FILE]), StringProperty("")

    def __init__(self, store: PreferenceStore, preferences: Preferences, scale: float, photo: str | None) -> None:
        super().__init__()
        self.colours = Colours()
        self.preferences, self.result = preferences, None
        self._store, self._scale, self._first_photo = store, scale, photo
        self._interpupillary_mm: float | None = None
        self._session = Session()
        self._path, self._face, self._thumbnail = "", None, b""
        self._saving: SaveDialog | None = None
        self._camera: Camera | None = None
        self._writing = ThreadPoolExecutor(max_workers=1)  # a disk may be slow; frames must not wait for it
        self._dropped, self._stopped = False, False
        self._link = WorkerLink(mainthread(self.on_event), str(store.log_path))

    result: Result | None
    _face: int | None

    # Beginning and end

    def build(self) -> Widget:
        """The widgets."""
        self._density = self._scale * Metrics.density  # Kivy knows that of Windows and macOS
        Metrics.density = self._density * self.preferences.text_size
        self.icon = str(files(__package__) / "icon.png")
        self.colours.become(THEMES[self.preferences.theme])
        self.theme_name = self.preferences.theme
        self._name_mesher(self.preferences.mesher)
        self._name_model()
        self.recent = [photo for photo in self.preferences.recent if Path(photo).is_file()]
        self.status = "Loading TensorFlow in the background …"
        Builder.load_file(str(files(__package__) / "window.kv"))
        root = RootView()
        self._content = root.ids.content
        self._empty, self._work, self._done = EmptyView(), WorkView(), ResultView()
        self._steps, self._message = StepsView(), MessageView()
        self.bind(state=self._show, recent=self._show_recent)
        self._show()
        self._show_recent()
        Window.bind(on_drop_begin=self._drop_begins, on_drop_file=self._drop, on_drop_end=self._drop_ends,
                    on_key_down=self._key)  # fmt: skip
        return root

    def on_start(self) -> None:
        """Let the first frame be drawn, and then begin."""
        ExceptionManager.add_handler(LoggedMistakes(self._say, self._store.log_path))
        Window.set_title(NAME)
        Clock.schedule_once(self._begin, 0)

    def _begin(self, _: float) -> None:
        try:
            self._store.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        except OSError as error:
            self.status = f"{self._store.folder}: {error.strerror}; nothing is remembered."
        self._link.ask(Warm(self.preferences.model))
        if self._first_photo is not None:
            self.open_photo(self._first_photo)

    def on_stop(self) -> None:
        """End the worker, whatever it does, and remember the window; Kivy may say it twice."""
        if self._stopped:
            return
        self._stopped = True
        self._link.end()
        width, height = (round(side / self._scale) for side in Window.system_size)
        self._keep(size=(max(width, 320), max(height, 240)))
        self._writing.shutdown()

    # What a person asks for

    def choose_photo(self) -> None:
        """Ask for a file."""
        if not open_dialogs():
            last = self._path or (self.recent[0] if self.recent else "")
            folder = str(Path(last).parent if last else Path.cwd())
            FileDialog("Choose a photo", folder, PHOTO_SUFFIXES, self.open_photo).open()

    def open_photo(self, path: str, face: int | None = None) -> None:
        """Make a face of a photo.

        Args:
            path: Of the photo.
            face: Which of several, where that is known.
        """
        self._withdraw()
        path = os.path.abspath(path)
        if path != self._path:
            self.picture = None
            if self._path:  # a distance that was measured is that of one person
                self._interpupillary_mm, self.root.ids.eyes.text, self.eyes_are_wrong = None, "", False
        self._path, self._face, self.outlines = path, face, []
        self.photo_words = Path(path).name
        self._steps.begin(None)
        self._work_on(Reconstruct(self._session.next_work(), path, self.settings, face))

    def _work_on(self, request: Reconstruct | Remesh) -> None:
        if self.view is not None:
            self._camera, self.view = self.face_panel.camera, None
        self._thumbnail, self.status = b"", ""
        self._session.asked(request.number)
        self._link.ask(request)
        self.state = "working"
        self._say_title(self._steps_words(None))

    @property
    def face_panel(self) -> FacePanel:
        """The face in 3-D."""
        panel: FacePanel = self._done.ids.face
        return panel

    @property
    def settings(self) -> Settings:
        """As they are chosen now."""
        return Settings(self.preferences.model, self.preferences.mesher, self._interpupillary_mm)

    def cancel(self) -> None:
        """Work no longer on what is being worked on."""
        if self.state in ("working", "choosing"):
            self._withdraw()
            self.status = "Cancelled"
            self.go_back()

    def _withdraw(self) -> None:
        """No answer to the last request is wanted; a worker that does not stop is ended."""
        if self.state == "working":
            self._link.ask(Cancel(self._session.number))
            Clock.schedule_once(partial(self._end_if_stuck, self._session.number), STUCK_S)
        self._session.next_work()

    def _end_if_stuck(self, number: int, _: float) -> None:
        match self._session.stuck(number):
            case Stuck.NOT_YET:
                Clock.schedule_once(partial(self._end_if_stuck, number), STUCK_S)
            case Stuck.YES:
                self._link.end()
                self._session.worker_was_ended()
                self._link.ask(Warm(self.preferences.model))

    def go_back(self) -> None:
        """To the last result, or to the beginning."""
        if self.result is None:
            self.picture, self.outlines, self._path, self.photo_words = None, [], "", ""
            self.state = "empty"
            self._say_title("")
        else:
            self._interpupillary_mm = self.result.interpupillary_mm
            self.root.ids.eyes.text = "" if self._interpupillary_mm is None else f"{self._interpupillary_mm:g}"
            self._name_mesher(self.result.view.mesher)
            self._show_result(self.result, self._camera)

    def try_again(self) -> None:
        """The same photo once more."""
        self.open_photo(self._path, self._face)

    def choose_face(self, number: int) -> None:
        """Go on with one of several faces."""
        if self.state == "choosing" and number < len(self.outlines):
            self.open_photo(self._path, number)

    def choose_mesher(self, word: str) -> None:
        """Mesh in another way, also what is shown."""
        if word == self.mesher_word:
            return
        self._name_mesher(MESHERS[word])
        if self.state == "done" and self.result is not None:
            self._withdraw()
            self._steps.begin(None)
            self._work_on(Remesh(self._session.next_work(), self.result.work, self.preferences.mesher))
        elif self.state == "working":
            self.try_again()

    def _name_mesher(self, mesher: str) -> None:
        self.mesher_word = next(word for word, value in MESHERS.items() if value == mesher)
        if mesher != self.preferences.mesher:
            self._keep(mesher=mesher)

    def choose_model(self, word: str) -> None:
        """Use another model, also for what is shown."""
        if word == MODEL_FILE:
            dialog = FileDialog("Choose a model: a .keras file with its .json beside it", str(Path.cwd()),
                                MODEL_SUFFIXES, self._use_model)  # fmt: skip
            dialog.open()
        elif word in MODELS:
            self._use_model(MODELS[word])

    def _use_model(self, model: str | None) -> None:
        if model == self.preferences.model:
            return
        self._keep(model=model)
        self._name_model()
        if self.state in ("done", "working", "error") and self._path:
            self.try_again()
        else:
            self._link.ask(Warm(model))

    def _name_model(self) -> None:
        model = self.preferences.model
        known = next((word for word, value in MODELS.items() if value == model), None)
        self.model_word = known or Path(str(model)).name
        self.model_words = [*MODELS, *([] if known else [self.model_word]), MODEL_FILE]

    def choose_eyes(self, words: str) -> None:
        """Take a measured interpupillary distance for true scale; no words for the average."""
        try:
            measured = read_interpupillary_mm(words)
        except ValueError as error:
            self.eyes_are_wrong, self.status = True, str(error)
            return
        self.eyes_are_wrong = False
        if measured == self._interpupillary_mm:
            return
        self._interpupillary_mm = measured
        self.status = (
            "Size by the average interpupillary distance" if measured is None
            else f"Interpupillary distance {measured:g} mm"
        )  # fmt: skip
        if self.state in ("done", "working") and self._path:
            self.try_again()

    def change_theme(self) -> None:
        """Light for dark and dark for light."""
        self.theme_name = "light" if self.theme_name == "dark" else "dark"
        self.colours.become(THEMES[self.theme_name])
        self._keep(theme=self.theme_name)

    def change_text_size(self, factor: float | None) -> None:
        """Larger or smaller; None for the size that the display asks for."""
        size = 1.0 if factor is None else min(max(self.preferences.text_size * factor, 0.5), 3.0)
        self._keep(text_size=size)
        Metrics.density = self._density * size
        self.status = f"Size of text: {100 * size:.0f} %"

    def forget_photos(self) -> None:
        """No recent photos, and no thumbnails of them."""
        self._keep(recent=())
        self.recent = []

    def open_save(self) -> None:
        """Ask where to save the face."""
        if self.state == "done" and self.result is not None and not open_dialogs():
            photo = Path(self.result.path)
            folder = self.preferences.save_folder or str(photo.parent)
            SaveDialog(f"{photo.stem}_face", folder, self.preferences.save_format, self._save).open()

    def _save(self, path: str, file_format: str) -> None:
        if self.result is None:
            return
        dialog = open_dialogs()[-1]
        request = Save(self._session.next_saving(), self.result.work, path, file_format)
        self._saving = dialog
        self._keep(save_format=file_format, save_folder=str(Path(path).parent))
        self._link.ask(request)

    def focus_first(self) -> None:
        """Begin to walk through what can be pressed."""
        self.root.ids.open.focus = True

    def open_help(self) -> None:
        """Say what keys and mouse do."""
        if not open_dialogs():
            HelpDialog().open()

    # What the worker says

    def on_event(self, event: Event) -> None:
        """Something came from the worker; in the window's own thread."""
        concern = self._session.take(event)
        match event:
            case Ready():
                self.status = f"Ready: {event.model_uri}"
                self.assumed_eyes = f"{event.interpupillary_mm:.1f} assumed"
            case WorkerEnded():
                self._worker_ended(event)
            case Failed() if concern is Concern.WARMING:
                self.status = f"{event.title}. {event.sentence}"
            case _ if concern is Concern.SAVING:
                self._saved(event)
            case _ if concern is Concern.WORK:
                self._go_on(event)

    def _go_on(self, event: Event) -> None:
        match event:
            case Began():
                self._steps.begin(event.step)
                self._say_title(self._steps_words(event.step))
            case PhotoRead():
                self.picture, self._thumbnail = upright_texture(event.picture, "rgb"), event.thumbnail_png
                self.photo_words = f"{Path(self._path).name}   {event.width_px} × {event.height_px}"
            case FacesFound():
                self.outlines = event.outlines
                if event.one_is_needed:
                    self._ask_for_face(len(event.outlines))
            case Done():
                self._take(event)
            case Failed():
                self._fail(event.title, event.sentence)

    def _ask_for_face(self, faces: int) -> None:
        self.title_words = f"{faces} faces were found"
        self.sentence = f"Click the one to go on with, or press its number, 1 to {faces}."
        self.can_try_again = False
        self.state = "choosing"
        self._say_title(self.title_words)

    def _take(self, event: Done) -> None:
        if self.picture is None:
            return
        again = self.result is not None and self.result.path == self._path
        self.result = Result(
            self._path, self._face, self.picture, event.view.outlines, event.view, event.work, self._interpupillary_mm
        )
        self._show_result(self.result, self._camera if again else None)
        if self._thumbnail:
            self.preferences = self.preferences.after(self._path)
            self._keep({self._path: self._thumbnail})
            self.recent = list(self.preferences.recent)

    def _show_result(self, result: Result, camera: Camera | None) -> None:
        self._path, self._face, self.picture, self.outlines = result.path, result.face, result.picture, result.outlines
        view = result.view
        width, height, depth = view.size_mm
        self.photo_words = Path(result.path).name
        self.facts = (
            f"{width:.0f} × {height:.0f} × {depth:.0f} mm, {view.scale}\n"
            f"{view.triangles:,} triangles ({view.mesher}) · {view.model_uri} · {view.seconds:.1f} s"
        )
        self.state = "done"
        # in a frame of its own: to lay out everything takes one
        Clock.schedule_once(partial(self._show_face, view, camera, self._session.number))

    def _show_face(self, view: FaceView, camera: Camera | None, number: int, _: float) -> None:
        if number != self._session.number:
            return  # something else was asked for meanwhile
        self.view = view
        front = self.face_panel.camera
        if camera is not None and front is not None:  # the same face made anew is seen as it was
            self.face_panel.camera = replace(camera, target=front.target)
        width, height, depth = view.size_mm
        self._say_title(f"{width:.0f} × {height:.0f} × {depth:.0f} mm")

    def _fail(self, title: str, sentence: str) -> None:
        self.title_words, self.sentence, self.can_try_again = title, sentence, True
        self.state = "error"
        self._say_title(title)

    def _saved(self, event: Event) -> None:
        assert self._saving is not None  # noqa: S101  on_event asked
        dialog = self._saving
        if isinstance(event, Saved):
            self.status = f"Saved: {event.path}"
            dialog.dismiss()
        elif isinstance(event, Failed):
            dialog.problem = event.sentence
        else:
            return
        dialog.busy, self._saving, self._session.saving = False, None, None

    def _worker_ended(self, event: WorkerEnded) -> None:
        how = "without a word" if event.exit_code is None else f"with status {event.exit_code}"
        words = f"The process that computes ended {how}; too little memory is the usual reason. What was shown is kept."
        if self._saving is not None:
            self._saved(Failed(self._session.saving or 0, "", f"{words} Save again."))
        if self.state == "working":
            self._fail("The work was interrupted", f"{words} Try again: it is started anew.")
        else:
            self.status = f"{words} It is started again when it is needed."

    # What is seen

    def _show(self, *_: Any) -> None:
        view: Widget = {"empty": self._empty, "done": self._done}.get(self.state, self._work)
        if view is self._work:
            side = self._work.ids.side
            wanted = self._steps if self.state == "working" else self._message
            if wanted.parent is not side:
                side.clear_widgets()
                side.add_widget(wanted)
        if view.parent is not self._content:
            self._content.clear_widgets()
            self._content.add_widget(view)

    def _show_recent(self, *_: Any) -> None:
        row = self._empty.ids.recent
        row.clear_widgets()
        for photo in self.recent:
            tile = RecentPhoto(name=Path(photo).name, thumbnail=str(self._store.thumbnail(photo)))
            tile.bind(on_release=lambda _, photo=photo: self.open_photo(photo))
            row.add_widget(tile)

    def _steps_words(self, step: Step | None) -> str:
        return "Working" if step is None else str(step)

    def _say(self, words: str) -> None:
        self.status = words

    def _say_title(self, words: str) -> None:
        name = Path(self._path).name
        Window.set_title(" – ".join(part for part in (name, words, NAME) if part))

    def _keep(self, thumbnails: dict[str, bytes] | None = None, **changes: Any) -> None:
        self.preferences = self.preferences.model_copy(update=changes)
        self._writing.submit(self._write, self.preferences, thumbnails or {})

    def _write(self, preferences: Preferences, thumbnails: dict[str, bytes]) -> None:
        try:
            self._store.save(preferences, thumbnails)
        except OSError as error:
            self._not_remembered(error)

    @mainthread
    def _not_remembered(self, error: OSError) -> None:
        self.status = f"{self._store.folder}: {error.strerror}; choices are not remembered."

    # Dropping

    def _drop_begins(self, *_: Any) -> None:
        self.dropping, self._dropped = True, False

    def _drop(self, _: Any, path: bytes, *__: Any) -> None:
        if not self._dropped:  # of several files the first
            self._dropped = True
            self.open_photo(os.fsdecode(path))
        else:
            self.status = "One photo at a time: the first of them was taken."

    def _drop_ends(self, *_: Any) -> None:
        self.dropping = False
        self._dropped = False

    # Keys

    def _key(self, _: Any, key: int, __: int, character: str | None, modifiers: list[str]) -> bool:
        """True where a key did something."""
        return press_key(self, key, character or "", modifiers)
