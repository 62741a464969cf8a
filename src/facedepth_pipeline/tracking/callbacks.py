"""Keras callbacks that write to the active MLflow run."""

import time
from collections.abc import Callable, Sequence

import keras
import mlflow
from matplotlib.figure import Figure


class EpochLogger(keras.callbacks.Callback):
    """Logs every loss, the validation error and images per second after each epoch, steps from 1."""

    def __init__(self, images_per_epoch: int) -> None:
        super().__init__()
        self._images_per_epoch = images_per_epoch

    def on_epoch_begin(self, epoch: int, logs: dict[str, float] | None = None) -> None:
        """Start the clock."""
        self._started = time.perf_counter()

    def on_epoch_end(self, epoch: int, logs: dict[str, float] | None = None) -> None:
        """Log the epoch in one call."""
        rate = self._images_per_epoch / (time.perf_counter() - self._started)
        values = {name: float(value) for name, value in (logs or {}).items()}
        mlflow.log_metrics({**values, "images_per_second": rate}, step=epoch + 1)


class EpochPictures(keras.callbacks.Callback):
    """Draws the generator's predictions after chosen epochs and logs each picture.

    Args:
        draw: Makes a figure from the generator and the epoch.
        epochs: Epochs to draw after, counted from 1; the last epoch is always drawn.

    Attributes:
        figures: The figures by file name, for the catalog.
    """

    def __init__(self, draw: Callable[[keras.Model, int], Figure], epochs: Sequence[int]) -> None:
        super().__init__()
        self._draw, self._epochs = draw, set(epochs)
        self.figures: dict[str, Figure] = {}

    def on_epoch_end(self, epoch: int, logs: dict[str, float] | None = None) -> None:
        """Draw if it is time."""
        number = epoch + 1
        if number in self._epochs or number == self.params["epochs"]:
            name = f"epoch_{number:03d}.png"
            self.figures[name] = self._draw(self.model.generator, number)
            mlflow.log_figure(self.figures[name], f"progress_pictures/{name}")
