"""What a generator must say about itself to be used: the file that travels with its weights."""

import math
from typing import Annotated, Any

import numpy as np
from pydantic import AliasChoices, BaseModel, ConfigDict, Field

from facedepth_pipeline.depth import FRAME_PITCH, PixelPitch, fitted_pitch
from facedepth_pipeline.parameters import Fit

Point = tuple[float, float]


class LandmarkTemplate(BaseModel):
    """Mean position of the five points of ``mtcnn`` over training portraits.

    Pixels of the 751x501 frame: x along columns, y down rows. Left and right are those of the
    image, not of the person.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    left_eye: Point
    right_eye: Point
    nose: Point
    mouth_left: Point
    mouth_right: Point
    portraits: Annotated[int, Field(ge=1, description="Number of portraits averaged.")]

    @property
    def points_px(self) -> np.ndarray:
        """(5, 2) float64, in the order of the fields, which is that of the detector."""
        points = (self.left_eye, self.right_eye, self.nose, self.mouth_left, self.mouth_right)
        return np.array(points, dtype=np.float64)

    @property
    def interpupillary_mm(self) -> float:
        """Interpupillary distance in millimetres: pixels of the frame are 0.32 mm."""
        return math.dist(self.left_eye, self.right_eye) * FRAME_PITCH.x_mm


class GeneratorSidecar(BaseModel):
    """Everything beside the weights that turns a prediction into millimetres.

    Attributes:
        fit: How the 751x501 frame became 256x256 in training.
        landmarks: Where a face must lie in the frame.
        interpupillary_mm: Interpupillary distance that alignment assumes for a photo of unknown
            scale: the mean of the training portraits.
        valid_threshold_mm: A predicted depth above this counts as face.
        data_digest: SHA-256 of the training and validation pairs.
        training_subjects: Ids whose pairs the weights have seen.
        licence: Terms under which the weights may be used.
        parameters: The training parameters, as logged.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    fit: Fit
    landmarks: LandmarkTemplate
    # generators of version 0.1 say interocular_mm
    interpupillary_mm: Annotated[
        float, Field(gt=0, validation_alias=AliasChoices("interpupillary_mm", "interocular_mm"))
    ]
    valid_threshold_mm: Annotated[float, Field(gt=0)]
    data_digest: str
    training_subjects: tuple[str, ...]
    licence: str
    parameters: dict[str, Any]

    @property
    def pitch(self) -> PixelPitch:
        """Millimetres per pixel of the generator's 256x256 output."""
        return fitted_pitch(self.fit)
