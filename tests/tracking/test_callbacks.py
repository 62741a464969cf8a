import mlflow
import pytest

from facedepth_pipeline.pix2pix.checkpoint_folder import CheckpointFolder
from facedepth_pipeline.pix2pix.training_state import TrainingState
from facedepth_pipeline.tracking.callbacks import EpochLogger

pytestmark = pytest.mark.usefixtures("empty_tracking")


def test_an_epoch_that_was_kept_but_not_logged_is_logged_on_resuming(tmp_path):
    """A process can be killed between the two."""
    checkpoint = CheckpointFolder(tmp_path / "checkpoint")
    history = [{"val_mae_mm": 4.0}, {"val_mae_mm": 3.0}]
    checkpoint.write(TrainingState(owner="run", history=history), lambda path: None, lambda path: None)
    with mlflow.start_run() as run:
        mlflow.log_metrics(history[0], step=1)
        logger = EpochLogger(10, checkpoint)
        logger.on_train_begin()
        logger.on_train_end()
    curve = mlflow.MlflowClient().get_metric_history(run.info.run_id, "val_mae_mm")
    assert [(point.step, point.value) for point in curve] == [(1, 4.0), (2, 3.0)]
