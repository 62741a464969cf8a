import numpy as np
import pandas as pd
import pytest

from evaluation_parameters import evaluate_parameters
from facedepth_pipeline.baselines.mean_face import mean_training_face
from facedepth_pipeline.evaluation.metrics import METRICS
from facedepth_pipeline.evaluation.regions import FacePoints
from facedepth_pipeline.evaluation.scoring import score_predictors, summarize_scores
from facedepth_pipeline.evaluation.statistics import average_by_subject, bootstrap_interval, paired_difference

PARAMETERS = evaluate_parameters()
POINTS = FacePoints(eyes=(128, 100), nose_tip=(128, 128), mouth=(128, 150))


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
    assert [low, high] == pytest.approx([values.mean() - half_width, values.mean() + half_width], abs=0.02)
    assert bootstrap_interval(values, 4000, seed=1) == [low, high]
    few_low, few_high = bootstrap_interval(values[:10], 4000, seed=1)
    assert few_high - few_low > 3 * (high - low)


def test_one_subject_says_nothing_of_others():
    assert bootstrap_interval([2.5], 1000, seed=0) is None
    _, metrics = summarize_scores(table([("generator", "001", "1", 2.0), ("mean_face", "001", "1", 3.0)]), PARAMETERS)
    assert metrics["mae_mm_ci95"] is None
    assert metrics["baselines"]["mean_face"]["generator_difference"] == {
        "difference": -1.0, "ci95": None, "subjects": 1
    }  # fmt: skip


def test_a_difference_is_taken_person_by_person():
    rows = [(name, str(person), "1", person + (name == "b") * 0.5) for person in range(20) for name in "ab"]
    paired = paired_difference(average_by_subject(table(rows)), "b", "a", 1000, seed=0)
    assert paired == {"difference": pytest.approx(0.5), "ci95": pytest.approx([0.5, 0.5]), "subjects": 20}


def test_a_difference_between_other_people_is_none():
    rows = [("a", "1", "1", 2.0), ("b", "1", "1", 2.0), ("a", "2", "1", 2.0)]
    with pytest.raises(ValueError, match=r"not both are on \['2'\]"):
        paired_difference(average_by_subject(table(rows)), "a", "b", 1000, seed=0)


def test_a_figure_that_an_image_cannot_say_does_not_count():
    rows = table([("generator", "1", "1", 2.0), ("generator", "1", "2", 4.0), ("generator", "2", "3", 5.0)])
    rows["fiducial_mae_mm"] = [2.0, np.nan, np.nan]
    rows["nose_protrusion_error_mm"] = np.nan
    _, metrics = summarize_scores(rows, PARAMETERS)
    assert (metrics["fiducial_mae_mm"], metrics["images_with_fiducials"]) == (2.0, 1)
    assert metrics["nose_protrusion_error_mm"] is None


def test_what_cannot_be_measured_names_the_image(dome_pairs):
    with pytest.raises(ValueError, match=r"generator on image \d{4} of subject \d{3}: .*NaN"):
        score_predictors(dome_pairs, {"generator": lambda _: np.full((256, 256), np.nan)}, 1, POINTS)
    with pytest.raises(ValueError, match=r"no pair of a test subject"):
        score_predictors(dome_pairs.of_subjects(set()), {}, 1, POINTS)


def test_a_model_that_predicts_the_mean_face_scores_as_the_mean_face(dome_pairs):
    train, test = dome_pairs.of_subjects({"001", "002"}), dome_pairs.of_subjects({"003", "004"})
    mean_face = mean_training_face(train)
    per_image = score_predictors(test, {"generator": lambda _: mean_face, "mean_face": lambda _: mean_face}, 2, POINTS)
    _, metrics = summarize_scores(per_image, PARAMETERS)
    assert metrics["mae_mm"] == metrics["baselines"]["mean_face"]["mae_mm"] > 0
    perfect = score_predictors(test, {"generator": lambda pair: pair.depth_map.depth_mm}, 2, POINTS)
    assert perfect["mae_mm"].max() == 0


def test_figures_are_the_same_to_the_last_digit_when_taken_again(dome_pairs):
    predictors = {"generator": lambda _: np.full((256, 256), 30.0)}
    first, second = (
        summarize_scores(score_predictors(dome_pairs, predictors, 2, POINTS), PARAMETERS)[1] for _ in range(2)
    )
    assert first == second
