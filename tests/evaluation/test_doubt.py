import numpy as np
import pytest

from facedepth_pipeline.evaluation.doubt import check_doubt
from facedepth_pipeline.evaluation.figures import draw_doubt


def sampler(pairs, spread_mm, error_per_spread, seed=0):
    """Samples around the truth: as unsure as told, and as wrong as unsure times a factor."""
    by_photo = {pair.photo.tobytes(): pair.depth_map.depth_mm for pair in pairs}
    rng = np.random.default_rng(seed)

    def sample(photo):
        truth_mm = by_photo[photo.tobytes()]
        wrong_mm = truth_mm + rng.normal(0, 1, truth_mm.shape) * spread_mm * error_per_spread
        noise = rng.normal(0, 1, (50, *truth_mm.shape)) * spread_mm
        return wrong_mm + noise - noise.mean(axis=0)

    return sample


RISING = np.tile(np.linspace(0.2, 4, 256), (256, 1))


def test_a_calibrated_generator_is_found_calibrated(dome_pairs):
    found = check_doubt(dome_pairs, sampler(dome_pairs, RISING, 1.0), 200, 0)
    assert (found["samples"], found["images"], found["subjects"]) == (50, 8, 4)
    assert found["within_two"] == pytest.approx(0.95, abs=0.01)
    assert found["pixel_correlation"] > 0.3
    for tenth in found["bins"]:
        assert tenth["rmse_mm"] == pytest.approx(tenth["doubt_mm"], rel=0.1)
    low, high = found["pixel_correlation_ci95"]
    assert low <= found["pixel_correlation"] <= high


def test_an_overconfident_generator_is_found_out(dome_pairs):
    found = check_doubt(dome_pairs, sampler(dome_pairs, RISING, 4.0), 200, 0)
    assert found["within_two"] == pytest.approx(0.383, abs=0.02)  # a normal error within half a deviation
    assert found["bins"][5]["rmse_mm"] > 3.5 * found["bins"][5]["doubt_mm"]


def test_spread_that_says_nothing_correlates_with_nothing(dome_pairs):
    found = check_doubt(dome_pairs, sampler(dome_pairs, np.ones((256, 256)), 1.0), 200, 0)
    assert abs(found["pixel_correlation"]) < 0.05
    exact = check_doubt(dome_pairs, lambda photo: np.zeros((3, 256, 256)), 200, 0)
    assert exact["pixel_correlation"] == 0


def test_few_images_have_no_correlation_over_images_and_are_drawn(dome_pairs):
    few = [dome_pairs[0], dome_pairs[1]]
    found = check_doubt(few, sampler(few, RISING, 1.0), 200, 0)
    assert found["image_correlation"] is None
    assert found["pixel_correlation_ci95"] is None  # one person
    assert len(draw_doubt(found).axes) == 2


def test_no_pair_is_an_error():
    with pytest.raises(ValueError, match="no pair of a test subject"):
        check_doubt([], lambda photo: photo, 200, 0)
