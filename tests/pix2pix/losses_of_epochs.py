"""Losses of two short epochs by each of some recipes, as JSON; run by tests on other backends and on several devices.

    python losses_of_epochs.py '[{"adversary": "lsgan"}]' none|mirrored|multi_worker

Weights come from numpy, the same for every backend; dropout is off and nothing is augmented. ``mirrored`` makes
two devices of one processor; ``multi_worker`` reads TF_CONFIG. ``{"relightable": true}`` beside the changes of a recipe
trains from relightable pairs; their light differs between backends, as random numbers do.
"""

import json
import sys
from typing import Any

import numpy as np

if sys.argv[2] == "mirrored":  # before anything makes a tensor
    import tensorflow as tf

    (processor,) = tf.config.list_physical_devices("CPU")
    tf.config.set_logical_device_configuration(processor, [tf.config.LogicalDeviceConfiguration()] * 2)

from tools.recipes import train_parameters

from facedepth_pipeline.data.layers import Layers, RelightablePair
from facedepth_pipeline.data.pairs import Pair, preprocess_pair
from facedepth_pipeline.depth import fitted_pitch
from facedepth_pipeline.pix2pix.device import choose_device
from facedepth_pipeline.pix2pix.input_pipeline import PairBatches
from facedepth_pipeline.runtime.keras_import import keras
from faces import dome

EPOCHS = 2


def dome_batches(relightable: bool = False) -> PairBatches:
    """Two batches of two domes."""
    pairs: list[Pair | RelightablePair] = []
    for image in range(4):
        range_grey = dome(150 + 25 * image, 120 + 30 * image)
        portrait = np.repeat((range_grey // 2 + 40)[..., None], 3, axis=2)
        pairs.append(preprocess_pair(f"{image:04d}", f"{image:03d}", portrait, range_grey, "stretch"))
    if relightable:
        pairs[1:] = [skin_alone(pair) for pair in pairs[1:]]
    return PairBatches(pairs, batch_size=2, shuffle=False, seed=0)


def skin_alone(pair: Pair) -> RelightablePair:
    """A dome of skin that no shadow falls on."""
    surface = np.where(pair.depth_map.valid[..., None], np.uint8([100, 255, 255]), np.uint8(0))
    layers = Layers(pair.photo, surface, np.full((128, 128, 16), 255, np.uint8))
    return RelightablePair(pair.image_id, pair.subject_id, "makehuman", layers, pair.depth_map, pair.fit)


class Epochs(keras.callbacks.Callback):
    """Collects what is logged after each epoch."""

    def __init__(self) -> None:
        super().__init__()
        self.logged: list[dict[str, float]] = []

    def on_epoch_end(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        """Keep it."""
        self.logged.append({name: float(value) for name, value in (logs or {}).items()})


def train(changes: dict[str, Any], distribution: str) -> list[dict[str, float]]:
    """Build, give weights, train."""
    from facedepth_pipeline.pix2pix import training
    from facedepth_pipeline.pix2pix.backends import current_backend

    small = {"width": 4, "augmentation": "none", "learning_rate": 2e-3, "batch_size": 2}
    relightable = changes.pop("relightable", False)
    recipe = train_parameters("paper", **{**small, **changes}).chosen
    backend = current_backend()
    with backend.placed(distribution, choose_device("auto", backend.has_gpu())):
        model = training.build_pix2pix(recipe, 0, "float32", fitted_pitch("stretch"))
        for layer in model.generator.layers:
            if isinstance(layer, keras.layers.Dropout):
                layer.rate = 0.0
        rng = np.random.default_rng(3)
        networks = [network for network in (model.generator, model.discriminator) if network is not None]
        for variable in (weight for network in networks for weight in network.weights):
            start = 1.0 if variable.name == "gamma" else 0.0
            variable.assign(start + 0.05 * rng.standard_normal(variable.shape).astype(np.float32))
        epochs = Epochs()
        swap = [keras.callbacks.SwapEMAWeights()] if recipe.ema_momentum else []
        batches = [dome_batches(relightable) for _ in range(2)]
        backend.fit(model, *batches, 0, EPOCHS, [*swap, epochs])
    return epochs.logged


def main() -> None:
    """Train by each recipe and print."""
    trainings = [train(changes, sys.argv[2]) for changes in json.loads(sys.argv[1])]
    sys.stdout.write(json.dumps({"backend": keras.backend.backend(), "trainings": trainings}) + "\n")


if __name__ == "__main__":
    main()
