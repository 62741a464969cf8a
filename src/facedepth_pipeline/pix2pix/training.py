"""Train pix2pix from pairs to a generator in float32."""

import logging
import math
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import numpy as np
import pandas as pd
from tqdm import tqdm

from facedepth_pipeline.depth import IMAGE_SIZE_PX, PixelPitch, denormalize_depth, normalize_depth, normalize_photo
from facedepth_pipeline.parameters import Recipe, TrainParameters
from facedepth_pipeline.pix2pix.backends import current_backend
from facedepth_pipeline.pix2pix.checkpointing import EpochCheckpoint, finite
from facedepth_pipeline.pix2pix.device import choose_device, choose_dtype_policy
from facedepth_pipeline.pix2pix.input_pipeline import AnyPair, Mixture, PairBatches
from facedepth_pipeline.pix2pix.layers import Normalization
from facedepth_pipeline.pix2pix.networks import Networks
from facedepth_pipeline.pix2pix.patchgan import build_discriminator
from facedepth_pipeline.pix2pix.training_state import Checkpoint, is_first_worker
from facedepth_pipeline.pix2pix.unet import Extras, build_generator, set_all_weights
from facedepth_pipeline.runtime.keras_import import keras

logger = logging.getLogger(__name__)

STEPS_BETWEEN_CHECKS = 50
VALIDATION_BATCH = 8


class TqdmProgress(keras.callbacks.Callback):
    """One bar over all steps of all epochs, with the time left and the error so far."""

    def __init__(self, epochs: int, steps_per_epoch: int, first_epoch: int) -> None:
        super().__init__()
        self._epochs, self._steps_per_epoch, self._first_epoch = epochs, steps_per_epoch, first_epoch

    def on_train_begin(self, logs: dict[str, float] | None = None) -> None:
        """Show the bar."""
        self._bar = tqdm(
            total=self._epochs * self._steps_per_epoch,
            initial=self._first_epoch * self._steps_per_epoch,
            desc="training",
            unit="step",
        )

    def on_epoch_begin(self, epoch: int, logs: dict[str, float] | None = None) -> None:
        """Name the epoch."""
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


class _StopWhereItDiverges(keras.callbacks.Callback):
    """Stops when a loss is no longer a number; looked at now and then, since looking waits for the device."""

    diverged = False

    def on_train_batch_end(self, batch: int, logs: dict[str, float] | None = None) -> None:
        """Look at the running means: once one is not finite, it stays so."""
        if batch % STEPS_BETWEEN_CHECKS == 0:
            self._look(logs)

    def on_epoch_end(self, epoch: int, logs: dict[str, float] | None = None) -> None:
        """Look at the whole epoch."""
        self._look(logs)

    def _look(self, logs: dict[str, float] | None) -> None:
        if not finite(logs):
            self.diverged = self.model.stop_training = True


class _StopWithoutProgress(keras.callbacks.Callback):
    """Stops when the best epoch lies too far back, also across a resume."""

    def __init__(self, checkpoint: EpochCheckpoint, patience_epochs: int) -> None:
        super().__init__()
        self._checkpoint, self._patience_epochs = checkpoint, patience_epochs

    def on_epoch_end(self, epoch: int, logs: dict[str, float] | None = None) -> None:
        """Compare with the best epoch."""
        if epoch + 1 - self._checkpoint.state.best_epoch >= self._patience_epochs:
            self.model.stop_training = True


