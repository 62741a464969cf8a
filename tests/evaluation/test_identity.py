import numpy as np
import pytest

from facedepth_pipeline.depth import PixelPitch
from facedepth_pipeline.evaluation.identity import (
    IdentityRecorder,
    Measured,
    deviations,
    find_common_face,
    identity_of_people,
    recovered_identity,
)

SHAPE, PITCH = (60, 50), PixelPitch(0.6, 0.9)
ROWS, COLUMNS = np.indices(SHAPE)
X_MM, Y_MM = (COLUMNS - 24.5) * PITCH.x_mm, (ROWS - 29.5) * PITCH.y_mm
FACE = 40 - 0.02 * (X_MM**2 + Y_MM**2)  # what all have in common
PLACE = np.hypot(X_MM, Y_MM) < 14
UPPER = ROWS < 30
NOBODY = {"upper": UPPER, "lower": ~UPPER}


def bump(x_mm, y_mm, height_mm):
    return height_mm * np.exp(-((X_MM - x_mm) ** 2 + (Y_MM - y_mm) ** 2) / 8)


PECULIAR = {"001": bump(4, 5, 2.0), "002": bump(-5, 3, 1.5), "003": bump(0, -6, 2.0), "004": bump(6, -4, -1.5)}
PEOPLE = list(PECULIAR)
TRUTHS = {who: FACE + peculiar for who, peculiar in PECULIAR.items()}


def identity_of(predict, truths=None, place=PLACE):
    """Figures of a method that predicts (H, W) from a subject id."""
    truths = truths or TRUTHS
    common = find_common_face([Measured(who, depth_mm, PLACE) for who, depth_mm in truths.items()], PITCH)
    recorder = IdentityRecorder(common)
    for who, depth_mm in truths.items():
        recorder.add(who, depth_mm, predict(who), place)
    found = recorder.deviations()
    return recovered_identity(found, NOBODY, 500, 0), found


def test_the_truth_recovers_all_but_what_leaving_one_out_costs():
    figures, _ = identity_of(TRUTHS.get)
    people = len(PEOPLE)
    assert figures["r2"] == pytest.approx(1 - 1 / people**2, abs=1e-5)
    assert figures["slope"] == pytest.approx(1 - 1 / people, abs=1e-5)
    assert figures["correlation"] == pytest.approx(1, abs=1e-5)
    assert (figures["people"], figures["pixels"]) == (4, PLACE.sum())


def test_one_face_for_everybody_recovers_nothing():
    figures, _ = identity_of(lambda who: 2 * FACE + 7)
    assert [figures[name] for name in ("r2", "slope", "correlation")] == pytest.approx([0, 0, 0], abs=1e-6)


def test_half_of_each_peculiarity_has_half_the_slope():
    whole, _ = identity_of(TRUTHS.get)
    half, _ = identity_of(lambda who: FACE + 0.5 * PECULIAR[who])
    assert half["slope"] / whole["slope"] == pytest.approx(0.5, abs=0.01)
    assert half["correlation"] == pytest.approx(1, abs=0.01)
    assert half["r2"] == pytest.approx(1 - (1 - half["slope"]) ** 2, abs=0.01)


def test_a_wrong_mean_face_a_place_and_a_pose_cancel():
    right, _ = identity_of(TRUTHS.get)
    posed = {who: depth_mm + 3 * i + (0.02 * i - 0.03) * X_MM for i, (who, depth_mm) in enumerate(TRUTHS.items())}
    wrong, _ = identity_of(lambda who: TRUTHS[who] + bump(0, 0, 1.0) - 40 + 0.05 * Y_MM, truths=posed)
    for name in ("r2", "slope", "correlation"):
        assert wrong[name] == pytest.approx(right[name], abs=0.03), name


def test_somebody_else_is_worse_than_nobody():
    figures, _ = identity_of(lambda who: TRUTHS[PEOPLE[PEOPLE.index(who) - 1]])
    assert figures["r2"] < -0.5
    assert figures["correlation"] < 0


def test_regions_and_people_are_told_apart():
    upper_alone, found = identity_of(lambda who: FACE + np.where(UPPER, PECULIAR[who], 0))
    assert upper_alone["by_region"]["upper"]["r2"] > 0.85
    assert upper_alone["by_region"]["lower"]["r2"] < 0.1
    assert set(NOBODY) == set(upper_alone["by_region"])
    by_person = identity_of_people(found)
    assert by_person["003"]["r2"] > 0.7 > 0.3 > by_person["001"]["r2"]  # whose bumps are above and below
    low, high = upper_alone["r2_ci95"]
    assert low < upper_alone["r2"] < high


def test_the_mean_that_is_taken_from_a_truth_is_that_of_the_others():
    common = find_common_face([Measured(who, FACE, PLACE) for who in PEOPLE[:3]], PITCH)
    pixels = PLACE.sum()
    truths = np.repeat([[1.0], [2.0], [6.0]], pixels, axis=1).astype(np.float32)
    found = deviations(PEOPLE[:3], truths, truths, common)
    np.testing.assert_allclose(found.true_mm[:, 0], [1 - 4, 2 - 3.5, 6 - 1.5], atol=1e-6)
    np.testing.assert_allclose(found.predicted_mm[:, 0], [-2, -1, 3], atol=1e-6)


def test_every_person_counts_once():
    truths = [Measured(who, depth_mm, PLACE) for who, depth_mm in TRUTHS.items()]
    common = find_common_face(truths, PITCH)
    many = find_common_face([*truths, *[truths[0]] * 9], PITCH)
    np.testing.assert_allclose(common.mean_mm, many.mean_mm, atol=1e-4)
    single, repeated = IdentityRecorder(common), IdentityRecorder(common)
    for who, depth_mm in TRUTHS.items():
        for recorder, times in ((single, 1), (repeated, 7 if who == "002" else 1)):
            for _ in range(times):
                recorder.add(who, depth_mm, FACE + 0.3 * PECULIAR[who], PLACE)
    first, second = (recovered_identity(one.deviations(), {}, 100, 0) for one in (single, repeated))
    assert first["r2"] == pytest.approx(second["r2"], abs=1e-5)


def test_images_of_a_person_are_averaged_where_they_say_something():
    common = find_common_face([Measured(who, depth_mm, PLACE) for who, depth_mm in TRUTHS.items()], PITCH)
    recorder = IdentityRecorder(common)
    for who, depth_mm in TRUTHS.items():
        recorder.add(who, depth_mm, depth_mm, PLACE & UPPER)
        recorder.add(who, depth_mm, depth_mm, PLACE & ~UPPER)
    figures = recovered_identity(recorder.deviations(), {}, 100, 0)
    assert figures["pixels"] == PLACE.sum()
    assert figures["r2"] > 0.8


def test_pixels_that_few_people_have_do_not_count():
    figures, found = identity_of(TRUTHS.get, place=PLACE & UPPER)
    assert figures["pixels"] == (PLACE & UPPER).sum()
    image = found.image_of(found.true_mm[0])
    np.testing.assert_array_equal(np.isfinite(image), PLACE & UPPER)


def test_two_people_are_no_set():
    assert find_common_face([Measured(who, TRUTHS[who], PLACE) for who in PEOPLE[:2]], PITCH) is None
    common = find_common_face([Measured(who, TRUTHS[who], PLACE) for who in PEOPLE], PITCH)
    recorder = IdentityRecorder(common)
    for who in PEOPLE[:2]:
        recorder.add(who, TRUTHS[who], FACE, PLACE)
    assert recorder.deviations() is None
