"""Nodes of ``evaluate``."""

import logging
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from itertools import islice
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from tqdm import tqdm

from facedepth_pipeline.baselines.prepare import Baselines, Checkpoints, TrainedNetworks, prepare_baselines
from facedepth_pipeline.data.pairs import Pair, Pairs, pairs_digest
from facedepth_pipeline.data.splits import SubjectSplit
from facedepth_pipeline.data.texas.fiducials import parse_fiducials
from facedepth_pipeline.data.texas.ingestion import TexasSource
from facedepth_pipeline.depth import DepthMap, depth_from_png_levels, depth_to_png_levels
from facedepth_pipeline.evaluation.champion import judge
from facedepth_pipeline.evaluation.doubt import check_doubt
from facedepth_pipeline.evaluation.figures import (
    draw_doubt,
    draw_error_faces,
    draw_identity_maps,
    draw_per_subject,
    draw_regions,
    draw_test_subject,
    draw_training_curves,
)
from facedepth_pipeline.evaluation.identity import Deviations
from facedepth_pipeline.evaluation.metrics import mae_mm
from facedepth_pipeline.evaluation.regions import points_of_face, points_of_template
from facedepth_pipeline.evaluation.report import write_report
from facedepth_pipeline.evaluation.scoring import (
    GENERATOR,
    Protocol,
    Scores,
    on_all_pixels,
    score_predictors,
    summarize_scores,
)
from facedepth_pipeline.evaluation.statistics import paired_difference
from facedepth_pipeline.generator.prediction import DepthGenerator, predict_depth_mm, sample_depth_mm
from facedepth_pipeline.generator.sidecar import GeneratorSidecar
from facedepth_pipeline.parameters import EvaluateParameters, TrainParameters
from facedepth_pipeline.tracking.history import training_history_of
from facedepth_pipeline.tracking.promotion import log_depth_metrics, record_verdict
from facedepth_pipeline.tracking.registry import EvaluatedModel, load_registered_generator
from facedepth_pipeline.tracking.versions import champion_version

logger = logging.getLogger(__name__)

PICTURED_PAIRS = 3
BATCH = 8


def predict_test_depth(
    evaluated_generator: tuple[DepthGenerator, EvaluatedModel], pairs_256: Pairs, subject_split: SubjectSplit
) -> tuple[Iterator[Pair], EvaluatedModel]:
    """Predict the depth of each test photo, at every pixel, as the pairs are saved; say by which model."""
    generator, model = evaluated_generator
    test_pairs = pairs_256.of_subjects(subject_split.test)
    _require_same_fit(generator.sidecar, pairs_256)
    return _predicted(generator, tqdm(test_pairs, desc="predicting", unit="photo")), model


def _predicted(generator: DepthGenerator, pairs: Iterable[Pair]) -> Iterator[Pair]:
    remaining = iter(pairs)
    while several := list(islice(remaining, BATCH)):
        photos = np.stack([pair.photo for pair in several])
        for pair, depth_mm in zip(several, predict_depth_mm(generator.network, photos, BATCH), strict=True):
            everywhere = DepthMap(depth_mm, np.ones(depth_mm.shape, bool), generator.sidecar.pitch)
            # in the steps of 0.01 mm in which it is kept: the champion, which is not, must be measured alike
            as_kept = depth_from_png_levels(depth_to_png_levels(everywhere), everywhere.pitch)
            yield replace(pair, depth_map=as_kept)


def _require_same_fit(sidecar: GeneratorSidecar, pairs: Pairs) -> None:
    fits = set(pairs.table["fit"])
    if fits - {sidecar.fit}:
        raise ValueError(
            f"The generator was trained on photos fitted by {sidecar.fit!r}; these pairs are fitted by "
            f"{', '.join(sorted(fits))}. Make them again: kedro run --pipelines=preprocess "
            f"--params=preprocess.fit={sidecar.fit}"
        )


def prepare_chosen_baselines(
    pairs_256: Pairs,
    subject_split: SubjectSplit,
    trained_baselines: TrainedNetworks,
    training_checkpoints: Checkpoints,
    parameters: EvaluateParameters,
    train_parameters: TrainParameters,
) -> Baselines:
    """Average, load or train the baselines that are asked for."""
    return prepare_baselines(
        pairs_256.of_subjects(subject_split.train),
        pairs_256.of_subjects(subject_split.validation),
        parameters,
        train_parameters,
        trained_baselines,
        training_checkpoints,
    )