def fit_generator(
    train_pairs: Sequence[AnyPair],
    validation_pairs: Sequence[AnyPair],
    parameters: TrainParameters,
    checkpoint: Checkpoint,
    callbacks: Sequence[keras.callbacks.Callback] = (),
    owner: str = "",
) -> tuple[keras.Model, pd.DataFrame]:
    """Train by the chosen recipe, keeping a checkpoint after each epoch.

    The same call after an interruption goes on from the last whole epoch. A training whose losses are no longer
    numbers stops with a warning; the generator is then that of its best epoch.

    Args:
        train_pairs: Pairs of the training subjects, finished, relightable or both.
        validation_pairs: Pairs of other people, for the error after each epoch; relightable ones are lit the same way
            each time.
        parameters: Recipe and where it runs.
        checkpoint: Belongs to these pairs and parameters alone.
        callbacks: More Keras callbacks; they see the whole model, with the weights that predict.
        owner: Kept in the checkpoint, see there.

    Returns:
        The generator with float32 weights and computation, and the history: one row an epoch with
        ``epoch`` from 1 and a column for each loss (``val_mae_mm``: mean over images of the error
        inside ``valid``, millimetres, without dropout noise).

    Raises:
        ValueError: If the device is missing, a set of pairs is empty, or training diverged in its first epoch.
    """
    recipe = parameters.chosen
    batches = PairBatches(
        train_pairs,
        recipe.batch_size,
        shuffle=True,
        seed=parameters.seed,
        mixture=Mixture(recipe.balance_subjects, recipe.relightable_share),
        cache_bytes=parameters.cache_mb * 2**20,
    )
    # one photo at a time where the photos of a batch would influence each other
    validation_batch = 1 if recipe.normalization == "batch" else VALIDATION_BATCH
    validation = PairBatches(validation_pairs, validation_batch, shuffle=False, seed=0)
    backend = current_backend()
    device_name = choose_device(parameters.device, backend.has_gpu())
    diverging = _StopWhereItDiverges()
    with backend.placed(parameters.distribution, device_name):
        kept = EpochCheckpoint(checkpoint, owner, writes=is_first_worker(os.environ.get("TF_CONFIG")))
        mean_face = mean_normalized_face(train_pairs) if recipe.residual else None
        policy = choose_dtype_policy(parameters.precision, device_name)
        model = build_pix2pix(recipe, parameters.seed, policy, train_pairs[0].depth_map.pitch, mean_face)
        first_epoch = kept.restore(model)
        own_callbacks = [
            _EpochOrder(batches),
            keras.callbacks.LearningRateScheduler(lambda epoch, _: learning_rate_at(epoch, recipe)),
            *([keras.callbacks.SwapEMAWeights()] if recipe.ema_momentum else []),
            diverging,
            kept,
            *([_StopWithoutProgress(kept, recipe.patience_epochs)] if recipe.patience_epochs else []),
            TqdmProgress(recipe.epochs, len(batches), first_epoch),
        ]
        backend.fit(model, batches, validation, first_epoch, recipe.epochs, [*own_callbacks, *callbacks])
    if diverging.diverged:
        _report_divergence(kept)
    if diverging.diverged or recipe.keep == "best":
        kept.restore_best(model)
    table = pd.DataFrame(kept.state.history)
    table.insert(0, "epoch", np.arange(1, len(table) + 1))
    return in_float32(model.generator, recipe, parameters.seed), table


def predict_while_training(model: Networks, photos: np.ndarray) -> np.ndarray:
    """Depth by the networks as they stand, one photo after the other.

    ``predict`` would wait for the other machines of a training, which do not draw pictures.

    Args:
        model: In training.
        photos: (N, 256, 256, 3) uint8 RGB.

    Returns:
        (N, 256, 256) float32 millimetres.
    """
    predicted = [model.predict_for_validation(normalize_photo(photo[None])) for photo in photos]
    return denormalize_depth(np.concatenate([keras.ops.convert_to_numpy(depth) for depth in predicted])[..., 0])


def mean_normalized_face(pairs: Sequence[AnyPair]) -> np.ndarray:
    """Mean of the targets, background included: (256, 256) float32 depth_normalized."""
    total = np.zeros(pairs[0].depth_map.depth_mm.shape)
    for pair in pairs:
        total += normalize_depth(pair.depth_map.depth_mm, pair.depth_map.valid)
    return (total / len(pairs)).astype(np.float32)


