import numpy as np
import pandas as pd
import pytest

from evaluation_parameters import evaluate_parameters
from facedepth_pipeline.baselines.mean_face import mean_training_face
from facedepth_pipeline.evaluation.metrics import METRICS
from facedepth_pipeline.evaluation.regions import REGIONS, FacePoints
from facedepth_pipeline.evaluation.scoring import Protocol, Scores, score_predictors, summarize_scores
from facedepth_pipeline.evaluation.statistics import average_by_subject, bootstrap_interval, paired_difference

PARAMETERS = evaluate_parameters()
POINTS = FacePoints(eyes=(128, 100), nose_tip=(128, 128), mouth=(128, 150))
PROTOCOL = Protocol(2, POINTS)


def scores_of(per_image):
    return Scores(per_image, {}, {}, {})


def table(rows):
    return pd.DataFrame(
        [{"predictor": p, "subject_id": s, "image_id": i, **dict.fromkeys(METRICS, v)} for p, s, i, v in rows]
    )


def test_subjects_count_the_same_however_many_images_they_have():
    per_image = table([("generator", "001", "1", 1.0), *(("generator", "002", str(i), 5.0) for i in range(2, 12))])
    per_subject, metrics = summarize_scores(scores_of(per_image), PARAMETERS)
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
    rows = table([("generator", "001", "1", 2.0), ("mean_face", "001", "1", 3.0)])
    _, metrics = summarize_scores(scores_of(rows), PARAMETERS)
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
    _, metrics = summarize_scores(scores_of(rows), PARAMETERS)
    assert (metrics["fiducial_mae_mm"], metrics["images_with_fiducials"]) == (2.0, 1)
    assert metrics["nose_protrusion_error_mm"] is None


def test_what_cannot_be_measured_names_the_image(dome_pairs):
    with pytest.raises(ValueError, match=r"generator on image \d{4} of subject \d{3}: .*NaN"):
        score_predictors(dome_pairs, {"generator": lambda _: np.full((256, 256), np.nan)}, PROTOCOL)
    with pytest.raises(ValueError, match=r"no pair of a test subject"):
        score_predictors(dome_pairs.of_subjects(set()), {}, PROTOCOL)


def test_a_model_that_predicts_the_mean_face_scores_as_the_mean_face(dome_pairs):
    train, test = dome_pairs.of_subjects({"001", "002"}), dome_pairs.of_subjects({"003", "004"})
    mean_face = mean_training_face(train)
    scores = score_predictors(test, {"generator": lambda _: mean_face, "mean_face": lambda _: mean_face}, PROTOCOL)
    _, metrics = summarize_scores(scores, PARAMETERS)
    assert metrics["mae_mm"] == metrics["baselines"]["mean_face"]["mae_mm"] > 0
    assert metrics["recovered_identity"] is None  # of two people
    perfect = score_predictors(test, {"generator": lambda pair: pair.depth_map.depth_mm}, PROTOCOL)
    assert perfect.per_image["mae_mm"].max() == 0


def test_figures_are_the_same_to_the_last_digit_when_taken_again(dome_pairs):
    predictors = {"generator": lambda _: np.full((256, 256), 30.0)}
    first, second = (
        summarize_scores(score_predictors(dome_pairs, predictors, PROTOCOL), PARAMETERS)[1] for _ in range(2)
    )
    assert first == second


def halved(pair):
    return 0.5 * pair.depth_map.depth_mm


def test_identity_stands_beside_the_errors_of_everyone_and_of_each_person(dome_pairs):
    mean_face = mean_training_face(dome_pairs)
    predictors = {"generator": lambda pair: pair.depth_map.depth_mm, "mean_face": lambda _: mean_face}
    per_subject, metrics = summarize_scores(score_predictors(dome_pairs, predictors, PROTOCOL), PARAMETERS)
    own, mean = metrics["recovered_identity"], metrics["baselines"]["mean_face"]["recovered_identity"]
    assert own["people"] == 4
    assert own["r2"] == pytest.approx(1 - 1 / 16, abs=0.01)
    assert own["correlation"] == pytest.approx(1, abs=0.01)
    assert mean["r2"] == pytest.approx(0, abs=0.02)
    assert list(own["by_region"]) == list(REGIONS)
    of_generator = per_subject[per_subject["predictor"] == "generator"]
    assert of_generator["identity_correlation"].min() > 0.99
    assert metrics["mae_mm_aligned"] == pytest.approx(0, abs=1e-4)
    assert len(metrics["mae_mm_aligned_ci95"]) == 2
    aligned = metrics["baselines"]["mean_face"]["generator_difference_aligned"]
    assert aligned["difference"] == pytest.approx(-metrics["baselines"]["mean_face"]["mae_mm_aligned"], abs=1e-4)


def test_a_method_from_elsewhere_is_compared_on_its_own_images_and_pixels(dome_pairs):
    columns = np.indices((256, 256))[1]

    def mesh(pair):  # right but for 3 mm, on the left half, of all images but one
        return None if pair.image_id == "0003" else np.where(columns < 128, pair.depth_map.depth_mm + 3, np.nan)

    def own(pair):  # wrong on the right half alone
        return pair.depth_map.depth_mm + np.where(columns < 128, 1, 9)

    scores = score_predictors(dome_pairs, {"generator": own, "mean_face": halved}, PROTOCOL, {"mesh": mesh})
    _, metrics = summarize_scores(scores, PARAMETERS)
    mesh_figures = metrics["baselines"]["mesh"]
    assert (mesh_figures["images"], mesh_figures["subjects"], mesh_figures["images_missing"]) == (7, 4, ["0003"])
    assert mesh_figures["coverage"] == pytest.approx(0.5, abs=0.05)
    assert mesh_figures["mae_mm"] == pytest.approx(3)
    assert mesh_figures["mae_mm_aligned"] == pytest.approx(0, abs=1e-4)
    assert mesh_figures["on_same_pixels"]["generator"]["mae_mm"] == pytest.approx(1)
    assert mesh_figures["generator_difference"]["difference"] == pytest.approx(-2)
    assert set(mesh_figures["on_same_pixels"]) == {"generator", "mean_face"}
    assert metrics["mae_mm"] == pytest.approx(5, abs=0.1)
    assert list(metrics["baselines"]) == ["mean_face", "mesh"]
    assert mesh_figures["recovered_identity"]["r2"] > 0.9


def test_a_method_from_elsewhere_without_any_image_is_left_out(dome_pairs):
    nothing = np.full((256, 256), np.nan)
    scores = score_predictors(
        dome_pairs, {"generator": halved}, PROTOCOL, {"none": lambda _: None, "holes": lambda _: nothing}
    )
    assert {name: len(ids) for name, ids in scores.missing.items()} == {"none": 8, "holes": 8}
    _, metrics = summarize_scores(scores, PARAMETERS)
    assert metrics["baselines"] == {}
