from pathlib import Path

import numpy as np
import pytest

from facedepth_pipeline.pix2pix.checkpoint_folder import CheckpointFolder
from facedepth_pipeline.pix2pix.training_state import TrainingState


def state(*errors: float) -> TrainingState:
    return TrainingState(owner="run", history=[{"val_mae_mm": error} for error in errors])


def writing(text: str):
    return lambda path: Path(path).write_text(text)


def test_a_state_comes_back_with_its_weights_and_older_ones_go(tmp_path):
    folder = CheckpointFolder(tmp_path / "c")
    assert folder.read() is None
    folder.write(state(3), writing("first"), writing("best of first"))
    folder.write(state(3, 4), writing("second"), None)
    again = CheckpointFolder(tmp_path / "c")
    assert again.read() == state(3, 4)
    assert again.weights_path.read_text() == "second"
    assert again.best_path.read_text() == "best of first"
    assert len(list((tmp_path / "c").iterdir())) == 3
    again.clear()
    assert not (tmp_path / "c").exists()


@pytest.mark.parametrize("broken", ["weights", "best", "state"])
def test_whatever_breaks_the_state_before_is_whole(tmp_path, broken, monkeypatch):
    folder = CheckpointFolder(tmp_path)
    folder.write(state(3), writing("first"), writing("best of first"))

    def fail(path: Path) -> None:
        Path(path).write_text("half")
        raise OSError(28, "No space left on device")

    if broken == "state":
        monkeypatch.setattr(TrainingState, "model_dump_json", lambda self, **_: fail(tmp_path / "unused"))
    with pytest.raises(OSError, match="No space"):
        folder.write(
            state(3, 2), fail if broken == "weights" else writing("second"), fail if broken == "best" else writing("b")
        )
    again = CheckpointFolder(tmp_path)
    assert again.read() == state(3)
    assert again.weights_path.read_text() == "first"
    assert again.best_path.read_text() == "best of first"


def test_samples_stay_until_the_training_is_done(tmp_path):
    folder = CheckpointFolder(tmp_path)
    folder.keep_sample(1, np.ones((2, 4, 4), np.float32))
    folder.write(state(3), writing("first"), writing("best"))
    folder.keep_sample(2, np.zeros((2, 4, 4), np.float32))
    samples = CheckpointFolder(tmp_path).samples()
    assert list(samples) == [1, 2]
    assert samples[1].mean() == 1


def test_the_best_epoch_is_that_of_the_lowest_validation_error():
    assert state(3, 2, 4, 2).best_epoch == 2
    assert state().best_epoch == 0