def learning_rate_at(epoch: int, recipe: Recipe) -> float:
    """Learning rate of an epoch, counted from 0.

    With linear decay the second half of training falls evenly toward 0, as in the reference
    implementation of pix2pix; the last epoch still has a positive rate. With cosine decay it falls all along.
    """
    match recipe.learning_rate_decay:
        case "none":
            share = 1.0
        case "linear":
            decaying = recipe.epochs - recipe.epochs // 2
            share = min(1.0, (recipe.epochs - epoch) / decaying)
        case "cosine":
            share = (1 + math.cos(math.pi * epoch / recipe.epochs)) / 2
    return recipe.learning_rate * share


def build_pix2pix(
    recipe: Recipe,
    seed: int,
    dtype_policy: str,
    pitch: PixelPitch,
    mean_face: np.ndarray | None = None,
) -> Networks:
    """Both networks and their one optimizer, compiled; weights, dropout and augmentation from the seed."""
    with _dtype_policy(dtype_policy):
        generator = _build(recipe, recipe.normalization, seed, mean_face)
        discriminator = None
        if recipe.adversary != "none":
            discriminator = build_discriminator(recipe.width, recipe.normalization, seed + 1000)
    model: Networks = current_backend().Pix2Pix(generator, discriminator, recipe, pitch, seed + 2000)
    averaging = {"use_ema": True, "ema_momentum": recipe.ema_momentum} if recipe.ema_momentum else {}
    model.compile(optimizer=keras.optimizers.Adam(recipe.learning_rate, beta_1=recipe.beta_1, **averaging))
    model.optimizer.build(model.trainable_variables)  # so that a checkpoint can be loaded before the first step
    return model


def in_float32(generator: keras.Model, recipe: Recipe, seed: int) -> keras.Model:
    """The same generator computing in float32, whatever it was trained in: it must run anywhere.

    One trained with batch norm predicts by the statistics of each photo: as the paper's code does at batch 1, and
    the same whatever else is in the batch.
    """
    mean_face = None
    if recipe.residual:
        mean_face = np.asarray(generator.get_layer("plus_mean_face").get_weights()[0])[..., 0]
    with _dtype_policy("float32"):
        copy = _build(recipe, "instance", seed, mean_face)
    for layer in generator.layers:
        weights = [keras.ops.convert_to_numpy(weight) for weight in layer.weights]
        if weights and layer.name != "plus_mean_face":
            twin = copy.get_layer(layer.name)
            twin.set_weights(weights[: len(twin.weights)])  # batch norm: scale and shift come before its averages
    return copy


def _build(recipe: Recipe, normalization: Normalization, seed: int, mean_face: np.ndarray | None) -> keras.Model:
    extras = Extras(recipe.deepest_multiple, recipe.mask_output, recipe.channels == "red")
    return build_generator(recipe.width, normalization, seed, recipe.decoder, mean_face, extras)


def generator_with(recipe: Recipe, weights: Sequence[np.ndarray]) -> keras.Model:
    """A trained generator in float32 from its recipe and its weights, in the order of Keras."""
    blank = np.zeros((IMAGE_SIZE_PX, IMAGE_SIZE_PX), np.float32) if recipe.residual else None
    with _dtype_policy("float32"):
        network = _build(recipe, "instance", 0, blank)
    set_all_weights(network, weights)
    return network


def _report_divergence(kept: EpochCheckpoint) -> None:
    epoch = len(kept.state.history) + 1
    advice = "Try a lower learning_rate in the recipe, or train.precision=float32."
    if epoch == 1:
        raise ValueError(f"Training diverged in its first epoch: a loss is not a finite number. {advice}")
    best = kept.state.best_epoch
    logger.warning(
        "Training diverged in epoch %d: a loss is not a finite number. The generator of epoch %d is kept "
        "(validation MAE %.2f mm). %s",
        epoch,
        best,
        kept.state.history[best - 1]["val_mae_mm"],
        advice,
    )


@contextmanager
def _dtype_policy(name: str) -> Iterator[None]:
    """Layers made inside have this dtype policy; Keras knows no argument for a whole network."""
    before = keras.config.dtype_policy()
    keras.config.set_dtype_policy(name)
    try:
        yield
    finally:
        keras.config.set_dtype_policy(before)
