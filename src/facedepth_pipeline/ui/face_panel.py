"""The face in 3-D: real OpenGL in a widget of Kivy."""

from collections.abc import Callable
from importlib.resources import files
from typing import Any

import numpy as np
from kivy.clock import Clock
from kivy.graphics import Callback, ClearBuffers, ClearColor, Color, Ellipse, Fbo, Line, Mesh, Rectangle, RenderContext
from kivy.graphics.opengl import GL_DEPTH_TEST, glDisable, glEnable
from kivy.graphics.texture import Texture
from kivy.graphics.transformation import Matrix
from kivy.metrics import dp
from kivy.properties import ColorProperty, NumericProperty, ObjectProperty, OptionProperty, StringProperty
from kivy.uix.widget import Widget

from facedepth_pipeline.ui.camera import Camera, camera_for, pick
from facedepth_pipeline.ui.messages import DrawnPart, FaceView

VERTEX_FORMAT = [(b"v_pos", 3, "float"), (b"v_normal", 3, "float"), (b"v_uv", 2, "float")]
TURN_DEG = 200.0  # by a drag across the whole width
WHEEL_ZOOM = 1.12
REST_S = 0.15  # after which a still picture is drawn once more, smoother
SMOOTH = 2  # pixels of that picture along each pixel of the display
NOTHING = [0.0, 0.0, 0.0, 0.0]  # OpenGL takes whole numbers for another kind of uniform
OUTSIDE = (-1000.0, -1000.0)
MAX_PICTURE_PX = 4096  # what every OpenGL that Kivy runs on can draw into


