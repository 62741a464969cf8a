"""Which model and parameters a result comes from."""

import hashlib
from dataclasses import dataclass

from facedepth_pipeline.parameters import ReconstructionParameters


@dataclass(frozen=True)
class MadeBy:
    """What a result follows from, beside the photo.

    Attributes:
        model_uri: Exact version of the generator.
        parameters: How the photo becomes geometry.
        run_id: MLflow run that makes the results; None outside of MLflow.
    """

    model_uri: str
    parameters: ReconstructionParameters
    run_id: str | None = None

    @property
    def result_key(self) -> str:
        """16 hexadecimal digits that stand for model version and shaping parameters: another key, another result."""
        return hashlib.sha256(f"{self.model_uri}\n{self.shaping}".encode()).hexdigest()[:16]

    @property
    def shaping(self) -> str:
        """The parameters that shape a result, as JSON: the same for all results of a key."""
        return self.parameters.model_dump_json(exclude={"max_rejected_fraction", "batch_size"})
