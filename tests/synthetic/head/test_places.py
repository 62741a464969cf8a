import numpy as np
import pytest

from facedepth_pipeline.synthetic.head.places import HeadParts, features, is_ear, places_on


@pytest.fixture(scope="module")
def places(own):
    return places_on(own.surface)


def test_places_lie_on_the_skin_and_mirror_each_other(own, places):
    for name, place in places.items():
        if not name.startswith("found_"):
            assert np.linalg.norm(own.surface.canonical - place, axis=1).min() < 1
        if name.startswith("right_"):
            np.testing.assert_allclose(places[name.replace("right_", "left_")], place * [-1, 1, 1])


@pytest.mark.parametrize(
    ("place", "landmark"),
    [
        *((name, name) for name in ("pronasale", "subnasale", "sellion", "labiale_superius", "right_cheilion")),
        *((name, name) for name in ("right_eye_inner", "right_eye_outer")),
        *(
            ("found_pronasale", "pronasale"),
            ("found_subnasale", "subnasale"),
            ("found_right_upper_lid", "right_upper_lid"),
        ),
        *(("found_upper_lip_edge", "labiale_superius"), ("found_left_cheilion", "left_cheilion")),
    ],
)
def test_places_are_where_the_landmarks_are(own, places, place, landmark):
    assert np.linalg.norm(places[place] - own.true[own.head_model.landmark(landmark)]) < 4.5


def test_ears_are_known_by_name():
    assert is_ear("left_ear_top")
    assert is_ear("found_right_ear_bottom")
    assert not is_ear("right_eye_inner")


def test_features_of_a_head_laid_out_by_hand():
    profile = {
        "sellion": (0, 2, 20), "above": (0, 12, 26), "pronasale": (0, -38, 45), "subnasale": (0, -50, 33),
        "philtrum": (0, -57, 36), "gnathion": (0, -112, 22), "pogonion": (0, -100, 25), "throat": (0, -130, -20),
        "decoy": (20, -38, 60),
    }  # fmt: skip
    lips = {"up": (0, -62, 38), "up_rim": (0, -70, 33), "low_rim": (0, -72, 33), "low": (0, -82, 34),
            "inside": (0, -60, 10), "right": (-25, -71, 24), "left": (25, -71, 24)}  # fmt: skip
    eyes = {"right": [(-31 + 15 * k, 0, 0) for k in (-1, 1)], "left": [(31 + 15 * k, 0, 0) for k in (-1, 1)]}
    names = [*profile, *lips, "lid"]
    points = [*profile.values(), *lips.values(), (-31, 3, 14.8), *eyes["right"], *eyes["left"]]
    kind = np.array(["skin"] * len(profile) + [*"uulluul"] + ["skin", *"RRLL"])
    parts = HeadParts(
        vertices=np.array(points, dtype=float),
        skin=kind == "skin",
        upper_lip=kind == "u",
        lower_lip=kind == "l",
        ears=kind == "ear",
        eyes=(kind == "R", kind == "L"),
    )
    found = {place: names[number] for place, number in features(parts).items()}
    assert found == {
        "found_pronasale": "pronasale",
        "found_sellion": "sellion",
        "found_subnasale": "subnasale",
        "found_gnathion": "gnathion",
        "found_right_upper_lid": "lid",
        "found_upper_lip_edge": "up",
        "found_upper_lip_rim": "up_rim",
        "found_lower_lip_edge": "low",
        "found_lower_lip_rim": "low_rim",
        "found_right_cheilion": "right",
        "found_left_cheilion": "left",
    }
