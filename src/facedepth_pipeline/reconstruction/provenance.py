"""What a result comes from, and the key under which it is kept."""

import hashlib
import json
from dataclasses import dataclass
from typing import Any

from facedepth_pipeline.parameters import ReconstructionParameters

# Raise it when the same photo, model and parameters are to give another result than before: results of the earlier
# number are then made anew. A new parameter whose default changes nothing needs no new number.
RESULT_VERSION = 1

SHAPES_NOTHING = frozenset({"max_rejected_fraction", "batch_size", "poisson_threads"})

# Names and order of the parameters before RESULT_VERSION 1, when the key was a hash of all of them.
FORMER_PARAMETERS = {
    "alignment": "alignment", "interpupillary_mm": "interocular_mm", "several_faces": "several_faces",
    "max_yaw_deg": "max_yaw_deg", "max_pitch_deg": "max_pitch_deg", "min_face_inside": "min_face_inside",
    "background": "background", "uncertainty_samples": "doubt_samples", "seed": "seed", "mesher": "mesher",
    "poisson_detail": "poisson_detail", "poisson_threads": "poisson_threads", "max_density_drop": "max_density_drop",
    "max_distance_mm": "max_distance_mm", "max_depth_jump_mm": "max_depth_jump_mm",
    "max_rim_drop_mm": "max_rim_drop_mm", "fill_holes_mm": "fill_holes_mm",
    "smoothing_iterations": "smoothing_iterations", "max_triangles": "max_triangles", "back_mm": "back_mm",
    "wireframe_stride": "wireframe_stride", "formats": "formats", "precision": "precision",
}  # fmt: skip


@dataclass(frozen=True)
class Provenance:
    """What a result follows from, beside the photo.

    Attributes:
        model_uri: Address of exactly this version of the generator.
        parameters: How the photo becomes geometry.
        run_id: MLflow run that makes the results; None outside of MLflow.
    """

    model_uri: str
    parameters: ReconstructionParameters
    run_id: str | None = None

    @property
    def result_key(self) -> str:
        """16 hexadecimal digits that stand for the model version and what shapes a result.

        Parameters count where they differ from their defaults, so a new one leaves the key of earlier results alone.
        """
        defaults = ReconstructionParameters().model_dump(mode="json")
        shaping = {name: value for name, value in self.shaping.items() if value != defaults[name]}
        said = json.dumps([RESULT_VERSION, self.model_uri, shaping], sort_keys=True)
        return _digits(said)

    @property
    def known_keys(self) -> tuple[str, ...]:
        """The key, and those under which equal results of earlier versions of this package lie."""
        return (self.result_key, self._former_key) if RESULT_VERSION == 1 else (self.result_key,)

    @property
    def shaping(self) -> dict[str, Any]:
        """The parameters that shape a result, as plain values."""
        return self.parameters.model_dump(mode="json", exclude=set(SHAPES_NOTHING))

    @property
    def _former_key(self) -> str:
        values = self.parameters.model_dump(mode="json")
        former = {then: values[now] for now, then in FORMER_PARAMETERS.items()}
        return _digits(f"{self.model_uri}\n{json.dumps(former, separators=(',', ':'))}")


def _digits(said: str) -> str:
    return hashlib.sha256(said.encode()).hexdigest()[:16]
