"""What a training must remember to go on as if it had never stopped, and the name it is kept under."""

import hashlib
import json
from collections.abc import Callable
from pathlib import Path
from typing import Protocol

import numpy as np
from pydantic import BaseModel, ConfigDict

from facedepth_pipeline.parameters import TrainParameters

WriteWeights = Callable[[Path], None]


class TrainingState(BaseModel):
    """A training after a whole epoch; the weights lie beside it.

    Attributes:
        owner: Who trains, the id of an MLflow run, say: an interrupted training goes on under the same name.
        history: Losses and errors of each epoch, from the first.
        random_states: Of dropout and augmentation, in the order of the model; Keras leaves them out of its weights.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    owner: str
    history: list[dict[str, float]]
    random_states: list[list[int]] = []

    @property
    def best_epoch(self) -> int:
        """Epoch with the lowest validation error, counted from 1; 0 before the first."""
        errors = [epoch["val_mae_mm"] for epoch in self.history]
        return int(np.argmin(errors)) + 1 if errors else 0


class Checkpoint(Protocol):
    """Where one training is kept: one set of parameters and one set of pairs."""

    def read(self) -> TrainingState | None:
        """The state after the last whole epoch; None if there is nothing to go on from."""
        ...

    def write(self, state: TrainingState, write_weights: WriteWeights, write_best: WriteWeights | None) -> None:
        """Keep a state with its weights, and with new best weights if there are any; all or nothing."""
        ...

    @property
    def weights_path(self) -> Path:
        """Weights of the whole model with its optimizer, after the last epoch."""
        ...

    @property
    def best_path(self) -> Path:
        """Weights of the generator after its best epoch."""
        ...

    def keep_sample(self, epoch: int, predicted_mm: np.ndarray) -> None:
        """Keep what was predicted after an epoch, for people to look at."""
        ...

    def samples(self) -> dict[int, np.ndarray]:
        """All kept predictions by epoch."""
        ...

    def clear(self) -> None:
        """Forget the training: it is done."""
        ...


def checkpoint_name(parameters: TrainParameters, data_digest: str) -> str:
    """Name that belongs to exactly these pairs, this recipe and this precision: 16 hex digits.

    Where training runs, what it draws and how much it caches does not change what is learned.
    """
    learned = {"recipe": parameters.chosen.model_dump(), "seed": parameters.seed, "precision": parameters.precision}
    return hashlib.sha256(f"{learned}{data_digest}".encode()).hexdigest()[:16]


def is_first_worker(tf_config: str | None) -> bool:
    """Whether this process keeps, logs and saves, of all that train together.

    Args:
        tf_config: TF_CONFIG of the environment, which lists the processes in JSON; None if it trains alone.
    """
    if not tf_config:
        return True
    config = json.loads(tf_config)
    first = "chief" if "chief" in config["cluster"] else "worker"
    return bool(config["task"]["type"] == first and int(config["task"]["index"]) == 0)