def read_test_fiducials(
    texas_pairs: TexasSource, pair_manifest: pd.DataFrame, subject_split: SubjectSplit
) -> dict[str, np.ndarray]:
    """The marked points of the test images that have them, by image id."""
    of_test = pair_manifest[pair_manifest["subject_id"].isin(subject_split.test)]
    rows = of_test[of_test["fiducials_path"].notna()].to_dict("records")
    return {row["image_id"]: parse_fiducials(texas_pairs.read(row["fiducials_path"]).decode()) for row in rows}


def check_doubt_of_generator(
    evaluated_generator: tuple[DepthGenerator, EvaluatedModel],
    pairs_256: Pairs,
    subject_split: SubjectSplit,
    parameters: EvaluateParameters,
) -> dict[str, Any]:
    """Hold the spread of dropout samples against the error, on the test photos; empty if not asked for."""
    if not parameters.doubt_samples:
        return {}
    generator, _ = evaluated_generator
    return check_doubt(
        tqdm(pairs_256.of_subjects(subject_split.test), desc="sampling", unit="photo"),
        lambda photo: sample_depth_mm(generator.network, photo, parameters.doubt_samples, parameters.seed),
        parameters.bootstrap_samples,
        parameters.seed,
    )


def score_predictions(
    predicted_depth: Pairs,
    evaluated_model: EvaluatedModel,
    baselines: Baselines,
    pairs_256: Pairs,
    test_fiducials: Mapping[str, np.ndarray],
    parameters: EvaluateParameters,
) -> tuple[dict[str, Any], pd.DataFrame, pd.DataFrame, dict[str, Deviations]]:
    """Measure generator and baselines on the test pairs: summary, by image, by subject, and what sets people apart."""
    test_subjects = set(predicted_depth.table["subject_id"])
    test_pairs = pairs_256.of_subjects(test_subjects)
    position = {image_id: index for index, image_id in enumerate(predicted_depth.table["image_id"])}
    sidecar = evaluated_model.sidecar
    scores = score_predictors(
        test_pairs,
        {GENERATOR: lambda pair: predicted_depth[position[pair.image_id]].depth_map.depth_mm, **baselines.predict},
        Protocol(parameters.erosion_px, points_of_template(sidecar.landmarks, sidecar.fit), test_fiducials),
        baselines.foreign,
        progress=lambda pairs: tqdm(pairs, desc="scoring", unit="photo"),
    )
    per_subject, metrics = summarize_scores(scores, parameters)
    seen = sorted(test_subjects & set(sidecar.training_subjects))
    about = {
        "model_uri": evaluated_model.model_uri,
        "data_digest": pairs_digest(test_pairs),
        "baselines_left_out": {**baselines.left_out, **_without_images(scores, len(test_pairs))},
        "test_subjects_with_ids_of_training": seen,
    }
    pictured = {name: scores.identities.get(name) for name in (GENERATOR, *baselines.foreign)}
    apart = {name: found for name, found in pictured.items() if found is not None}
    return metrics | about, scores.per_image, per_subject, apart


def _without_images(scores: Scores, images: int) -> dict[str, str]:
    """Methods from elsewhere that predict no test image at all, and what to look at."""
    why = "it has no depth at the face of any test image; its files are named by image ids, such as {}"
    return {name: why.format(ids[0]) for name, ids in scores.missing.items() if len(ids) == images}


def promote_generator(
    evaluated_model: EvaluatedModel,
    depth_metrics: dict[str, Any],
    per_subject: pd.DataFrame,
    pairs_256: Pairs,
    parameters: EvaluateParameters,
    model_name: str,
) -> dict[str, Any]:
    """Log the figures; make a version that was just trained the champion if it is better than the present one."""
    log_depth_metrics(depth_metrics)
    if not evaluated_model.just_trained or evaluated_model.version is None:
        return {"promoted": False, "reason": f"{evaluated_model.model_uri} was named to be evaluated, not promoted."}
    test_pairs = pairs_256.of_subjects(set(per_subject["subject_id"]))
    previous = champion_version(model_name)
    difference, tags = None, {name: depth_metrics[name] for name in ("mae_mm", "rmse_mm", "data_digest")}
    if previous == evaluated_model.version:
        return {"promoted": False, "champion": previous, "reason": f"Version {previous} is the champion already."}
    if previous is not None:
        difference, overlap = _against_champion(f"models:/{model_name}/{previous}", test_pairs, per_subject, parameters)
        tags |= {"compared_with_version": previous, "champion_has_seen_test_subjects": len(overlap)}
        if overlap:
            logger.warning("The champion was trained on subjects %s, on which it is measured now.", ", ".join(overlap))
    verdict = judge(parameters.promote, previous, difference)
    record_verdict(model_name, evaluated_model.version, verdict, tags)
    logger.info(
        "Version %d %s. %s", evaluated_model.version, "promoted" if verdict.promoted else "kept back", verdict.reason
    )
    return {
        "promoted": verdict.promoted,
        "reason": verdict.reason,
        "champion": evaluated_model.version if verdict.promoted else previous,
        "version": evaluated_model.version,
        "previous_version": previous,
        "difference_mae_mm": difference,
    }


