"""The training step on TensorFlow, its datasets, and training on several devices and machines."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import cache
from typing import Any

import numpy as np
import tensorflow as tf

from facedepth_pipeline.pix2pix.device import Distribution
from facedepth_pipeline.pix2pix.input_pipeline import PairBatches
from facedepth_pipeline.pix2pix.networks import Batch, Networks
from facedepth_pipeline.runtime.keras_import import keras


class Pix2Pix(Networks):
    """:class:`Networks` with the steps that ``fit`` and ``evaluate`` call on TensorFlow."""

    def train_step(self, data: Batch) -> dict[str, Any]:
        """One update of both networks from the same forward pass."""
        photo, target, valid = self.prepare(data, training=True)
        with tf.GradientTape() as generator_tape, tf.GradientTape() as discriminator_tape:
            predicted, mask_logits = self.predict_for_training(photo)
            fake_logits = self.judge(photo, predicted)
            losses = self.generator_losses(predicted, mask_logits, fake_logits, target, valid)
            generator_loss = losses["generator_loss"] / _replicas()
            if self.discriminator is not None:
                losses["discriminator_loss"] = self.judge_loss(self.judge(photo, target), fake_logits)
                discriminator_loss = losses["discriminator_loss"] / _replicas()
        variables = self.generator.trainable_variables
        gradients = generator_tape.gradient(generator_loss, variables)
        if self.discriminator is not None:
            gradients += discriminator_tape.gradient(discriminator_loss, self.discriminator.trainable_variables)
            variables = variables + self.discriminator.trainable_variables
        self.optimizer.apply_gradients(zip(gradients, variables, strict=True))
        return self.track(losses, predicted, target, valid)

    def test_step(self, data: Batch) -> dict[str, Any]:
        """Error of the prediction: mean over valid pixels, millimetres."""
        photo, target, valid = self.prepare(data, training=False)
        return self.track({}, self.predict_for_validation(photo), target, valid)


def as_dataset(batches: PairBatches, training: bool) -> tf.data.Dataset:
    """The same batches as a ``tf.data.Dataset``, made ahead while the device computes.

    Several devices share each batch, whether they belong to one machine or to several, and none may be left without
    a pair: a batch that does not come out even is filled up, in training by its own pairs, else by pairs without a
    surface, which no error counts.
    """
    devices = _replicas()
    signature = tuple(tf.TensorSpec((None, *part.shape[1:]), part.dtype) for part in batches[0])
    dataset = tf.data.Dataset.from_generator(
        lambda: (_filled_up(batches[index], devices, training) for index in range(len(batches))),
        output_signature=signature,
    )
    options = tf.data.Options()
    options.experimental_distribute.auto_shard_policy = tf.data.experimental.AutoShardPolicy.DATA
    return dataset.apply(tf.data.experimental.assert_cardinality(len(batches))).prefetch(2).with_options(options)


def _filled_up(batch: Batch, devices: int, training: bool) -> Batch:
    count = len(batch[0])
    missing = -count % devices
    if not missing:
        return batch
    if training:
        again = np.arange(count + missing) % count
        return tuple(part[again] for part in batch)
    return tuple(np.concatenate([part, np.zeros((missing, *part.shape[1:]), part.dtype)]) for part in batch)


def run_in_one_piece(function: Callable[..., Any], arguments: tuple[Any, ...]) -> Any:
    """See :func:`facedepth_pipeline.pix2pix.backends.one_piece`: by XLA, which is not for several devices here."""
    return (function if _replicas() > 1 else _compiled(function))(*arguments)


@cache
def _compiled(function: Callable[..., Any]) -> Any:
    return tf.function(function, jit_compile=True, autograph=False)


def has_gpu() -> bool:
    """Whether TensorFlow sees a GPU; asked without starting it, since a worker must join the others before."""
    return bool(tf.config.list_physical_devices("GPU"))


@contextmanager
def placed(distribution: Distribution, device_name: str) -> Iterator[None]:
    """What is built and trained inside lies on this device, or on all of them."""
    if distribution == "none":
        with keras.device(device_name):
            yield
        return
    if distribution == "multi_worker":
        strategy = tf.distribute.MultiWorkerMirroredStrategy()
    else:
        devices = tf.config.list_logical_devices("CPU" if device_name.startswith("cpu") else "GPU")
        strategy = tf.distribute.MirroredStrategy([device.name for device in devices])
    with strategy.scope():
        yield


def fit(
    model: Networks,
    batches: PairBatches,
    validation: PairBatches,
    first_epoch: int,
    epochs: int,
    callbacks: Sequence[keras.callbacks.Callback],
) -> None:
    """``model.fit`` on this machine; across machines, where it fails in Keras 3.15, the same by hand."""
    train_data, validation_data = as_dataset(batches, training=True), as_dataset(validation, training=False)
    strategy = tf.distribute.get_strategy()
    if not isinstance(strategy, tf.distribute.MultiWorkerMirroredStrategy):
        model.fit_epochs(train_data, validation_data, first_epoch, epochs, callbacks)
        return
    train_step = tf.function(lambda data: strategy.run(model.train_step, args=(data,)))
    test_step = tf.function(lambda data: strategy.run(model.test_step, args=(data,)))
    listed = keras.callbacks.CallbackList(list(callbacks), model=model, epochs=epochs)
    model.stop_training = False
    listed.on_train_begin()
    for epoch in range(first_epoch, epochs):
        listed.on_epoch_begin(epoch)
        model.reset_metrics()
        for step, data in enumerate(strategy.experimental_distribute_dataset(train_data)):
            train_step(data)
            listed.on_train_batch_end(step)
        logs = model.get_metrics_result()
        listed.on_test_begin()
        model.reset_metrics()
        for data in strategy.experimental_distribute_dataset(validation_data):
            test_step(data)
        listed.on_test_end()
        listed.on_epoch_end(epoch, {**logs, "val_mae_mm": model.error_tracker.result()})
        if model.stop_training:
            break
    model.optimizer.finalize_variable_values(model.trainable_variables)
    listed.on_train_end()


def _replicas() -> int:
    """How many devices share a batch: gradients are summed over them, so that losses count for their share."""
    return int(tf.distribute.get_strategy().num_replicas_in_sync)
