"""Keras callbacks that write to the active MLflow run."""

import time
from collections.abc import Callable, Mapping, Sequence

import mlflow
import numpy as np
from matplotlib.figure import Figure
from mlflow.system_metrics.system_metrics_monitor import SystemMetricsMonitor

from facedepth_pipeline.pix2pix.checkpointing import averaged_weights
from facedepth_pipeline.pix2pix.training_state import Checkpoint
from facedepth_pipeline.runtime.keras_import import keras

PICTURE = "progress_picture.png"


class EpochLogger(keras.callbacks.Callback):
    """Logs every loss, the validation error, learning rate and images per second after each epoch, steps from 1.

    Images per second count training alone, without validation. What processor, memory and GPU do is logged every ten
    seconds while training.
    """

    def __init__(self, images_per_epoch: int, checkpoint: Checkpoint) -> None:
        super().__init__()
        self._images_per_epoch, self._checkpoint = images_per_epoch, checkpoint

    def on_train_begin(self, logs: dict[str, float] | None = None) -> None:
        """Log what an interruption kept from being logged, and watch the machine."""
        run = mlflow.active_run()
        state = self._checkpoint.read()
        logged = {point.step for point in mlflow.MlflowClient().get_metric_history(run.info.run_id, "val_mae_mm")}
        for epoch, values in enumerate(state.history if state else [], start=1):
            if epoch not in logged:
                mlflow.log_metrics(values, step=epoch)
        self._monitor = SystemMetricsMonitor(run.info.run_id, resume_logging=True)
        self._monitor.start()

    def on_train_end(self, logs: dict[str, float] | None = None) -> None:
        """Watch no longer."""
        self._monitor.finish()

    def on_epoch_begin(self, epoch: int, logs: dict[str, float] | None = None) -> None:
        """Start the clock."""
        self._started = self._stopped = time.perf_counter()

    def on_train_batch_end(self, batch: int, logs: dict[str, float] | None = None) -> None:
        """Remember when the last step ended."""
        self._stopped = time.perf_counter()

    def on_epoch_end(self, epoch: int, logs: dict[str, float] | None = None) -> None:
        """Log the epoch in one call."""
        rate = self._images_per_epoch / (self._stopped - self._started)
        values = {name: float(value) for name, value in (logs or {}).items()}
        mlflow.log_metrics({**values, "images_per_second": rate}, step=epoch + 1)


class EpochPictures(keras.callbacks.Callback):
    """Draws what the generator predicts after chosen epochs, all in one picture, and logs it as it grows.

    Args:
        predict: Makes (people, 256, 256) millimetres from the model in training.
        draw: Makes the picture from predictions by epoch.
        epochs: Epochs to draw after, counted from 1; the last epoch is always drawn.
        checkpoint: Keeps the predictions, so that a resumed training draws the earlier ones too.
    """

    def __init__(
        self,
        predict: Callable[[keras.Model], np.ndarray],
        draw: Callable[[Mapping[int, np.ndarray]], Figure],
        epochs: Sequence[int],
        checkpoint: Checkpoint,
    ) -> None:
        super().__init__()
        self._predict, self._draw, self._epochs, self._checkpoint = predict, draw, set(epochs), checkpoint

    def on_epoch_end(self, epoch: int, logs: dict[str, float] | None = None) -> None:
        """Draw if it is time."""
        number = epoch + 1
        if number in self._epochs or number == self.params["epochs"]:
            with averaged_weights(self.model):
                self._checkpoint.keep_sample(number, self._predict(self.model))
            mlflow.log_figure(self.figure, PICTURE)

    @property
    def figure(self) -> Figure:
        """The picture of all epochs drawn so far."""
        return self._draw(self._checkpoint.samples())
