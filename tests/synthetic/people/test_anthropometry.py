from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from facedepth_pipeline.synthetic.people.anthropometry import (
    MEASURES,
    MENTON_MM,
    NOSE_WINGS_MM,
    PUBLISHED,
    cheekbone_vertices,
    compare_with_published,
    draw_anthropometry,
    measure_face,
    measure_subjects,
    skin_vertex_at,
)
from facedepth_pipeline.synthetic.people.subjects import sample_subject


def sample_people(count):
    return [sample_subject(np.random.default_rng([21, number]), f"{number:03d}") for number in range(count)]


@pytest.fixture(scope="module")
def people():
    return sample_people(400)


@pytest.fixture(scope="module")
def table(head_model, people):
    return measure_subjects({"makehuman": head_model}, people)


def test_measures_of_points_laid_out_by_hand(head_model):
    vertices = np.zeros_like(head_model.vertices)
    points_mm = {
        head_model.landmark("sellion"): (0, 0, 0),
        skin_vertex_at(head_model, MENTON_MM): (0, -120, 50),  # 5, 12, 13
        head_model.landmark("subnasale"): (0, -48, 14),  # 7, 24, 25
        head_model.landmark("pronasale"): (0, -36, 30),  # 3, 4, 5
        skin_vertex_at(head_model, NOSE_WINGS_MM[0]): (-17, -40, 20),
        skin_vertex_at(head_model, NOSE_WINGS_MM[1]): (19, -40, 20),
        head_model.landmark("right_cheilion"): (-24, -70, 10),
        head_model.landmark("left_cheilion"): (26, -70, 10),
    }
    for number, point in points_mm.items():
        vertices[number] = point
    for name, x_mm in (("right_eye", -30), ("left_eye", 34), ("scalp", 0)):
        vertices[head_model.regions == head_model.region_names.index(name)] = (x_mm, 0, 0)
    scalp = np.flatnonzero(head_model.regions == head_model.region_names.index("scalp"))
    vertices[scalp[:2]] = [(-70, 20, -90), (80, 30, -80)]  # breadth is across, however deep or high its ends lie
    vertices[cheekbone_vertices(head_model)[:2]] = [(-68, -20, -40), (72, -25, -30)]
    assert measure_face(head_model, vertices) == pytest.approx(
        {
            "face_height": 130,
            "nose_height": 50,
            "face_width": 140,
            "head_breadth": 150,
            "nose_protrusion": 20,
            "nose_breadth": 36,
            "mouth_width": 50,
            "interpupillary": 64,
        }
    )


def test_measures_grow_with_the_head_and_ignore_where_it_is(head_model):
    shape = head_model.vertices.astype(np.float64)
    before = measure_face(head_model, shape)
    assert list(before) == list(MEASURES)
    after = measure_face(head_model, 1.1 * shape + [30, -20, 10])
    assert after == pytest.approx({name: 1.1 * value for name, value in before.items()})


def test_vertices_that_are_no_landmarks_lie_where_they_should(head_model):
    vertices = head_model.vertices
    skin = head_model.regions == head_model.region_names.index("skin")
    right, left = (vertices[skin_vertex_at(head_model, wing)] for wing in NOSE_WINGS_MM)
    menton = skin_vertex_at(head_model, MENTON_MM)
    assert right == pytest.approx(left * [-1, 1, 1], abs=0.01)
    assert left[0] > vertices[head_model.landmark("left_alare"), 0]
    assert abs(vertices[menton, 0]) < 0.01
    assert skin[menton]
    assert vertices[menton, 1] < vertices[head_model.landmark("pogonion"), 1]
    cheekbones = vertices[cheekbone_vertices(head_model)]
    assert (cheekbones[:, 0] > 0).sum() == (cheekbones[:, 0] < 0).sum() > 10


def test_vertices_of_another_mesh_are_refused(head_model):
    with pytest.raises(ValueError, match=r"received \(10, 3\)"):
        measure_face(head_model, np.zeros((10, 3)))


def test_means_lie_within_half_a_published_standard_deviation(table):
    compared = compare_with_published(table)
    assert len(compared) == 2 * len(MEASURES)
    assert (compared["n"] >= 150).all()
    assert (compared["difference_sd"].abs() < 0.5).all()  # 0.27 at most over 600 people
    assert (compared["sd_mm"] / compared["published_sd_mm"]).between(0.6, 1.4).all()


def test_noses_vary_no_more_than_measured_ones(table):
    deviations_mm = table.groupby("sex")["nose_protrusion"].std()
    assert all(deviations_mm[sex] < PUBLISHED["nose_protrusion"][sex].sd_mm for sex in ("female", "male"))


def test_large_faces_are_large_in_both_directions(table):
    correlation = table[table["sex"] == "male"][["face_height", "face_width", "head_breadth"]].corr()
    assert correlation.loc["face_height", "face_width"] > 0.15
    assert correlation.loc["face_width", "head_breadth"] > 0.6


def test_the_nose_tip_is_the_nearest_point_of_nearly_every_face(head_model, people):
    front = np.isin(head_model.regions, [head_model.region_names.index(name) for name in ("skin", "lips")])
    behind_mm = []
    for subject in people[:150]:
        depth_mm = head_model.shape(subject.shape)[:, 2]
        behind_mm.append(depth_mm[front].max() - depth_mm[head_model.landmark("pronasale")])
    assert np.mean(np.array(behind_mm) < 1) > 0.97


def test_the_same_people_give_the_same_table_each_person_once(head_model, table):
    again = sample_people(3)
    renewed = replace(again[1], subject_id="001", ethnicity="hispanic")
    repeated = measure_subjects({"makehuman": head_model}, [*again, renewed, *again])
    assert list(repeated["subject_id"]) == ["000", "001", "002"]
    pd.testing.assert_frame_equal(repeated, table.head(3))


def test_the_comparison_counts_published_deviations():
    rows = [
        {"sex": sex, **{name: PUBLISHED[name][sex].mean_mm + PUBLISHED[name][sex].sd_mm * step for name in MEASURES}}
        for sex in ("female", "male")
        for step in (1, 3)
    ]
    compared = compare_with_published(pd.DataFrame(rows))
    assert compared["difference_sd"].to_numpy() == pytest.approx(2)
    assert (compared["sd_mm"] / compared["published_sd_mm"]).to_numpy() == pytest.approx(np.sqrt(2))
    assert set(compared["n"]) == {2}


def test_the_figure_has_a_panel_for_each_measure(table):
    figure = draw_anthropometry(table)
    assert [axis.get_title() for axis in figure.axes] == list(MEASURES.values())
    bars = figure.axes[0].patches[-1].get_data()  # the men's histogram, downward
    assert bars.values.sum() == pytest.approx(-100)