class FacePanel(Widget):
    """Shows a face; drag turns it, the wheel or two fingers zoom, shift and drag move it, two clicks measure.

    Attributes:
        view: What to show, None for nothing.
        look: ``textured``, ``solid`` or ``wireframe``.
        background: Behind the face.
        ink: Of the wireframe.
        accent: Of what is measured.
        distance_mm: Between the two clicked points, 0 while there are not two.
        clicked: How many there are.
        words: What there is to say of them.
    """

    view = ObjectProperty(None, allownone=True)
    look = OptionProperty("textured", options=["textured", "solid", "wireframe"])
    background = ColorProperty()
    ink = ColorProperty()
    accent = ColorProperty()
    distance_mm = NumericProperty(0.0)
    clicked = NumericProperty(0)
    words = StringProperty("")

    def __init__(self, **arguments: Any) -> None:
        super().__init__(**arguments)
        self.camera: Camera | None = None
        self._first_camera: Camera | None = None
        self._points: list[np.ndarray] = []
        self._fingers: list[Any] = []
        self._smooth = 1
        self._rest = Clock.create_trigger(self._draw_smoothly, REST_S)
        self._redraw = Clock.create_trigger(self._draw, -1)
        self._fbo = Fbo(size=(16, 16), with_depthbuffer=True)
        shaders = files(__package__) / "shaders"
        sources = {name: (shaders / name).read_text(encoding="utf-8") for name in ("face.vert", "face.frag")}
        self._surface, self._lattice = (
            RenderContext(vs=sources["face.vert"], fs=sources["face.frag"]) for _ in range(2)
        )
        with self._fbo:
            self._clear = ClearColor(0, 0, 0, 1)
            ClearBuffers(clear_depth=True)
            Callback(lambda _: glEnable(GL_DEPTH_TEST))
        self._fbo.add(self._surface)
        self._fbo.add(self._lattice)
        with self._fbo:
            Callback(lambda _: glDisable(GL_DEPTH_TEST))
        self.canvas.add(self._fbo)
        _texture(np.zeros((2, 2, 3), np.uint8))  # the first texture of its kind takes OpenGL 60 ms: better now
        with self.canvas:
            Color(1, 1, 1)
            self._picture = Rectangle(texture=self._fbo.texture)
        with self.canvas.after:
            self._marks_colour = Color(1, 1, 1)
            self._line = Line(width=1.5)
            self._marks = [Ellipse(size=(0, 0)) for _ in range(2)]
        self.bind(pos=self._moved, size=self._moved, view=self._seen, look=self._redraw, background=self._redraw,
                  ink=self._redraw, accent=self._redraw)  # fmt: skip

    # What is shown

    def _seen(self, _: Widget, view: FaceView | None) -> None:
        self.forget_points()
        self._surface.clear()
        self._lattice.clear()
        self.camera = self._first_camera = None
        if view is not None:
            texture = _texture(view.texture)
            self._surface.add(Callback(lambda _: texture.bind()))
            for part in view.surface:
                self._surface.add(_drawing(part, "triangles", texture))
            for part in view.lattice:
                self._lattice.add(_drawing(part, "lines", None))
            self._aim()
        self._redraw()

    def _aim(self) -> None:
        if self.view is not None and self.view.surface:
            corners = [corner for part in self.view.surface
                       for corner in (part.vertices[:, :3].min(0), part.vertices[:, :3].max(0))]  # fmt: skip
            self.camera = self._first_camera = camera_for(np.array(corners), self.aspect)

    @property
    def aspect(self) -> float:
        """Width over height."""
        return self.width / max(self.height, 1)

    def _moved(self, *_: Any) -> None:
        if self.camera is not None and self.camera is self._first_camera:
            self._aim()
        self._redraw()

    # Drawing

    def _draw_smoothly(self, _: float) -> None:
        self._smooth = SMOOTH
        self._draw()
        self._smooth = 1

    def _draw(self, *_: Any) -> None:
        if self._smooth == 1 and self.view is not None:
            self._rest.cancel()  # so that the time of rest begins anew
            self._rest()
        scale = self._smooth if self._smooth * max(self.size) <= MAX_PICTURE_PX else 1
        size = (max(int(self.width * scale), 1), max(int(self.height * scale), 1))
        if tuple(self._fbo.size) != size:
            self._fbo.size = size
        self._clear.rgba = self.background
        if self.camera is not None:
            for context in (self._surface, self._lattice):
                context["view_mat"] = _matrix(self.camera.modelview)
                context["clip_mat"] = _matrix(self.camera.projection(self.aspect))
                context["texture0"] = 0
            look = {"textured": 0.0, "solid": 1.0, "wireframe": 2.0}[self.look]
            self._surface["look"] = look
            self._surface["flat_colour"] = list(self.background)
            self._surface["toward_mm"] = 0.0
            self._lattice["look"] = 2.0
            self._lattice["flat_colour"] = list(self.ink) if self.look == "wireframe" else NOTHING
            # chords of a curved surface lie below it: lines are drawn a little nearer to the eye
            self._lattice["toward_mm"] = 1.0
        self._fbo.ask_update()
        self._picture.texture = self._fbo.texture
        self._picture.pos, self._picture.size = self.pos, self.size
        self._draw_points()
        self.canvas.ask_update()

    def _draw_points(self) -> None:
        self._marks_colour.rgba = self.accent
        places = [self._place(point) for point in self._points]
        radius = dp(5)
        for mark, place in zip(self._marks, [*places, OUTSIDE, OUTSIDE], strict=False):
            mark.size, mark.pos = (2 * radius, 2 * radius), (place[0] - radius, place[1] - radius)
        self._line.points = [*places[0], *places[1]] if len(places) == 2 else []

    def _place(self, point: np.ndarray) -> tuple[float, float]:
        assert self.camera is not None  # noqa: S101  a point was picked through it
        across, up = self.camera.project(point[None], self.aspect)[0]
        return self.x + (across + 1) / 2 * self.width, self.y + (up + 1) / 2 * self.height

    # What a person does

    def turn(self, yaw_deg: float, pitch_deg: float) -> None:
        """Turn the face, degrees to the right and up."""
        self._look_by(lambda camera: camera.turned(-yaw_deg, -pitch_deg))

    def zoom(self, factor: float) -> None:
        """Nearer for factors above 1."""
        self._look_by(lambda camera: camera.zoomed(factor))

    def reset(self) -> None:
        """Look at all of the face from the front."""
        self._aim()
        self._redraw()

    def _look_by(self, change: Callable[[Camera], Camera]) -> None:
        if self.camera is not None:
            self.camera = change(self.camera)
            self._redraw()

    def forget_points(self) -> None:
        """Measure nothing."""
        self._points, self.clicked, self.distance_mm, self.words = [], 0, 0.0, ""
        self._redraw()

    def click(self, x: float, y: float) -> None:
        """Take the point of the face that is seen at a place of the window for measuring; two are a distance."""
        if self.camera is None or self.view is None:
            return
        across, up = (x - self.x) / self.width * 2 - 1, (y - self.y) / self.height * 2 - 1
        point = pick(self.view.surface, *self.camera.ray(across, up, self.aspect))
        if point is None:
            self.forget_points()
            return
        self._points = [*self._points, point] if len(self._points) == 1 else [point]
        self.clicked = len(self._points)
        if self.clicked == 2:
            self.distance_mm = float(np.linalg.norm(self._points[1] - self._points[0]))
            assumed = "" if self.view.scale_is_measured else ", if the assumed scale is right"
            self.words = f"{self.distance_mm:.1f} mm from point to point{assumed}"
        else:
            self.distance_mm, self.words = 0.0, "Click the second point"
        self._redraw()

    def on_touch_down(self, touch: Any) -> bool:
        """Wheel, or the start of a drag."""
        if self.view is None or not self.collide_point(*touch.pos):
            return False
        button = getattr(touch, "button", "left")
        if button in ("scrolldown", "scrollup"):  # Kivy names the way the page goes
            self.zoom(WHEEL_ZOOM if button == "scrolldown" else 1 / WHEEL_ZOOM)
            return True
        touch.grab(self)
        touch.ud["travelled"] = 0.0
        self._fingers.append(touch)
        return True

    def on_touch_move(self, touch: Any) -> bool:
        """Turn, move or zoom."""
        if touch.grab_current is not self:
            return False
        fingers = self._fingers
        touch.ud["travelled"] += abs(touch.dx) + abs(touch.dy)
        if len(fingers) == 2:
            one, other = (np.array(finger.pos) for finger in fingers)
            before = np.array(touch.ppos)
            still = other if fingers[0] is touch else one
            now = np.array(touch.pos)
            if np.linalg.norm(before - still) > 1:
                self.zoom(float(np.linalg.norm(now - still) / np.linalg.norm(before - still)))
        elif getattr(touch, "button", "left") != "left" or "shift" in _modifiers():
            right, up = touch.dx / self.height, touch.dy / self.height
            self._look_by(lambda camera: camera.moved(-right, -up))
        else:
            per_px = TURN_DEG / max(self.width, 1)
            self.turn(touch.dx * per_px, touch.dy * per_px)
        return True

    def on_touch_up(self, touch: Any) -> bool:
        """A press without a drag is a click."""
        if touch.grab_current is not self:
            return False
        touch.ungrab(self)
        self._fingers.remove(touch)
        if touch.ud["travelled"] < dp(4):
            if getattr(touch, "button", "left") == "left":
                self.click(*touch.pos)
            else:
                self.forget_points()
        return True


def _modifiers() -> list[str]:
    from kivy.core.window import Window

    modifiers: list[str] = Window.modifiers
    return modifiers


def _matrix(values: np.ndarray) -> Matrix:
    matrix = Matrix()
    matrix.set(array=values.T.tolist())  # Kivy lists columns
    return matrix


def _texture(pixels: np.ndarray) -> Texture:
    """A texture whose first row of pixels lies at v = 0."""
    height, width = pixels.shape[:2]
    texture = Texture.create(size=(width, height), colorfmt="rgb", mipmap=True)
    texture.blit_buffer(np.ascontiguousarray(pixels).tobytes(), colorfmt="rgb", bufferfmt="ubyte")
    texture.mag_filter, texture.min_filter = "linear", "linear_mipmap_linear"
    return texture


def _drawing(part: DrawnPart, mode: str, texture: Texture | None) -> Mesh:
    return Mesh(
        vertices=np.ascontiguousarray(part.vertices).ravel(),
        indices=np.ascontiguousarray(part.indices).ravel(),
        fmt=VERTEX_FORMAT,
        mode=mode,
        texture=texture,
    )
