"""The depth map in colours, with their scale, and the value under the pointer."""

from typing import Any

import numpy as np
from kivy.core.text import Label as CoreLabel
from kivy.core.window import Window
from kivy.graphics import Color, Line, Rectangle
from kivy.metrics import dp
from kivy.properties import ColorProperty, NumericProperty, ObjectProperty, StringProperty
from kivy.uix.widget import Widget

from facedepth_pipeline.ui.messages import FaceView
from facedepth_pipeline.ui.photo_panel import fitted, upright_texture

SCALE_WIDTH_DP = 62
TICKS = 5


class DepthPanel(Widget):
    """Shows the depth map of a face.

    Attributes:
        view: The face, None for nothing.
        text: Colour of the numbers.
        depth_mm: Under the pointer; NaN where there is no face.
        words: The same, for people.
    """

    view = ObjectProperty(None, allownone=True)
    text = ColorProperty()
    depth_mm = NumericProperty(float("nan"))
    words = StringProperty("")

    def __init__(self, **arguments: Any) -> None:
        super().__init__(**arguments)
        self._textures: tuple[Any, Any] | None = None
        self._pointer: tuple[float, float] = (-1.0, -1.0)
        self.bind(view=self._load)
        for name in ("pos", "size", "text"):
            self.fbind(name, self._draw)
        Window.bind(mouse_pos=self._point)

    def _load(self, _: Widget, view: FaceView | None) -> None:
        if view is None:
            self._textures = None
        else:
            scale = np.ascontiguousarray(view.colour_scale[::-1, None])
            self._textures = upright_texture(view.depth_picture, "rgba"), upright_texture(scale, "rgb")
        self._draw()
        self._say()

    @property
    def placed(self) -> tuple[float, float, float, float]:
        """Left, lower edge, width and height of the map in the window: its pixels need not be square."""
        if self.view is None:
            return self.x, self.y, 1, 1
        rows, columns = self.view.depth_mm.shape
        x_mm, y_mm = self.view.pitch_mm
        beside = dp(SCALE_WIDTH_DP)
        free = Widget(pos=self.pos, size=(max(self.width - beside, 1), self.height))
        return fitted(columns * x_mm / (rows * y_mm), free)

    def _draw(self, *_: Any) -> None:
        self.canvas.clear()
        if self._textures is None:
            return
        left, lower, width, height = self.placed
        bar_x, bar_width, margin = left + width + dp(8), dp(14), dp(8)
        with self.canvas:
            Color(1, 1, 1)
            Rectangle(texture=self._textures[0], pos=(left, lower), size=(width, height))
            Rectangle(texture=self._textures[1], pos=(bar_x, lower + margin), size=(bar_width, height - 2 * margin))
            Color(*self.text)
            for share in np.linspace(0, 1, TICKS):
                value = self.view.far_mm + share * (self.view.near_mm - self.view.far_mm)
                y = lower + margin + share * (height - 2 * margin)
                Line(points=[bar_x + bar_width, y, bar_x + bar_width + dp(4), y], width=1)
                label = CoreLabel(text=f"{value:.0f}", font_size=dp(12))
                label.refresh()
                size = label.texture.size
                Rectangle(texture=label.texture, pos=(bar_x + bar_width + dp(7), y - size[1] / 2), size=size)

    def depth_at(self, x: float, y: float) -> float:
        """Depth under a place of the window, millimetres; NaN where there is no face."""
        if self.view is None:
            return float("nan")
        left, lower, width, height = self.placed
        return self.view.depth_at((x - left) / width, 1 - (y - lower) / height)

    def _point(self, _: Any, position: tuple[float, float]) -> None:
        self._pointer = position
        self._say()

    def _say(self) -> None:
        if self.get_root_window() is None:
            return
        self.depth_mm = self.depth_at(*self.to_widget(*self._pointer))
        known = np.isfinite(self.depth_mm)
        self.words = f"{self.depth_mm:.1f} mm" if known else "point at it"
