import os
from itertools import pairwise

import numpy as np
import pytest

from facedepth_pipeline.synthetic.database import plan_database, render_database, render_take
from stand_in_parameters import synthesis


@pytest.fixture(scope="module")
def takes():
    return plan_database(synthesis(30, 120, seed=4))


def neutral(head_model, take):
    return head_model.shape(take.subject.shape)


def test_ids_count_from_one_and_grow_together(takes):
    assert [take.name.image_id for take in takes] == [f"{k:04d}" for k in range(1, 121)]
    subjects = [take.name.subject_id for take in takes]
    assert subjects == sorted(subjects)
    assert set(subjects) == {f"{k:03d}" for k in range(1, 31)}


def test_capture_times_are_unique_office_hours_in_september_2005():
    takes = plan_database(synthesis(118, 1149, seed=1))
    times = [take.name.captured_at for take in takes]
    assert all(earlier < later for earlier, later in pairwise(times))
    assert {(time.year, time.month) for time in times} == {(2005, 9)}
    assert all(time.weekday() < 5 and 8 <= time.hour < 18 for time in times)


def test_fewer_pairs_than_subjects_are_refused():
    with pytest.raises(ValueError, match="subjects=3 and pairs=2"):
        synthesis(3, 2)


def test_a_seed_gives_one_plan_and_another_seed_another():
    plans = [plan_database(synthesis(3, 6, seed=seed)) for seed in (1, 1, 2)]
    assert plans[0] == plans[1]
    assert plans[0] != plans[2]


def test_a_subject_does_not_depend_on_how_many_others_there_are(takes):
    alone = plan_database(synthesis(1, 1, seed=4))[0]
    assert alone.subject == takes[0].subject
    assert alone.capture == takes[0].capture


def test_a_subject_keeps_the_neutral_face_and_expressions_stay_small(head_model, takes):
    by_subject = {}
    for take in takes:
        by_subject.setdefault(take.name.subject_id, []).append(take)
    for own in by_subject.values():
        assert all(take.subject == own[0].subject for take in own)
        assert own[0].capture.expression == "neutral"
        assert own[0].capture.face_units == {}
    expressive = [take for take in takes if take.capture.face_units]
    assert len(expressive) > 20
    shape = head_model.shape(expressive[0].subject.shape | expressive[0].capture.face_units)
    change = np.linalg.norm(shape - neutral(head_model, expressive[0]), axis=1)
    assert 1 < change.max() < 30


def test_people_differ_by_millimetres_and_stay_human(head_model, takes):
    subjects = {take.name.subject_id: take for take in takes}.values()
    shapes = np.stack([neutral(head_model, take) for take in subjects])
    eye_names = ("right_eye", "left_eye")
    eyes = [shapes[:, head_model.regions == head_model.region_names.index(name)].mean(axis=1) for name in eye_names]
    pupils_mm = np.linalg.norm(eyes[0] - eyes[1], axis=1)
    assert 60 < pupils_mm.mean() < 66
    assert 52 < pupils_mm.min() <= pupils_mm.max() < 72
    sellion, pogonion = (shapes[:, head_model.landmark(name), 1] for name in ("sellion", "pogonion"))
    assert 80 < (sellion - pogonion).min() <= (sellion - pogonion).max() < 130
    landmarks = shapes[:, head_model.landmarks]
    spread = np.linalg.norm(landmarks - landmarks.mean(axis=0), axis=2).mean()
    assert 2.5 < spread < 10


def test_bytes_do_not_depend_on_the_number_of_processes(head_model, renderer):
    takes = plan_database(synthesis(2, 3, seed=9))
    alone = list(render_database(head_model, takes, processes=1))
    together = list(render_database(head_model, takes, processes=2))
    assert [pair.name for pair in together] == [take.name for take in takes]
    for one, other in zip(alone, together, strict=True):
        assert one.name == other.name
        assert np.array_equal(one.portrait, other.portrait)
        assert np.array_equal(one.range_grey, other.range_grey)
        assert np.array_equal(one.fiducials_px, other.fiducials_px)
    last = render_take(renderer, takes[-1])  # without the takes before it
    assert np.array_equal(last.portrait, alone[-1].portrait)


def test_negative_processes_are_refused(head_model):
    with pytest.raises(ValueError, match="-1"):
        render_database(head_model, [], processes=-1)


class Deadly:
    """A take that ends the process that unpacks it."""

    def __reduce__(self):
        return os._exit, (9,)


def test_a_worker_that_dies_is_named_with_a_way_out(head_model):
    with pytest.raises(RuntimeError, match=r"One of 2 rendering processes ended by itself.*synthesize.processes=1"):
        list(render_database(head_model, [Deadly(), Deadly()], processes=2))
