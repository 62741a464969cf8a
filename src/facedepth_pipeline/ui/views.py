"""The parts of the window, as ``window.kv`` lays them out."""

from dataclasses import fields
from typing import Any

from kivy.event import EventDispatcher
from kivy.properties import (
    BooleanProperty,
    ColorProperty,
    NumericProperty,
    ObjectProperty,
    OptionProperty,
    StringProperty,
)
from kivy.uix.behaviors import ButtonBehavior
from kivy.uix.boxlayout import BoxLayout
from kivy.uix.label import Label
from kivy.uix.widget import Widget

from facedepth_pipeline.ui import depth_panel, face_panel, photo_panel  # noqa: F401  window.kv names what is in them
from facedepth_pipeline.ui.controls import Pressable
from facedepth_pipeline.ui.messages import Step
from facedepth_pipeline.ui.themes import Theme


class Colours(EventDispatcher):
    """The theme in effect, as properties that ``window.kv`` follows."""

    background, panel, field, pressed = ColorProperty(), ColorProperty(), ColorProperty(), ColorProperty()
    text, muted, accent, accent_text = ColorProperty(), ColorProperty(), ColorProperty(), ColorProperty()
    line, alert = ColorProperty(), ColorProperty()

    def become(self, theme: Theme) -> None:
        """Take the colours of a theme."""
        for one in fields(theme):
            setattr(self, one.name, getattr(theme, one.name))


class RootView(BoxLayout):
    """Bar, content and status line."""


class EmptyView(BoxLayout):
    """Where a photo is dropped or chosen."""


class RecentPhoto(Pressable, BoxLayout):
    """A thumbnail that opens its photo."""

    name, thumbnail = StringProperty(""), StringProperty("")


class WorkView(BoxLayout):
    """The photo, and beside it the steps or what there is to say."""


class StepRow(BoxLayout):
    """One step."""

    words, stage = StringProperty(""), OptionProperty("waiting", options=["waiting", "now", "done"])


class ProgressLine(Widget):
    """A share of the way."""

    share = NumericProperty(0.0)


class StepsView(BoxLayout):
    """The steps, which one it is, and a way out."""

    share, loading = NumericProperty(0.0), BooleanProperty(False)

    def __init__(self, **arguments: Any) -> None:
        super().__init__(**arguments)
        self._rows = {step: StepRow(words=str(step)) for step in Step}
        for row in self._rows.values():
            self.ids.rows.add_widget(row)

    def begin(self, step: Step | None) -> None:
        """Show that a step began; None: nothing has."""
        order = list(Step)
        at = -1 if step is None else order.index(step)
        for number, row in enumerate(self._rows.values()):
            row.stage = "done" if number < at else "now" if number == at else "waiting"
        self.share = (at + 0.5) / len(order) if at >= 0 else 0.0
        self.loading = step is Step.LOAD


class MessageView(BoxLayout):
    """What went wrong, or what is to be chosen."""


class ResultView(BoxLayout):
    """Photo, depth map and the face in 3-D."""


class FileRow(ButtonBehavior, Label):
    """A folder or a file in a list."""

    is_folder, marked, view = BooleanProperty(False), BooleanProperty(False), ObjectProperty(None, allownone=True)

    def on_release(self) -> None:
        """Open it."""
        self.view.open_entry(self.text)
