"""Trainings that are not done yet, one folder each. One of the modules that open files."""

import shutil
from pathlib import Path

import numpy as np

from facedepth_pipeline.pix2pix.training_state import TrainingState, WriteWeights
from facedepth_pipeline.storage.whole_files import replace_file

STATE_FILE = "state.json"
SAMPLE_SUFFIX = ".npy"


class CheckpointFolder:
    """One training on disk: ``state.json``, the weights it speaks of, and the best weights.

    Weights are written under the number of their epoch and ``state.json`` comes last, so that whenever the
    process ends, the state that is read belongs to whole files.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def read(self) -> TrainingState | None:
        """The state after the last whole epoch; None if there is none."""
        state_path = self._folder / STATE_FILE
        if not state_path.is_file():
            return None
        self._state = TrainingState.model_validate_json(state_path.read_text(encoding="utf-8"))
        return self._state

    def write(self, state: TrainingState, write_weights: WriteWeights, write_best: WriteWeights | None) -> None:
        """Keep weights, best weights if they are new, and the state; then drop what the state does not name."""
        self._folder.mkdir(parents=True, exist_ok=True)
        self._state = state
        with replace_file(self.weights_path) as partial:
            write_weights(partial)
        if write_best:
            with replace_file(self.best_path) as partial:
                write_best(partial)
        with replace_file(self._folder / STATE_FILE) as partial:
            partial.write_text(state.model_dump_json(indent=1), encoding="utf-8")
        kept = {self.weights_path.name, self.best_path.name, STATE_FILE}
        for path in self._folder.iterdir():
            if path.name not in kept and path.suffix != SAMPLE_SUFFIX:
                path.unlink()

    def keep_sample(self, epoch: int, predicted_mm: np.ndarray) -> None:
        """Keep what was predicted after an epoch."""
        self._folder.mkdir(parents=True, exist_ok=True)
        with replace_file(self._folder / f"sample_{epoch:04d}{SAMPLE_SUFFIX}") as partial:
            np.save(partial, predicted_mm)

    def samples(self) -> dict[int, np.ndarray]:
        """All kept predictions by epoch; those of epochs that are to be trained again are among them."""
        paths = sorted(self._folder.glob(f"sample_*{SAMPLE_SUFFIX}"))
        return {int(path.stem.removeprefix("sample_")): np.load(path) for path in paths}

    @property
    def weights_path(self) -> Path:
        """Weights after the last epoch."""
        return self._folder / f"epoch_{len(self._state.history):04d}.weights.h5"

    @property
    def best_path(self) -> Path:
        """Weights of the generator after the best epoch."""
        return self._folder / f"best_{self._state.best_epoch:04d}.weights.h5"

    def clear(self) -> None:
        """Remove the folder."""
        shutil.rmtree(self._folder, ignore_errors=True)


class Checkpoints:
    """Trainings by name."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def of(self, name: str) -> CheckpointFolder:
        """The training of this name, which may not have begun."""
        return CheckpointFolder(self._folder / name)
