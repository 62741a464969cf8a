"""Keeping a training after every epoch, and the averaged weights it predicts with."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np

from facedepth_pipeline.pix2pix.training_state import Checkpoint, TrainingState
from facedepth_pipeline.runtime.keras_import import keras


class EpochCheckpoint(keras.callbacks.Callback):
    """Keeps the training after every epoch.

    Weights of the model include the optimizer with its averages; the state says where every random generator stands.

    Attributes:
        state: What is known so far, earlier epochs of a resumed training included.
    """

    def __init__(self, checkpoint: Checkpoint, owner: str, writes: bool = True) -> None:
        super().__init__()
        self._checkpoint, self._writes = checkpoint, writes
        self.state = checkpoint.read() or TrainingState(owner=owner, history=[])

    def restore(self, model: keras.Model) -> int:
        """Load what there is into the model; give the number of whole epochs behind it."""
        if self.state.history:
            model.load_weights(self._checkpoint.weights_path)
            for variable, value in zip(_random_states(model), self.state.random_states, strict=False):
                variable.assign(value)
        return len(self.state.history)

    def restore_best(self, model: keras.Model) -> None:
        """Load the weights of the best epoch into the generator, where this process has written them."""
        if self._writes and self.state.history:
            model.generator.load_weights(self._checkpoint.best_path)

    def on_epoch_end(self, epoch: int, logs: dict[str, float] | None = None) -> None:
        """Keep this epoch, unless its numbers are not finite: then the one before stays."""
        if not finite(logs):
            return
        values = {name: float(value) for name, value in (logs or {}).items()}
        self.state = TrainingState(
            owner=self.state.owner,
            history=[*self.state.history, values],
            random_states=[keras.ops.convert_to_numpy(state).tolist() for state in _random_states(self.model)],
        )
        improved = self.state.best_epoch == epoch + 1
        if not self._writes:
            # reading variables that are spread over machines takes all of them, so every process saves somewhere
            with TemporaryDirectory() as folder:
                self.model.save_weights(Path(folder) / "unused.weights.h5")
            return
        self._checkpoint.write(self.state, self.model.save_weights, self._write_best if improved else None)

    def _write_best(self, path: Path) -> None:
        with averaged_weights(self.model):
            self.model.generator.save_weights(path)


def _random_states(model: keras.Model) -> list[Any]:
    return [variable for variable in model.variables if variable.path.endswith("seed_generator_state")]


@contextmanager
def averaged_weights(model: keras.Model) -> Iterator[None]:
    """Inside, the model has the moving average of its weights, if its optimizer keeps one."""
    if not model.optimizer.use_ema:
        yield
        return
    variables = model.trainable_variables
    kept = [keras.ops.convert_to_numpy(variable) for variable in variables]
    model.optimizer.finalize_variable_values(variables)
    try:
        yield
    finally:
        for variable, value in zip(variables, kept, strict=True):
            variable.assign(value)


def finite(logs: dict[str, Any] | None) -> bool:
    """Whether all numbers of a step are."""
    return all(np.isfinite(float(value)) for value in (logs or {}).values())
