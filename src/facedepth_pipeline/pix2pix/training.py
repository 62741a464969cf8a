"""Train pix2pix from pairs to a generator in float32."""

import hashlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import keras
import pandas as pd
from tqdm import tqdm

from facedepth_pipeline.pairs import Pair
from facedepth_pipeline.parameters import TrainParameters
from facedepth_pipeline.pix2pix.device import choose_device, choose_dtype_policy
from facedepth_pipeline.pix2pix.input_pipeline import PairBatches
from facedepth_pipeline.pix2pix.model import Pix2Pix
from facedepth_pipeline.pix2pix.patchgan import build_discriminator
from facedepth_pipeline.pix2pix.unet import build_generator


class TqdmProgress(keras.callbacks.Callback):
    """One bar over all steps of all epochs, with the time left and the error so far."""

    def __init__(self, epochs: int, steps_per_epoch: int) -> None:
        super().__init__()
        self._epochs, self._steps_per_epoch = epochs, steps_per_epoch

    def on_train_begin(self, logs: dict[str, float] | None = None) -> None:
        """Show the bar."""
        self._bar = tqdm(total=self._epochs * self._steps_per_epoch, desc="training", unit="step")

    def on_epoch_begin(self, epoch: int, logs: dict[str, float] | None = None) -> None:
        """Name the epoch; a resumed training starts where it broke off."""
        self._bar.n = epoch * self._steps_per_epoch
        self._bar.set_description(f"training epoch {epoch + 1}/{self._epochs}")

    def on_train_batch_end(self, batch: int, logs: dict[str, float] | None = None) -> None:
        """Count the step."""
        self._bar.update()

    def on_epoch_end(self, epoch: int, logs: dict[str, float] | None = None) -> None:
        """Show the error on validation people."""
        self._bar.set_postfix_str(f"validation MAE {(logs or {})['val_mae_mm']:.2f} mm")

    def on_train_end(self, logs: dict[str, float] | None = None) -> None:
        """Leave the bar as it is."""
        self._bar.close()


class _EpochOrder(keras.callbacks.Callback):
    """Gives every epoch its own order, also the first one after a resume."""

    def __init__(self, batches: PairBatches) -> None:
        super().__init__()
        self._batches = batches

    def on_epoch_begin(self, epoch: int, logs: dict[str, float] | None = None) -> None:
        """Put the pairs into the epoch's order."""
        self._batches.start_epoch(epoch)


def fit_generator(
    train_pairs: Sequence[Pair],
    validation_pairs: Sequence[Pair],
    parameters: TrainParameters,
    checkpoint_folder: Path,
    callbacks: Sequence[keras.callbacks.Callback] = (),
) -> tuple[keras.Model, pd.DataFrame]:
    """Train for the given epochs, saving a checkpoint after each.

    The same call after an interruption goes on from the last whole epoch.

    Args:
        train_pairs: Pairs of the training subjects.
        validation_pairs: Pairs of other people, for the error after each epoch.
        parameters: Networks, losses, optimisation.
        checkpoint_folder: Where checkpoints lie; it must belong to these pairs and parameters.
        callbacks: More Keras callbacks; they see the whole :class:`Pix2Pix` model.

    Returns:
        The generator with float32 weights and computation, and the history: one row an epoch with
        ``epoch`` from 1 and a column for each loss (``val_mae_mm``: mean over images of the error
        inside ``valid``, millimetres, without dropout noise).

    Raises:
        ValueError: If the device is missing or a set of pairs is empty.
    """
    batches = PairBatches(train_pairs, parameters.batch_size, shuffle=True, seed=parameters.seed)
    validation = PairBatches(validation_pairs, 8, shuffle=False, seed=0)
    device_name = choose_device(parameters.device)
    with keras.device(device_name):
        model = build_pix2pix(parameters, choose_dtype_policy(parameters.precision, device_name))
        history = model.fit(
            batches,
            validation_data=validation,
            epochs=parameters.epochs,
            verbose=0,  # the progress bar is a callback
            callbacks=[
                keras.callbacks.BackupAndRestore(checkpoint_folder),
                _EpochOrder(batches),
                keras.callbacks.LearningRateScheduler(lambda epoch, _: learning_rate_at(epoch, parameters)),
                TqdmProgress(parameters.epochs, len(batches)),
                *callbacks,
            ],
        )
    table = pd.DataFrame(history.history)
    table.insert(0, "epoch", [epoch + 1 for epoch in history.epoch])
    return in_float32(model.generator, parameters), table


def learning_rate_at(epoch: int, parameters: TrainParameters) -> float:
    """Learning rate of an epoch, counted from 0.

    With linear decay the second half of training falls evenly toward 0, as in the reference
    implementation of pix2pix; the last epoch still has a positive rate.
    """
    if parameters.learning_rate_decay == "none":
        return parameters.learning_rate
    decaying = parameters.epochs - parameters.epochs // 2
    return parameters.learning_rate * min(1.0, (parameters.epochs - epoch) / decaying)


def checkpoint_name(parameters: TrainParameters, data_digest: str) -> str:
    """Name of the folder that belongs to exactly these parameters and pairs."""
    text = parameters.model_dump_json() + data_digest
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def build_pix2pix(parameters: TrainParameters, dtype_policy: str) -> Pix2Pix:
    """Both networks and their one optimizer, compiled; weights, dropout and jitter from the seed."""
    width, normalization, seed = parameters.width, parameters.normalization, parameters.seed
    with _dtype_policy(dtype_policy):
        generator = build_generator(width, normalization, seed)
        discriminator = build_discriminator(width, normalization, seed + 1000)
    model = Pix2Pix(
        generator,
        discriminator,
        parameters.distance,
        parameters.lambda_distance,
        parameters.augmentation,
        seed + 2000,
    )
    model.compile(optimizer=keras.optimizers.Adam(parameters.learning_rate, beta_1=parameters.beta_1))
    return model


def in_float32(generator: keras.Model, parameters: TrainParameters) -> keras.Model:
    """The same generator computing in float32, whatever it was trained in: it must run anywhere."""
    with _dtype_policy("float32"):
        copy = build_generator(parameters.width, parameters.normalization, parameters.seed)
    copy.set_weights(generator.get_weights())
    return copy


@contextmanager
def _dtype_policy(name: str) -> Iterator[None]:
    """Layers made inside have this dtype policy; Keras knows no argument for a whole network."""
    before = keras.config.dtype_policy()
    keras.config.set_dtype_policy(name)
    try:
        yield
    finally:
        keras.config.set_dtype_policy(before)
