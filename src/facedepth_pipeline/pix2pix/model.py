"""pix2pix as one ``keras.Model``, so that ``fit``, callbacks and saving come for free."""

from typing import Any

import keras
import tensorflow as tf
from keras import ops

from facedepth_pipeline.depth import MAX_DEPTH_MM
from facedepth_pipeline.pix2pix.augmentation import ENLARGED_PX, Augmentation, jitter_and_mirror
from facedepth_pipeline.pix2pix.losses import Distance, adversarial_loss, discriminator_loss, distance_loss

METRICS = ("generator_loss", "adversarial_loss", "distance_loss", "discriminator_loss", "mae_mm")
Batch = tuple[Any, Any, Any]


class Pix2Pix(keras.Model):
    """Generator and discriminator, trained together (equations 3, 4 and 6 of the paper).

    One Adam serves both networks: its state is per variable and the settings are equal.

    A batch is (photo uint8 (N, 256, 256, 3), depth_mm float32 (N, 256, 256, 1), valid bool or uint8
    (N, 256, 256, 1)).

    Args:
        generator: See :func:`~facedepth_pipeline.pix2pix.unet.build_generator`.
        discriminator: See :func:`~facedepth_pipeline.pix2pix.patchgan.build_discriminator`.
        distance: ``l1`` or ``l2``.
        distance_weight: Lambda of equation 4.
        augmentation: What happens to training batches.
        seed: Of the jitter.
    """

    def __init__(
        self,
        generator: keras.Model,
        discriminator: keras.Model,
        distance: Distance,
        distance_weight: float,
        augmentation: Augmentation,
        seed: int,
    ) -> None:
        super().__init__(name="pix2pix")
        self.generator = generator
        self.discriminator = discriminator
        self.distance: Distance = distance
        self.distance_weight = distance_weight
        self.augmentation: Augmentation = augmentation
        self.jitter_seed = keras.random.SeedGenerator(seed)
        self.trackers = {name: keras.metrics.Mean(name=name) for name in METRICS}
        self.built = True  # both parts are; saying so lets weights be saved before the first batch

    @property
    def metrics(self) -> list[keras.metrics.Metric]:
        """Running means of the losses and of the error in millimetres, reset each epoch."""
        return list(self.trackers.values())

    def call(self, photo: Any, training: bool = False) -> Any:
        """Predict depth_normalized (N, 256, 256, 1) from float32 RGB in [-1, 1]."""
        return self.generator(photo, training=training)

    def train_step(self, data: Batch) -> dict[str, Any]:
        """One update of both networks from the same forward pass."""
        photo, depth_mm, valid = self._prepare(data)
        if self.augmentation != "none":
            enlarged_px = ENLARGED_PX[self.augmentation]
            photo, depth_mm, valid = jitter_and_mirror(photo, depth_mm, valid, enlarged_px, self.jitter_seed)
        target = ops.where(valid > 0, 2 * depth_mm / MAX_DEPTH_MM - 1, -1.0)
        with tf.GradientTape() as generator_tape, tf.GradientTape() as discriminator_tape:
            predicted = self.generator(photo, training=True)
            real_logits = self.discriminator([photo, target], training=True)
            fake_logits = self.discriminator([photo, predicted], training=True)
            adversarial = adversarial_loss(fake_logits)
            distance = distance_loss(predicted, target, self.distance)
            generator_loss = adversarial + self.distance_weight * distance
            judge_loss = discriminator_loss(real_logits, fake_logits)
        generator_variables = self.generator.trainable_variables
        discriminator_variables = self.discriminator.trainable_variables
        gradients = generator_tape.gradient(generator_loss, generator_variables)
        gradients += discriminator_tape.gradient(judge_loss, discriminator_variables)
        self.optimizer.apply_gradients(zip(gradients, generator_variables + discriminator_variables, strict=True))
        losses = {
            "generator_loss": generator_loss,
            "adversarial_loss": adversarial,
            "distance_loss": distance,
            "discriminator_loss": judge_loss,
        }
        for name, loss in losses.items():
            self.trackers[name].update_state(loss)
        self._track_error(predicted, depth_mm, valid)
        return {name: tracker.result() for name, tracker in self.trackers.items()}

    def test_step(self, data: Batch) -> dict[str, Any]:
        """Error of the prediction without noise: mean over valid pixels, millimetres."""
        photo, depth_mm, valid = self._prepare(data)
        self._track_error(self.generator(photo, training=False), depth_mm, valid)
        return {"mae_mm": self.trackers["mae_mm"].result()}

    def _prepare(self, data: Batch) -> Batch:
        photo, depth_mm, valid = data
        return (
            ops.cast(photo, "float32") / 127.5 - 1,
            ops.cast(depth_mm, "float32"),
            ops.cast(valid, "float32"),
        )

    def _track_error(self, predicted: Any, depth_mm: Any, valid: Any) -> None:
        predicted_mm = (ops.cast(predicted, "float32") + 1) * (MAX_DEPTH_MM / 2)
        absolute = ops.abs(predicted_mm - depth_mm) * valid
        per_image = ops.sum(absolute, axis=(1, 2, 3)) / ops.maximum(ops.sum(valid, axis=(1, 2, 3)), 1)
        self.trackers["mae_mm"].update_state(per_image)
