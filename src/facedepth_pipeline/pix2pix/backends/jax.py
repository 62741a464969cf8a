"""The training step on JAX: values go in, values come out, and nothing else changes."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import jax

from facedepth_pipeline.pix2pix.device import Distribution
from facedepth_pipeline.pix2pix.input_pipeline import PairBatches
from facedepth_pipeline.pix2pix.networks import Batch, Networks
from facedepth_pipeline.runtime.keras_import import keras

State = tuple[list[Any], list[Any], list[Any], list[Any]]


class Pix2Pix(Networks):
    """:class:`Networks` with the stateless steps that ``fit`` and ``evaluate`` call on JAX."""

    def train_step(self, state: State, wrapped: tuple[Batch]) -> tuple[dict[str, Any], State]:
        """One update of both networks from the same forward pass."""
        (data,) = wrapped
        trainable, others, optimizer_values, metric_values = state
        split = len(self.generator.trainable_variables)
        judge_variables = self.discriminator.non_trainable_variables if self.discriminator is not None else []

        def generator_side(values: list[Any]) -> Any:
            with self._values(values + trainable[split:], others) as scope:
                photo, target, valid = self.prepare(data, training=True)
                predicted, mask_logits = self.predict_for_training(photo)
                fake_logits = self.judge(photo, predicted)
                losses = self.generator_losses(predicted, mask_logits, fake_logits, target, valid)
            seen = {"photo": photo, "target": target, "valid": valid, "predicted": predicted}
            return losses["generator_loss"], (losses, seen, self._current(scope, self.non_trainable_variables))

        def discriminator_side(values: list[Any]) -> Any:
            # the fake first, as above: XLA sees that it is the same and computes it once
            with self._values(trainable[:split] + values, others) as scope:
                fake_logits = self.judge(seen["photo"], seen["predicted"])
                real_logits = self.judge(seen["photo"], seen["target"])
                loss = self.judge_loss(real_logits, fake_logits)
            return loss, self._current(scope, judge_variables)

        (_, (losses, seen, moved)), gradients = jax.value_and_grad(generator_side, has_aux=True)(trainable[:split])
        if self.discriminator is not None:
            (losses["discriminator_loss"], judged), judge_gradients = jax.value_and_grad(
                discriminator_side, has_aux=True
            )(trainable[split:])
            gradients += judge_gradients
            moved = self._replaced(moved, judge_variables, judged)
        trainable, optimizer_values = self.optimizer.stateless_apply(optimizer_values, gradients, trainable)
        with keras.StatelessScope(zip(self.metrics_variables, metric_values, strict=True)) as scope:
            logs = self.track(losses, seen["predicted"], seen["target"], seen["valid"])
        return logs, (trainable, moved, optimizer_values, self._current(scope, self.metrics_variables))

    def test_step(
        self, state: tuple[Any, Any, Any], wrapped: tuple[Batch]
    ) -> tuple[dict[str, Any], tuple[Any, Any, Any]]:
        """Error of the prediction: mean over valid pixels, millimetres."""
        (data,) = wrapped
        trainable, others, metric_values = state
        with self._values(trainable, others):
            photo, target, valid = self.prepare(data, training=False)
            predicted = self.predict_for_validation(photo)
        with keras.StatelessScope(zip(self.metrics_variables, metric_values, strict=True)) as scope:
            logs = self.track({}, predicted, target, valid)
        return logs, (trainable, others, self._current(scope, self.metrics_variables))

    def _values(self, trainable: list[Any], others: list[Any]) -> keras.StatelessScope:
        variables = self.trainable_variables + self.non_trainable_variables
        return keras.StatelessScope(zip(variables, trainable + others, strict=True))

    def _replaced(self, values: list[Any], variables: list[Any], by: list[Any]) -> list[Any]:
        """Values of all non-trainable variables, with new ones for some."""
        new = dict(zip(map(id, variables), by, strict=True))
        return [
            new.get(id(variable), value) for variable, value in zip(self.non_trainable_variables, values, strict=True)
        ]

    @staticmethod
    def _current(scope: keras.StatelessScope, variables: list[Any]) -> list[Any]:
        return [
            variable.value if value is None else value
            for variable, value in ((variable, scope.get_current_value(variable)) for variable in variables)
        ]


def run_in_one_piece(function: Callable[..., Any], arguments: tuple[Any, ...]) -> Any:
    """See :func:`facedepth_pipeline.pix2pix.backends.one_piece`: what comes out is not fused with what reads it.

    On a processor XLA forgets the barrier before it fuses; the branch of a condition that it cannot know keeps apart.
    """
    if jax.default_backend() != "cpu":
        return jax.lax.optimization_barrier(function(*arguments))

    def compute(given: tuple[Any, ...]) -> Any:
        return function(*given)

    def nothing(given: tuple[Any, ...]) -> Any:
        shapes = jax.eval_shape(compute, given)
        return jax.tree.map(lambda shape: jax.numpy.zeros(shape.shape, shape.dtype), shapes)

    anything = jax.tree.leaves(arguments)[0].ravel()[0]
    return jax.lax.cond(anything < jax.numpy.inf, compute, nothing, arguments)


def has_gpu() -> bool:
    """Whether JAX sees a GPU."""
    return any(device.platform == "gpu" for device in jax.devices())


@contextmanager
def placed(distribution: Distribution, device_name: str) -> Iterator[None]:
    """What is built and trained inside lies on this device."""
    if distribution != "none":
        raise ValueError(
            f"train.distribution is {distribution!r}, which needs TensorFlow; KERAS_BACKEND is 'jax'. "
            "Unset KERAS_BACKEND, or set train.distribution to 'none'."
        )
    with keras.device(device_name):
        yield


def fit(
    model: Networks,
    batches: PairBatches,
    validation: PairBatches,
    first_epoch: int,
    epochs: int,
    callbacks: Sequence[keras.callbacks.Callback],
) -> None:
    """``model.fit``; JAX takes the arrays of the batches as they are."""
    model.fit_epochs(_Wrapped(batches), _Wrapped(validation), first_epoch, epochs, callbacks)


class _Wrapped(keras.utils.PyDataset):
    """The same batches, each as the one input of a model: Keras knows batches of three parts, ours may have four."""

    def __init__(self, batches: PairBatches) -> None:
        super().__init__()
        self._batches = batches

    def __len__(self) -> int:
        return len(self._batches)

    def __getitem__(self, batch: int) -> tuple[Batch]:
        return (self._batches[batch],)
