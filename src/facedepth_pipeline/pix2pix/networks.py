"""Generator and discriminator as one ``keras.Model``: everything of a training step that knows no backend."""

from collections.abc import Sequence
from typing import Any

from facedepth_pipeline.depth import MAX_DEPTH_MM, MM_PER_PNG_LEVEL, PixelPitch
from facedepth_pipeline.parameters import Recipe
from facedepth_pipeline.pix2pix.augmentation import ENLARGED_PX, change_light, jitter_and_mirror
from facedepth_pipeline.pix2pix.backends import one_piece
from facedepth_pipeline.pix2pix.losses import (
    adversarial_loss,
    discriminator_loss,
    distance_loss,
    gradient_loss,
    mask_loss,
    normal_loss,
    without_offset,
)
from facedepth_pipeline.pix2pix.photo_augmentation import augment_photos
from facedepth_pipeline.pix2pix.relighting import Lit, relight
from facedepth_pipeline.pix2pix.similarity import misalign
from facedepth_pipeline.pix2pix.unet import with_mask_logits
from facedepth_pipeline.runtime.keras_import import keras, ops

Batch = tuple[Any, ...]
VALIDATION_LIGHT_SEED = 2020


class Networks(keras.Model):
    """Generator and discriminator, trained together (equations 3, 4 and 6 of the paper).

    ``backends`` adds the training step. One Adam serves both networks: its state is per variable and the settings
    are equal.

    A batch is (photo uint8 (N, 256, 256, 3), depth_level uint16 (N, 256, 256, 1)): levels of 0.01 mm, 0 = no surface.
    With relightable pairs it has (surface uint8 (N, 256, 256, 3), visibility uint8 (N, 128, 128, 16)) as well, see
    ``data.layers``; their photo is the albedo. An image whose surface covers nothing is a finished photo.

    Args:
        generator: See :func:`~facedepth_pipeline.pix2pix.unet.build_generator`.
        discriminator: See :func:`~facedepth_pipeline.pix2pix.patchgan.build_discriminator`; None trains without.
        recipe: Losses and augmentation.
        pitch: Of the depth maps, for the normals.
        seed: Of the augmentation.
    """

    def __init__(
        self,
        generator: keras.Model,
        discriminator: keras.Model | None,
        recipe: Recipe,
        pitch: PixelPitch,
        seed: int,
    ) -> None:
        super().__init__(name="pix2pix")
        self.generator = generator
        self.discriminator = discriminator
        self.recipe = recipe
        self.pitch = pitch
        self.augmentation_seed = keras.random.SeedGenerator(seed)
        self.error_tracker = keras.metrics.Mean(name="mae_mm")
        self.loss_trackers = {name: keras.metrics.Mean(name=name) for name in self._losses_of_the_recipe()}
        self.built = True  # both parts are; saying so lets weights be saved before the first batch

    def _losses_of_the_recipe(self) -> list[str]:
        terms = {
            "adversarial_loss": self.recipe.adversary != "none",
            "discriminator_loss": self.recipe.adversary != "none",
            "gradient_loss": self.recipe.lambda_gradient > 0,
            "normal_loss": self.recipe.lambda_normal > 0,
            "mask_loss": self.recipe.mask_output,
        }
        return ["generator_loss", "distance_loss", *(name for name, used in terms.items() if used)]

    @property
    def metrics(self) -> list[keras.metrics.Metric]:
        """Running means of the losses and of the error in millimetres, reset each epoch."""
        return [*self.loss_trackers.values(), self.error_tracker]

    def call(self, photo: Any, training: bool = False) -> Any:
        """Predict depth_normalized (N, 256, 256, 1) from float32 RGB in [-1, 1]."""
        return self.generator(photo, training=training)

    def fit_epochs(
        self,
        train_data: Any,
        validation_data: Any,
        first_epoch: int,
        epochs: int,
        callbacks: Sequence[keras.callbacks.Callback],
    ) -> None:
        """``fit`` over batches that come in the order of the epoch; callbacks say what is to be seen."""
        self.fit(
            train_data,
            validation_data=validation_data,
            initial_epoch=first_epoch,
            epochs=epochs,
            shuffle=False,
            verbose=0,
            callbacks=list(callbacks),
        )

    def predict_for_validation(self, photo: Any) -> Any:
        """Predict without noise; with batch norm as the paper's code did, by the statistics of the photos themselves.

        The moving averages that batch norm would use otherwise are far off after training at batch 1.
        """
        return self.generator(photo, training=self.recipe.normalization == "batch")

    def judge(self, photo: Any, depth_normalized: Any) -> Any:
        """Logits (N, 30, 30, 1) of the discriminator; None without one."""
        if self.discriminator is None:
            return None
        return self.discriminator([photo, depth_normalized], training=True)

    def predict_for_training(self, photo: Any) -> tuple[Any, Any]:
        """Predict with noise: depth_normalized, and the logits of the mask where the recipe has a head for it."""
        if not self.recipe.mask_output:
            return self.generator(photo, training=True), None
        return with_mask_logits(self.generator)(photo, training=True)

    def prepare(self, data: Batch, training: bool) -> tuple[Any, Any, Any]:
        """Photo in [-1, 1], target as depth_normalized and valid as 0 or 1, augmented for training; all float32."""
        depth_mm = ops.cast(data[1], "float32") * MM_PER_PNG_LEVEL
        valid = ops.cast(depth_mm > 0, "float32")
        photo = ops.cast(data[0], "float32") / 127.5 - 1
        if training and self.recipe.light_augmentation:
            photo = change_light(photo, self.recipe.light_augmentation, self.augmentation_seed)
        if len(data) > 2:
            photo = self._relit(photo, data, depth_mm, valid, training)
        if training:
            photo, depth_mm, valid = self._moved(photo, depth_mm, valid)
            photo = augment_photos(photo, self.recipe.photo_augmentation, self.augmentation_seed)
        return photo, ops.where(valid > 0, 2 * depth_mm / MAX_DEPTH_MM - 1, -1.0), valid

    def _relit(self, photo: Any, data: Batch, depth_mm: Any, valid: Any, training: bool) -> Any:
        """Photos composed of the layers where the batch has them; in validation of the same light each time."""
        surface = ops.cast(data[2], "float32")
        seeds = self.augmentation_seed if training else VALIDATION_LIGHT_SEED
        relit = relight(Lit(data[0], surface, data[3], depth_mm, valid), self.pitch, seeds)
        return _where_covered(relit, photo, surface)

    def _moved(self, photo: Any, depth_mm: Any, valid: Any) -> tuple[Any, Any, Any]:
        recipe, seeds = self.recipe, self.augmentation_seed
        if recipe.similarity:
            photo, depth_mm, valid = misalign(photo, depth_mm, valid, self.pitch, recipe.similarity, seeds)
        if recipe.augmentation != "none":
            return jitter_and_mirror(photo, depth_mm, valid, ENLARGED_PX[recipe.augmentation], seeds)
        return photo, depth_mm, valid

    def generator_losses(
        self, predicted: Any, mask_logits: Any, fake_logits: Any, target: Any, valid: Any
    ) -> dict[str, Any]:
        """``generator_loss`` (equation 4 and the terms that the recipe adds) and its parts, unweighted."""
        recipe = self.recipe
        weight = None
        if recipe.background_weight < 1:
            weight = valid + recipe.background_weight * (1 - valid)
        compared = predicted
        if recipe.offset_weight < 1:
            compared = without_offset(predicted, target, valid, recipe.offset_weight)
        losses = {"distance_loss": distance_loss(compared, target, recipe.distance, weight)}
        total = recipe.lambda_distance * losses["distance_loss"]
        if recipe.adversary != "none":
            losses["adversarial_loss"] = adversarial_loss(fake_logits, recipe.adversary)
            total += losses["adversarial_loss"]
        if recipe.lambda_gradient:
            losses["gradient_loss"] = gradient_loss(predicted, target, valid, recipe.gradient_scales)
            total += recipe.lambda_gradient * losses["gradient_loss"]
        if recipe.lambda_normal:
            losses["normal_loss"] = normal_loss(predicted, target, valid, self.pitch)
            total += recipe.lambda_normal * losses["normal_loss"]
        if recipe.mask_output:
            losses["mask_loss"] = mask_loss(mask_logits, valid)
            total += recipe.lambda_mask * losses["mask_loss"]
        return {"generator_loss": total, **losses}

    def judge_loss(self, real_logits: Any, fake_logits: Any) -> Any:
        """Loss of the discriminator (equation 6)."""
        return discriminator_loss(real_logits, fake_logits, self.recipe.adversary)

    def track(self, losses: dict[str, Any], predicted: Any, target: Any, valid: Any) -> dict[str, Any]:
        """Add to the running means; give all of them in training, the error alone in validation."""
        difference = ops.cast(predicted, "float32") - target
        absolute_mm = ops.abs(difference) * valid * (MAX_DEPTH_MM / 2)
        pixels = ops.sum(valid, axis=(1, 2, 3))
        per_image = ops.sum(absolute_mm, axis=(1, 2, 3)) / ops.maximum(pixels, 1)
        self.error_tracker.update_state(per_image, sample_weight=ops.cast(pixels > 0, "float32"))
        for name, loss in losses.items():
            self.loss_trackers[name].update_state(loss)
        return {name: self.loss_trackers[name].result() for name in losses} | {"mae_mm": self.error_tracker.result()}


@one_piece
def _where_covered(relit: Any, photo: Any, surface: Any) -> Any:
    """Photos composed of layers where there are any, and the finished ones."""
    return ops.where(ops.max(surface[..., 2:], axis=(1, 2, 3), keepdims=True) > 0, relit, photo)
