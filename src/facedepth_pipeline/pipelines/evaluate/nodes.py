"""Nodes of ``evaluate``."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from tqdm import tqdm

from facedepth_pipeline.baselines.mean_face import mean_training_face
from facedepth_pipeline.depth import DepthMap
from facedepth_pipeline.evaluation.figures import draw_per_subject, draw_test_subject
from facedepth_pipeline.evaluation.report import write_report
from facedepth_pipeline.evaluation.scoring import GENERATOR, score_predictors, summarize_scores
from facedepth_pipeline.pairs import Pair, Pairs, pairs_digest
from facedepth_pipeline.parameters import EvaluateParameters
from facedepth_pipeline.prediction import DepthGenerator, predict_depth_mm
from facedepth_pipeline.splits import SubjectSplit
from facedepth_pipeline.tracking.promotion import log_depth_metrics, promote
from facedepth_pipeline.tracking.registry import RegisteredGenerator

PICTURED_PAIRS = 3


def predict_test_depth(generator: DepthGenerator, pairs_256: Pairs, subject_split: SubjectSplit) -> Iterator[Pair]:
    """Predict the depth of each test photo, at every pixel, as the pairs are saved."""
    test_pairs = tqdm(pairs_256.of_subjects(subject_split.test), desc="predicting", unit="photo")
    return (_predicted(generator, pair) for pair in test_pairs)


def _predicted(generator: DepthGenerator, pair: Pair) -> Pair:
    depth_mm = predict_depth_mm(generator.network, pair.photo[None])[0]
    everywhere = np.ones(depth_mm.shape, bool)
    return replace(pair, depth_map=DepthMap(depth_mm, everywhere, generator.sidecar.pitch))


def score(
    predicted_depth: Pairs, pairs_256: Pairs, subject_split: SubjectSplit, parameters: EvaluateParameters
) -> tuple[dict[str, Any], pd.DataFrame, pd.DataFrame]:
    """Measure generator and mean face on the test pairs: summary, by image, by subject."""
    test_pairs = pairs_256.of_subjects(subject_split.test)
    mean_face = mean_training_face(pairs_256.of_subjects(subject_split.train))
    predictors = {
        GENERATOR: lambda position: predicted_depth[position].depth_map.depth_mm,
        "mean_face": lambda _: mean_face,
    }
    per_image = score_predictors(test_pairs, predictors, parameters.erosion_px)
    per_subject, metrics = summarize_scores(per_image, parameters)
    return metrics | {"data_digest": pairs_digest(test_pairs)}, per_image, per_subject


def report(
    predicted_depth: Pairs,
    pairs_256: Pairs,
    depth_metrics: dict[str, Any],
    per_image: pd.DataFrame,
    per_subject: pd.DataFrame,
) -> tuple[str, Figure, dict[str, Figure]]:
    """Draw the errors of each held-out person and write the page; log the figures to MLflow."""
    test_pairs = pairs_256.of_subjects(set(predicted_depth.table["subject_id"]))
    mae = per_image.query("predictor == @GENERATOR").set_index("image_id")["mae_mm"]
    figures = {}
    for subject_id, rows in test_pairs.table.groupby("subject_id"):
        chosen = rows.index[:PICTURED_PAIRS]
        figures[str(subject_id)] = draw_test_subject(
            [test_pairs[position] for position in chosen],
            [predicted_depth[position].depth_map.depth_mm for position in chosen],
            [mae[rows.loc[position, "image_id"]] for position in chosen],
        )
    by_subject = draw_per_subject(per_subject)
    page = write_report(depth_metrics, by_subject, figures)
    return page, by_subject, {f"subject_{subject_id}.png": figure for subject_id, figure in figures.items()}


def promote_generator(registered_generator: RegisteredGenerator, depth_metrics: dict[str, Any]) -> dict[str, Any]:
    """Log the figures and make this version the champion."""
    log_depth_metrics(depth_metrics)
    return promote(registered_generator, depth_metrics)