def _against_champion(
    champion_uri: str, test_pairs: Pairs, per_subject: pd.DataFrame, parameters: EvaluateParameters
) -> tuple[dict[str, Any] | None, list[str]]:
    """Difference of ``mae_mm``, new less champion, on the same pairs; and the test subjects it was trained on."""
    champion, _ = load_registered_generator(champion_uri)
    overlap = sorted(set(champion.sidecar.training_subjects) & set(test_pairs.table["subject_id"]))
    if set(test_pairs.table["fit"]) != {champion.sidecar.fit}:
        return None, overlap
    rows = [
        {"predictor": "champion", "subject_id": pair.subject_id, "mae_mm": _error(predicted, pair)}
        for pair, predicted in zip(test_pairs, _predicted(champion, test_pairs), strict=True)
    ]
    by_subject = pd.DataFrame(rows).groupby(["predictor", "subject_id"], as_index=False)["mae_mm"].mean()
    both = pd.concat([per_subject[per_subject["predictor"] == GENERATOR], by_subject])
    return paired_difference(both, GENERATOR, "champion", parameters.bootstrap_samples, parameters.seed), overlap


def _error(predicted: Pair, truth: Pair) -> float:
    return mae_mm(predicted.depth_map.depth_mm, truth.depth_map.depth_mm, truth.depth_map.valid)


def report_evaluation(
    predicted_depth: Pairs,
    pairs_256: Pairs,
    evaluated_model: EvaluatedModel,
    depth_metrics: dict[str, Any],
    per_image: pd.DataFrame,
    per_subject: pd.DataFrame,
    identity_deviations: Mapping[str, Deviations],
    test_fiducials: Mapping[str, np.ndarray],
    doubt_calibration: dict[str, Any],
    promotion: dict[str, Any],
) -> tuple[str, Figure, Figure, Figure, Figure, Figure, dict[str, Figure]]:
    """Draw where the errors are and write the page."""
    test_pairs = pairs_256.of_subjects(set(predicted_depth.table["subject_id"]))
    own = per_image[per_image["predictor"] == GENERATOR].reset_index(drop=True)
    figures = {}
    for subject_id, rows in test_pairs.table.groupby("subject_id"):
        chosen = rows.index[:PICTURED_PAIRS]
        figures[str(subject_id)] = draw_test_subject(
            [test_pairs[position] for position in chosen],
            [predicted_depth[position].depth_map.depth_mm for position in chosen],
            [own["mae_mm"][position] for position in chosen],
        )
    by_subject = draw_per_subject(per_subject[per_subject["predictor"].isin(on_all_pixels(depth_metrics))])
    error_faces = draw_error_faces(test_pairs, (pair.depth_map.depth_mm for pair in predicted_depth))
    first, sidecar = test_pairs[0], evaluated_model.sidecar
    template = points_of_template(sidecar.landmarks, sidecar.fit)
    points = points_of_face(test_fiducials.get(first.image_id), first.fit, template)
    regions = draw_regions(depth_metrics, first, points)
    order = own["mae_mm"].sort_values().index
    ends = [*order[:PICTURED_PAIRS], *order[PICTURED_PAIRS:][-PICTURED_PAIRS:]]
    cases = draw_test_subject(
        [test_pairs[position] for position in ends],
        [predicted_depth[position].depth_map.depth_mm for position in ends],
        [own["mae_mm"][position] for position in ends],
        title="lowest and highest error: photo, truth, prediction inside the true mask, error (red: too near)",
    )
    identity_maps = draw_identity_maps(identity_deviations)
    history = training_history_of(evaluated_model.run_id)
    page = write_report(
        depth_metrics,
        evaluated_model.sidecar,
        promotion,
        doubt_calibration,
        pictures={
            "per_subject": by_subject,
            "error_faces": error_faces,
            "regions": regions,
            "cases": cases,
            "identity": identity_maps if identity_deviations else None,
            "doubt": draw_doubt(doubt_calibration) if doubt_calibration else None,
            "training_curves": None if history is None else draw_training_curves(history),
        },
        test_subjects=figures,
    )
    named = {f"subject_{subject_id}.png": figure for subject_id, figure in figures.items()}
    return page, by_subject, error_faces, regions, cases, identity_maps, named
