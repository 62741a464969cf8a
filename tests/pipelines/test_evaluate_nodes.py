import json
import re

import numpy as np
import pandas as pd
import pytest

from evaluation_parameters import evaluate_parameters
from facedepth_pipeline.baselines.prepare import Baselines
from facedepth_pipeline.data.splits import SubjectSplit
from facedepth_pipeline.generator.prediction import DepthGenerator
from facedepth_pipeline.generator.sidecar import GeneratorSidecar, LandmarkTemplate
from facedepth_pipeline.pipelines.evaluate import nodes
from facedepth_pipeline.pix2pix.unet import build_generator
from facedepth_pipeline.tracking.registry import EvaluatedModel
from faces import ListedPairs

NOT_PROMOTED = {"promoted": False, "reason": "no"}
SPLIT = SubjectSplit(train=("001", "002"), validation=("003",), test=("004",))


def evaluated(fit="stretch"):
    landmarks = LandmarkTemplate(
        left_eye=(150, 300), right_eye=(350, 300), nose=(250, 370), mouth_left=(180, 470), mouth_right=(320, 470),
        portraits=3,
    )  # fmt: skip
    sidecar = GeneratorSidecar(
        fit=fit, landmarks=landmarks, interpupillary_mm=64, valid_threshold_mm=4, data_digest="abc",
        training_subjects=("001", "002"), licence="Apache-2.0", parameters={},
    )  # fmt: skip
    model = EvaluatedModel(model_uri="models:/faces/1", version=1, run_id=None, just_trained=True, sidecar=sidecar)
    return DepthGenerator(build_generator(4, "instance", seed=0), sidecar), model


def test_pairs_of_another_fit_are_not_measured(dome_pairs):
    with pytest.raises(ValueError, match=r"(?s)trained on photos fitted by 'pad'.*by stretch.*preprocess.fit=pad"):
        nodes.predict_test_depth(evaluated("pad"), dome_pairs, SPLIT)


def test_predictions_do_not_depend_on_their_batch_and_lie_on_the_levels_they_are_kept_in(dome_pairs):
    generator, model = evaluated()
    everybody = SubjectSplit(train=(), validation=(), test=("001", "002", "003", "004"))
    predicted, said = nodes.predict_test_depth((generator, model), dome_pairs, everybody)
    all_of_them = {pair.image_id: pair.depth_map.depth_mm for pair in predicted}
    assert said is model
    assert list(all_of_them) == dome_pairs.table["image_id"].tolist()
    (first, second), _ = nodes.predict_test_depth((generator, model), dome_pairs, SPLIT)
    for pair in (first, second):
        np.testing.assert_allclose(pair.depth_map.depth_mm, all_of_them[pair.image_id], atol=0.0101)
        np.testing.assert_allclose(pair.depth_map.depth_mm * 100, np.rint(pair.depth_map.depth_mm * 100), atol=1e-2)


def test_one_test_subject_is_measured_without_an_interval_and_the_page_says_so(dome_pairs):
    generator, model = evaluated()
    predicted, _ = nodes.predict_test_depth((generator, model), dome_pairs, SPLIT)
    predicted_pairs = ListedPairs(list(predicted))
    metrics, per_image, per_subject, apart = nodes.score_predictions(
        predicted_pairs, model, Baselines({}, {}), dome_pairs, {}, evaluate_parameters()
    )
    assert (metrics["subjects"], metrics["images"], metrics["mae_mm_ci95"]) == (1, 2, None)
    assert metrics["test_subjects_with_ids_of_training"] == []
    assert isinstance(per_subject, pd.DataFrame)
    assert apart == {}
    page, *_ = nodes.report_evaluation(
        predicted_pairs, dome_pairs, model, metrics, per_image, per_subject, apart, {}, {}, NOT_PROMOTED
    )
    assert "One person: nothing here says how other people would fare" in page
    assert "Fewer than three people: nothing sets one apart" in page
    assert "interval {}" not in page
    assert 'src="http' not in page  # one file, nothing fetched


def test_the_page_shows_likeness_and_methods_from_elsewhere(dome_pairs):
    generator, model = evaluated()
    everybody = SubjectSplit(train=(), validation=(), test=("001", "002", "003", "004"))
    predicted, _ = nodes.predict_test_depth((generator, model), dome_pairs, everybody)
    predicted_pairs = ListedPairs(list(predicted))

    def mesh(pair):
        return None if pair.image_id == "0002" else np.where(pair.depth_map.valid, pair.depth_map.depth_mm, np.nan)

    baselines = Baselines({}, {"mean_face": "nobody"}, {"face_mesh": mesh, "elsewhere": lambda _: None})
    metrics, per_image, per_subject, apart = nodes.score_predictions(
        predicted_pairs, model, baselines, dome_pairs, {}, evaluate_parameters()
    )
    assert list(metrics["baselines"]) == ["face_mesh"]
    assert metrics["baselines"]["face_mesh"]["generator_difference_aligned"]["difference"] > 0
    assert metrics["baselines_left_out"] == {
        "mean_face": "nobody",
        "elsewhere": "it has no depth at the face of any test image; its files are named by image ids, such as 0001",
    }
    assert set(per_image["predictor"]) == {"generator", "face_mesh", "generator@face_mesh"}
    assert list(apart) == ["generator", "face_mesh"]
    json.dumps(metrics, allow_nan=False)
    page, *figures, _ = nodes.report_evaluation(
        predicted_pairs, dome_pairs, model, metrics, per_image, per_subject, apart, {}, {}, NOT_PROMOTED
    )
    assert "How true are the faces?" in page
    assert "On the pixels of face mesh" in page
    assert "on 7 images of 4 people" in re.sub(r"\s+", " ", page)
    assert "It lacks 1 images, first 0002" in page
    assert f"{metrics['baselines']['face_mesh']['recovered_identity']['r2']:.2f}" in page
    assert "Recovered identity of each region" in page
    assert "elsewhere is missing: it has no depth" in page
    titles = [axis.get_title() for axis in figures[-1].axes]
    assert any(title.startswith("face mesh, R² 0.9") for title in titles)
