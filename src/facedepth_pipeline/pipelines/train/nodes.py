"""Nodes of ``train``."""

import logging
from collections.abc import Sequence

import mlflow
import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from facedepth_pipeline.data.layers import RelightablePair
from facedepth_pipeline.data.pairs import Pair, Pairs, pairs_digest
from facedepth_pipeline.data.relightable import JoinedPairs, RelightablePairs, joined_digest
from facedepth_pipeline.data.splits import SubjectSplit
from facedepth_pipeline.evaluation import figures
from facedepth_pipeline.generator.prediction import DepthGenerator, choose_valid_threshold, predict_depth_mm
from facedepth_pipeline.generator.sidecar import GeneratorSidecar, LandmarkTemplate
from facedepth_pipeline.parameters import TrainParameters
from facedepth_pipeline.pix2pix.checkpoint_folder import Checkpoints
from facedepth_pipeline.pix2pix.training import fit_generator, predict_while_training
from facedepth_pipeline.pix2pix.training_state import checkpoint_name
from facedepth_pipeline.tracking import registry
from facedepth_pipeline.tracking.callbacks import EpochLogger, EpochPictures

logger = logging.getLogger(__name__)

PICTURED_PAIRS = 5
LICENCE = (
    "Weights trained on the Texas 3D Face Recognition Database: research and education only, with citation. "
    "Weights trained on the rendered stand-in alone: Apache-2.0."
)


def train_generator(
    pairs_256: Pairs,
    subject_split: SubjectSplit,
    landmark_template: LandmarkTemplate,
    relightable_pairs: RelightablePairs,
    training_checkpoints: Checkpoints,
    parameters: TrainParameters,
) -> tuple[DepthGenerator, pd.DataFrame, Figure]:
    """Train pix2pix; give the generator with its sidecar, the history, and a picture of the progress."""
    train_pairs: Sequence[Pair | RelightablePair] = pairs_256.of_subjects(subject_split.train)
    if len(relightable_pairs):
        train_pairs = JoinedPairs(pairs_256.of_subjects(subject_split.train), relightable_pairs)
    validation_pairs = pairs_256.of_subjects(subject_split.validation)
    digest = joined_digest(
        pairs_digest(pairs_256.of_subjects(subject_split.train + subject_split.validation)), relightable_pairs
    )
    pictured = _first_pair_of_each_person(validation_pairs)

    checkpoint = training_checkpoints.of(checkpoint_name(parameters, digest))
    pictures = EpochPictures(
        predict=lambda networks: predict_while_training(networks, _photos(pictured)),
        draw=lambda predicted_mm: figures.draw_progress(pictured, predicted_mm),
        epochs=parameters.picture_epochs,
        checkpoint=checkpoint,
    )
    run = mlflow.active_run()  # None on the machines that help another one
    network, history = fit_generator(
        train_pairs,
        validation_pairs,
        parameters,
        checkpoint,
        callbacks=[EpochLogger(len(train_pairs), checkpoint), pictures] if run else [],
        owner=run.info.run_id if run else "",
    )
    if not run:
        logger.info("This worker has done its part; the first one saves the generator.")
        raise SystemExit(0)
    threshold = choose_valid_threshold(
        predict_depth_mm(network, _photos(validation_pairs)),
        [pair.depth_map.valid for pair in validation_pairs],
    )
    sidecar = GeneratorSidecar(
        fit=pairs_256[0].fit,
        landmarks=landmark_template,
        interpupillary_mm=landmark_template.interpupillary_mm,
        valid_threshold_mm=threshold,
        data_digest=digest,
        training_subjects=(*subject_split.train, *dict.fromkeys(relightable_pairs.table["subject_id"])),
        licence=LICENCE,
        parameters=parameters.in_effect(),
    )
    picture = pictures.figure
    checkpoint.clear()
    return DepthGenerator(network, sidecar), history, picture


def draw_training_curves(training_history: pd.DataFrame) -> Figure:
    """Draw losses and error over epochs."""
    return figures.draw_training_curves(training_history)


def register_generator(
    generator: DepthGenerator, pairs_256: Pairs, subject_split: SubjectSplit, model_name: str
) -> registry.RegisteredGenerator:
    """Log the generator, with an example, to this MLflow run and register it as a new version."""
    example = pairs_256.of_subjects(subject_split.validation)[0]
    return registry.register_generator(generator, model_name, example.photo)


def _first_pair_of_each_person(pairs: Pairs) -> list[Pair]:
    positions = pairs.table.drop_duplicates("subject_id").index[:PICTURED_PAIRS]
    return [pairs[position] for position in positions]


def _photos(pairs: Sequence[Pair]) -> np.ndarray:
    return np.stack([pair.photo for pair in pairs])
