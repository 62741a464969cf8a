import numpy as np
import pytest

from facedepth_pipeline.baselines.mean_face import mean_training_face
from facedepth_pipeline.data.pairs import Pair
from facedepth_pipeline.depth import DepthMap, PixelPitch


def pair(subject: str, depth: list[float]) -> Pair:
    depth_mm = np.array([depth], np.float32)
    photo = np.zeros((1, len(depth), 3), np.uint8)
    return Pair("0001", subject, photo, DepthMap(depth_mm, depth_mm > 0, PixelPitch(1, 1)), "stretch")


def test_subjects_count_once_and_only_where_they_are_valid():
    pairs = [pair("1", [10, 0, 0]), pair("1", [20, 8, 0]), pair("2", [30, 0, 0])]
    np.testing.assert_allclose(mean_training_face(pairs), [[(15 + 30) / 2, 8, 0]])


def test_no_pair_is_an_error():
    with pytest.raises(ValueError, match="no training pair"):
        mean_training_face([])
