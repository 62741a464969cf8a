"""Make the baselines that are asked for ready to predict."""

import hashlib
import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Protocol

import numpy as np

from facedepth_pipeline.baselines.foreign import PredictForeign, open_foreign
from facedepth_pipeline.baselines.mean_face import mean_training_face
from facedepth_pipeline.baselines.shape_from_shading import shape_from_shading
from facedepth_pipeline.baselines.unet_l1 import unet_l1_parameters
from facedepth_pipeline.data.pairs import Pair, Pairs, pairs_digest
from facedepth_pipeline.generator.prediction import predict_depth_mm
from facedepth_pipeline.parameters import EvaluateParameters, TrainParameters
from facedepth_pipeline.pix2pix.training_state import Checkpoint, checkpoint_name

logger = logging.getLogger(__name__)

PredictDepth = Callable[[Pair], np.ndarray]


class TrainedNetworks(Protocol):
    """Where trained baselines are kept, each under a name that belongs to its data and parameters."""

    def load(self, name: str) -> Any:
        """The network; None if there is none of this name."""

    def save(self, name: str, network: Any) -> None:
        """Keep a network."""


class Checkpoints(Protocol):
    """Trainings that are not done yet, by name."""

    def of(self, name: str) -> Checkpoint:
        """The training of this name, which may not have begun."""


@dataclass(frozen=True, eq=False)
class Baselines:
    """What the generator is measured beside.

    Attributes:
        predict: By name; from a pair, of which the photo alone may be looked at, to (256, 256) depth in millimetres.
        left_out: Why a baseline that was asked for is not there, by name.
        foreign: Methods from elsewhere, by name, likewise; they may leave out pixels (NaN) and images (None).
    """

    predict: Mapping[str, PredictDepth]
    left_out: Mapping[str, str]
    foreign: Mapping[str, PredictForeign] = field(default_factory=dict)


def prepare_baselines(
    train_pairs: Pairs,
    validation_pairs: Pairs,
    parameters: EvaluateParameters,
    train_parameters: TrainParameters,
    trained: TrainedNetworks,
    checkpoints: Checkpoints,
) -> Baselines:
    """Average, load or train what is asked for; a network is trained once for the same pairs and parameters.

    Every baseline but those from elsewhere needs training people, shape from shading too: it must be told where in the
    frame faces are, and how far away.
    """
    foreign = open_all_foreign(parameters.foreign)
    own = _prepare_own(train_pairs, validation_pairs, parameters, train_parameters, trained, checkpoints)
    return replace(own, foreign=foreign)


def open_all_foreign(paths: Mapping[str, str]) -> dict[str, PredictForeign]:
    """Open the methods from elsewhere, by name; each is a folder of depth maps or a Python file."""
    methods = {}
    for name, path in paths.items():
        method = open_foreign(name, Path(path).expanduser().resolve())
        logger.info("The baseline %s is %s.", name, method.said)
        methods[name] = method.predict
    return methods


def _prepare_own(
    train_pairs: Pairs,
    validation_pairs: Pairs,
    parameters: EvaluateParameters,
    train_parameters: TrainParameters,
    trained: TrainedNetworks,
    checkpoints: Checkpoints,
) -> Baselines:
    if not len(train_pairs):
        return Baselines({}, dict.fromkeys(parameters.baselines, "there is no training subject in this split"))
    predict: dict[str, PredictDepth] = {}
    if {"mean_face", "shape_from_shading"} & set(parameters.baselines):
        mean_face = mean_training_face(train_pairs)
    for name in parameters.baselines:
        match name:
            case "mean_face":
                predict[name] = lambda _: mean_face
            case "shape_from_shading":
                predict[name] = _shape_from_shading(train_pairs, mean_face)
            case "contractive_autoencoder":
                predict[name] = _contractive_autoencoder(train_pairs, parameters, trained)
            case "unet_l1":
                unet_parameters = unet_l1_parameters(train_parameters, parameters.unet_l1_recipe)
                predict[name] = _unet_l1(train_pairs, validation_pairs, unet_parameters, trained, checkpoints)
    return Baselines(predict, {})


def mean_training_mask(pairs: Pairs) -> np.ndarray:
    """(256, 256) bool: where at least half of the pairs have a surface."""
    count = np.zeros(pairs[0].depth_map.valid.shape, np.int64)
    for pair in pairs:
        count += pair.depth_map.valid
    return count * 2 >= len(pairs)


def _shape_from_shading(train_pairs: Pairs, mean_face: np.ndarray) -> PredictDepth:
    region = mean_training_mask(train_pairs)
    mean_depth_mm = float(mean_face[region].mean())
    return lambda pair: shape_from_shading(pair.photo, region, pair.depth_map.pitch, mean_depth_mm)


def _contractive_autoencoder(
    train_pairs: Pairs, parameters: EvaluateParameters, trained: TrainedNetworks
) -> PredictDepth:
    from facedepth_pipeline.baselines import contractive_autoencoder

    described = parameters.contractive_autoencoder.model_dump_json() + pairs_digest(train_pairs)
    name = f"contractive_autoencoder-{hashlib.sha256(described.encode()).hexdigest()[:16]}"
    network = trained.load(name)
    if network is None:
        logger.info("Training the contractive autoencoders; they are kept as %s.", name)
        network = contractive_autoencoder.fit_contractive_autoencoder(train_pairs, parameters.contractive_autoencoder)
        trained.save(name, network)
    return lambda pair: contractive_autoencoder.predict_depth_mm(network, pair.photo[None])[0]


def _unet_l1(
    train_pairs: Pairs,
    validation_pairs: Pairs,
    parameters: TrainParameters,
    trained: TrainedNetworks,
    checkpoints: Checkpoints,
) -> PredictDepth:
    from facedepth_pipeline.pix2pix.training import fit_generator

    digest = pairs_digest(train_pairs) + pairs_digest(validation_pairs)
    key = checkpoint_name(parameters, digest)
    name = f"unet_l1-{key}"
    network = trained.load(name)
    if network is None:
        logger.info("Training the U-Net with L1 alone; it is kept as %s.", name)
        checkpoint = checkpoints.of(name)
        network, _ = fit_generator(train_pairs, validation_pairs, parameters, checkpoint)
        trained.save(name, network)
        checkpoint.clear()
    return lambda pair: predict_depth_mm(network, pair.photo[None])[0]
