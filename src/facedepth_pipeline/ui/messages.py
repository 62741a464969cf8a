"""What window and worker say to each other. Plain data: the window must not load what the worker needs."""

from dataclasses import dataclass, field
from enum import StrEnum

import numpy as np


class Step(StrEnum):
    """What the worker is doing, in the order in which it is done."""

    READ = "Reading the photo"
    LOAD = "Loading TensorFlow and the model"
    FIND = "Looking for the face"
    PREDICT = "Predicting the depth"
    BUILD = "Building the mesh"
    SHOW = "Preparing the view"


PD_MM = (50.0, 75.0)  # distances that the parameters of the pipeline allow
WARMING = 0  # the number of every Warm; requests count from 1


@dataclass(frozen=True)
class Settings:
    """What a person can choose.

    Attributes:
        model: Address as :func:`~facedepth_pipeline.tracking.resolve.find_version` takes it; None for the best.
        mesher: ``grid`` or ``poisson``.
        interpupillary_mm: Measured interpupillary distance, 50 to 75 mm; None where it is not known.
    """

    model: str | None = None
    mesher: str = "grid"
    interpupillary_mm: float | None = None


# Requests, from the window


@dataclass(frozen=True)
class Warm:
    """Load what will be needed, so that the first photo does not wait for it."""

    model: str | None


@dataclass(frozen=True)
class Reconstruct:
    """Turn a photo into a face.

    Attributes:
        number: Of the request; answers carry it, and :class:`Cancel` names it.
        path: Of the photo.
        settings: Model, mesher, scale.
        face: Which of several faces, counted as in :class:`FacesFound`; None where it is not known that there are.
    """

    number: int
    path: str
    settings: Settings
    face: int | None = None


@dataclass(frozen=True)
class Remesh:
    """Mesh the depth of an earlier result in another way.

    Attributes:
        number: Of the request.
        work: Of :class:`Done`.
        mesher: ``grid`` or ``poisson``.
    """

    number: int
    work: bytes = field(repr=False)
    mesher: str = "grid"


@dataclass(frozen=True)
class Save:
    """Write one file of an earlier result.

    Attributes:
        number: Of the request.
        work: Of :class:`Done`.
        path: Of the file, whose folder exists; replaced where it exists.
        file_format: Name of a format, see :mod:`facedepth_pipeline.mesh.formats`.
    """

    number: int
    work: bytes = field(repr=False)
    path: str = ""
    file_format: str = "glb"


@dataclass(frozen=True)
class Cancel:
    """Stop at the next step; what was asked for by this number is no longer wanted."""

    number: int


Request = Warm | Reconstruct | Remesh | Save | Cancel


# Events, from the worker


@dataclass(frozen=True)
class Ready:
    """A model is loaded.

    Attributes:
        model_uri: Which version of which.
        interpupillary_mm: Interpupillary distance that it assumes, millimetres.
    """

    model_uri: str
    interpupillary_mm: float


@dataclass(frozen=True)
class Began:
    """A step began."""

    number: int
    step: Step


@dataclass(frozen=True, eq=False)
class PhotoRead:
    """The photo, small enough to be shown.

    Attributes:
        number: Of the request.
        picture: (h, w, 3) uint8 RGB, at most 1280 px long.
        width_px: Of the photo itself.
        height_px: Of the photo itself.
        thumbnail_png: At most 160 px long.
    """

    number: int
    picture: np.ndarray
    width_px: int
    height_px: int
    thumbnail_png: bytes = field(repr=False)


@dataclass(frozen=True, eq=False)
class FacesFound:
    """Where faces are.

    Attributes:
        number: Of the request.
        outlines: A closed line each, (N, 2) in shares of width and height from the upper left corner; largest first.
        one_is_needed: Whether nothing more happens until a person has said which one.
    """

    number: int
    outlines: list[np.ndarray]
    one_is_needed: bool


@dataclass(frozen=True, eq=False)
class DrawnPart:
    """Triangles or lines that one call of OpenGL draws: its indices have 16 bits.

    Attributes:
        vertices: (V, 8) float32: position in mm, unit normal, texture coordinates from the upper left corner; V at
            most 65,536.
        indices: (F, 3) or (E, 2) uint16.
    """

    vertices: np.ndarray
    indices: np.ndarray


@dataclass(frozen=True, eq=False)
class FaceView:
    """A face, ready to be drawn.

    Attributes:
        outlines: Closed lines round what was predicted as face, as in :class:`FacesFound`.
        depth_mm: (256, 256) float32; 0 where not valid.
        valid: (256, 256) bool.
        pitch_mm: Of a pixel of the depth map, along x and y.
        depth_picture: (256, 256, 4) uint8 RGBA, clear where not valid.
        colour_scale: (256, 3) uint8 RGB, from far to near.
        near_mm: Depth of its last colour.
        far_mm: Depth of its first colour.
        texture: (h, w, 3) uint8 RGB; h and w are powers of two, at most 2048 and 1024.
        surface: Triangles.
        lattice: Lines.
        size_mm: Extent of the mesh along x, y and z.
        triangles: Number of them.
        mesher: That made them.
        scale: Where the millimetres come from, in words.
        scale_is_measured: Whether that is more than an assumption.
        model_uri: Which generator.
        seconds: That the work took, without waiting for the model.
    """

    outlines: list[np.ndarray]
    depth_mm: np.ndarray
    valid: np.ndarray
    pitch_mm: tuple[float, float]
    depth_picture: np.ndarray
    colour_scale: np.ndarray
    near_mm: float
    far_mm: float
    texture: np.ndarray
    surface: list[DrawnPart]
    lattice: list[DrawnPart]
    size_mm: tuple[float, float, float]
    triangles: int
    mesher: str
    scale: str
    scale_is_measured: bool
    model_uri: str
    seconds: float

    def depth_at(self, across: float, down: float) -> float:
        """Depth in millimetres at a place in shares of the map from its upper left corner; NaN where no face is."""
        rows, columns = self.depth_mm.shape
        row, column = int(np.floor(down * rows)), int(np.floor(across * columns))
        if not (0 <= row < rows and 0 <= column < columns and self.valid[row, column]):
            return float("nan")
        return float(self.depth_mm[row, column])


@dataclass(frozen=True, eq=False)
class Done:
    """A face is there.

    Attributes:
        number: Of the request.
        view: What to draw.
        work: Everything that saving and another mesher need, for the worker alone: the window keeps it, so that a
            result outlives the worker.
    """

    number: int
    view: FaceView
    work: bytes = field(repr=False)


@dataclass(frozen=True)
class Saved:
    """A file is written."""

    number: int
    path: str


@dataclass(frozen=True)
class Failed:
    """It did not work.

    Attributes:
        number: Of the request.
        title: What kind of problem, in a few words.
        sentence: What was received, what was expected, what to do.
    """

    number: int
    title: str
    sentence: str


@dataclass(frozen=True)
class Cancelled:
    """The worker stopped where it was asked to."""

    number: int


@dataclass(frozen=True)
class WorkerEnded:
    """The worker is gone; the next request starts another.

    Attributes:
        exit_code: Of the process; negative: the signal that ended it.
    """

    exit_code: int | None


Event = Ready | Began | PhotoRead | FacesFound | Done | Saved | Failed | Cancelled | WorkerEnded
