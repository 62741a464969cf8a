import numpy as np
import pandas as pd
import pytest

from facedepth_pipeline.baselines.mean_face import mean_training_face
from facedepth_pipeline.evaluation.scoring import score_predictors, summarize_scores
from facedepth_pipeline.evaluation.statistics import METRICS, average_by_subject, bootstrap_interval
from facedepth_pipeline.parameters import EvaluateParameters

PARAMETERS = EvaluateParameters(erosion_px=1, bootstrap_samples=2000, seed=3)


def table(rows):
    return pd.DataFrame(
        [{"predictor": p, "subject_id": s, "image_id": i, **dict.fromkeys(METRICS, v)} for p, s, i, v in rows]
    )


def test_subjects_count_the_same_however_many_images_they_have():
    per_image = table([("generator", "001", "1", 1.0), *(("generator", "002", str(i), 5.0) for i in range(2, 12))])
    per_subject, metrics = summarize_scores(per_image, PARAMETERS)
    assert per_subject["images"].tolist() == [1, 10]
    assert metrics["mae_mm"] == pytest.approx(3.0)  # not 4.6, the mean over images
    assert (metrics["subjects"], metrics["images"]) == (2, 11)


def test_average_is_within_a_subject_and_a_predictor():
    per_subject = average_by_subject(table([("a", "1", "1", 1.0), ("a", "1", "2", 2.0), ("b", "1", "1", 9.0)]))
    assert per_subject["mae_mm"].tolist() == [1.5, 9.0]


def test_the_interval_covers_the_mean_narrows_with_subjects_and_repeats():
    values = np.random.default_rng(0).normal(3, 1, 400)
    low, high = bootstrap_interval(values, 4000, seed=1)
    half_width = 1.96 * values.std() / np.sqrt(400)
    assert (low, high) == pytest.approx((values.mean() - half_width, values.mean() + half_width), abs=0.02)
    assert bootstrap_interval(values, 4000, seed=1) == (low, high)
    few_low, few_high = bootstrap_interval(values[:10], 4000, seed=1)
    assert few_high - few_low > 3 * (high - low)


def test_one_subject_says_nothing_of_others():
    assert bootstrap_interval([2.5], 1000, seed=0) == (2.5, 2.5)


def test_a_model_that_predicts_the_mean_face_scores_as_the_mean_face(dome_pairs):
    train, test = dome_pairs.of_subjects({"001", "002"}), dome_pairs.of_subjects({"003", "004"})
    mean_face = mean_training_face(train)
    per_image = score_predictors(test, {"generator": lambda _: mean_face, "mean_face": lambda _: mean_face}, 2)
    _, metrics = summarize_scores(per_image, PARAMETERS)
    assert metrics["mae_mm"] == metrics["baselines"]["mean_face"]["mae_mm"] > 0
    perfect = score_predictors(test, {"generator": lambda i: test[i].depth_map.depth_mm}, 2)
    assert perfect["mae_mm"].max() == 0


def test_figures_are_the_same_to_the_last_digit_when_taken_again(dome_pairs):
    predictors = {"generator": lambda _: np.full((256, 256), 30.0)}
    first, second = (summarize_scores(score_predictors(dome_pairs, predictors, 2), PARAMETERS)[1] for _ in range(2))
    assert first == second
