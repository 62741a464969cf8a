import numpy as np
import pytest

from facedepth_pipeline.generator.sidecar import LandmarkTemplate
from facedepth_pipeline.photo.pose import RELIEF_MM, head_pose

TEMPLATE = LandmarkTemplate(
    left_eye=(151, 310), right_eye=(349, 310), nose=(250, 400), mouth_left=(180, 470), mouth_right=(320, 470),
    portraits=1,
)  # fmt: skip


def seen_turned(yaw_deg, pitch_deg, scale=1.0):
    """The landmarks of the mean face, turned and seen along z."""
    yaw, pitch = np.deg2rad([yaw_deg, -pitch_deg])
    aside = np.array([[np.cos(yaw), 0, np.sin(yaw)], [0, 1, 0], [-np.sin(yaw), 0, np.cos(yaw)]])
    up = np.array([[1, 0, 0], [0, np.cos(pitch), -np.sin(pitch)], [0, np.sin(pitch), np.cos(pitch)]])
    points = np.column_stack([TEMPLATE.points_px * [1, -1] * 0.32, RELIEF_MM])
    turned = (points - points.mean(0)) @ (up @ aside).T
    return scale * turned[:, :2] * [1, -1] + [200, 300]


@pytest.mark.parametrize("yaw_deg", [-40, -15, 0, 25])
@pytest.mark.parametrize("pitch_deg", [-30, 0, 10])
def test_a_turned_mean_face_is_seen_as_turned(yaw_deg, pitch_deg):
    pose = head_pose(seen_turned(yaw_deg, pitch_deg, scale=3.1), TEMPLATE)
    # the gaze of a head that is first turned aside, then up
    gaze = np.array([np.sin(np.deg2rad(yaw_deg)), np.cos(np.deg2rad(yaw_deg))])
    assert np.sin(np.deg2rad(pose.pitch_deg)) == pytest.approx(gaze[1] * np.sin(np.deg2rad(pitch_deg)), abs=1e-6)
    assert np.tan(np.deg2rad(pose.yaw_deg)) == pytest.approx(
        gaze[0] / (gaze[1] * np.cos(np.deg2rad(pitch_deg))), abs=1e-6
    )


def test_left_and_right_are_those_of_the_image():
    nose_to_the_right = TEMPLATE.points_px + np.array([[0, 0], [0, 0], [25, 0], [0, 0], [0, 0]])
    assert head_pose(nose_to_the_right, TEMPLATE).yaw_deg > 10
