"""The photo, with the outlines of faces on it."""

from typing import Any

import numpy as np
from kivy.core.text import Label as CoreLabel
from kivy.graphics import Color, Line, Rectangle
from kivy.graphics.texture import Texture
from kivy.metrics import dp
from kivy.properties import BooleanProperty, ColorProperty, ListProperty, ObjectProperty
from kivy.uix.widget import Widget

from facedepth_pipeline.ui.outlines import outline_round


class PhotoPanel(Widget):
    """Shows a photo in whole; of several faces one can be clicked.

    Attributes:
        picture: A texture of the photo, None for nothing.
        outlines: Closed lines, (N, 2) in shares of width and height from the upper left corner.
        choosing: Whether faces are numbered and can be clicked; event ``on_face`` has the number, from 0.
        accent: Of the outlines.
        accent_text: Of the numbers.
    """

    __events__ = ("on_face",)

    picture = ObjectProperty(None, allownone=True)
    outlines = ListProperty()
    choosing = BooleanProperty(False)
    accent = ColorProperty()
    accent_text = ColorProperty()

    def __init__(self, **arguments: Any) -> None:
        super().__init__(**arguments)
        for name in ("pos", "size", "picture", "outlines", "choosing", "accent", "accent_text"):
            self.fbind(name, self._draw)

    @property
    def placed(self) -> tuple[float, float, float, float]:
        """Left, lower edge, width and height of the photo in the window."""
        width, height = (1, 1) if self.picture is None else self.picture.size
        return fitted(width / height, self)

    def _draw(self, *_: Any) -> None:
        self.canvas.clear()
        if self.picture is None:
            return
        left, lower, width, height = self.placed
        with self.canvas:
            Color(1, 1, 1)
            Rectangle(texture=self.picture, pos=(left, lower), size=(width, height))
            for number, outline in enumerate(self.outlines, start=1):
                across, down = np.asarray(outline).T
                points = np.stack([left + across * width, lower + (1 - down) * height], axis=1)
                Color(0, 0, 0, 0.55)
                Line(points=points.ravel().tolist(), width=dp(2.2), close=True)
                Color(*self.accent)
                Line(points=points.ravel().tolist(), width=dp(1.3), close=True)
                if self.choosing:
                    self._draw_number(number, points)

    def _draw_number(self, number: int, points: np.ndarray) -> None:
        label = CoreLabel(text=str(number), font_size=dp(18), bold=True)
        label.refresh()
        x, y = points[points[:, 1].argmax()]
        size = dp(28)
        Color(*self.accent)
        Rectangle(pos=(x - size / 2, y - size / 2), size=(size, size))
        Color(*self.accent_text)
        words = label.texture
        Rectangle(texture=words, pos=(x - words.width / 2, y - words.height / 2), size=words.size)

    def face_at(self, x: float, y: float) -> int | None:
        """Which outline has a place of the window inside; the smallest, where several have."""
        left, lower, width, height = self.placed
        return outline_round(self.outlines, (x - left) / width, 1 - (y - lower) / height)

    def on_touch_down(self, touch: Any) -> bool:
        """A click on a face chooses it."""
        if not self.choosing or not self.collide_point(*touch.pos):
            return False
        number = self.face_at(*touch.pos)
        if number is not None:
            self.dispatch("on_face", number)
        return True

    def on_face(self, number: int) -> None:
        """A face was clicked."""


def upright_texture(pixels: np.ndarray, colours: str) -> Texture:
    """A texture that shows (h, w, 3 or 4) uint8 with its first row above."""
    height, width = pixels.shape[:2]
    texture = Texture.create(size=(width, height), colorfmt=colours)
    texture.blit_buffer(np.ascontiguousarray(pixels).tobytes(), colorfmt=colours, bufferfmt="ubyte")
    texture.flip_vertical()
    return texture


def fitted(aspect: float, widget: Widget) -> tuple[float, float, float, float]:
    """Left, lower edge, width and height of the largest rectangle of an aspect (width over height) in a widget."""
    width = min(widget.width, widget.height * aspect)
    height = width / aspect
    return widget.center_x - width / 2, widget.center_y - height / 2, max(width, 1), max(height, 1)
