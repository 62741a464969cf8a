import dataclasses
import os
from collections import Counter
from itertools import pairwise

import numpy as np
import pytest

from facedepth_pipeline.synthetic.database import Renderers, plan_database, render_database, render_take
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


def test_people_of_makehuman_are_who_they_were_before_there_were_other_heads(takes):
    """These figures were drawn by the version that knew MakeHuman alone."""
    first, last = takes[0].subject, takes[-1].subject
    assert (first.source, first.sex, first.age, first.ethnicity) == ("makehuman", "female", 42, "mixed")
    assert first.tone == pytest.approx(0.7554389871665986, rel=1e-12)
    assert first.shape["nose/nose-hump-incr"] == pytest.approx(0.26708242481960215, rel=1e-12)
    assert (last.tone, last.hairline_mm) == pytest.approx((0.22829605815277887, 5.871686639416248), rel=1e-12)


@pytest.fixture
def other_head(head_model):
    deltas = np.random.default_rng(1).normal(0, 1, (2, *head_model.vertices.shape)).astype(np.float32)
    return dataclasses.replace(
        head_model, source="ict", dense_names=("identity/000", "identity/001"), dense_deltas=deltas
    )


def test_sources_are_drawn_by_weight_and_change_nobody_else(takes, other_head):
    parameters = synthesis(30, 120, seed=4, heads={"makehuman": 1, "ict": 2})
    mixed = plan_database(parameters, {"ict": other_head})
    assert mixed == plan_database(parameters, {"ict": other_head})
    subjects = {take.subject.subject_id: take.subject for take in mixed}
    foreign = [subject for subject in subjects.values() if subject.source == "ict"]
    assert 14 <= len(foreign) <= 26  # 20 expected of 30
    assert all(set(subject.shape) == {"identity/000", "identity/001"} for subject in foreign)
    for one, other in zip(mixed, takes, strict=True):
        assert one.capture == other.capture
        same = dataclasses.replace(one.subject, shape=other.subject.shape, source="makehuman")
        assert same == other.subject
        assert one.subject.source == "ict" or one.subject == other.subject


def test_identities_follow_the_normal_distribution_within_its_bounds(other_head):
    parameters = synthesis(600, 600, heads={"ict": 1})
    subjects = [take.subject for take in plan_database(parameters, {"ict": other_head})]
    values = np.array([list(subject.shape.values()) for subject in subjects])
    assert np.abs(values).max() <= 2.5
    assert values.mean() == pytest.approx(0, abs=0.1)
    assert values.std() == pytest.approx(0.98, abs=0.06)


def test_a_source_without_its_head_model_is_named():
    with pytest.raises(ValueError, match="gnm"):
        plan_database(synthesis(2, 2, heads={"gnm": 1}))


def test_each_take_is_rendered_with_the_head_of_its_subject(head_model, other_head):
    parameters = synthesis(4, 4, seed=4, heads={"makehuman": 1, "ict": 1})
    heads = {"makehuman": head_model, "ict": other_head}
    takes = plan_database(parameters, heads)
    assert {take.subject.source for take in takes} == {"makehuman", "ict"}
    renderers = Renderers(heads)
    for take in takes:
        assert renderers.of(take.subject).head_model is heads[take.subject.source]
    assert renderers.of(takes[0].subject) is renderers.of(takes[0].subject)


def test_everybody_may_have_as_many_takes():
    takes = plan_database(synthesis(7, 30, takes="even"))
    counts = Counter(take.subject.subject_id for take in takes)
    assert sorted(counts.values()) == [4, 4, 4, 4, 4, 5, 5]


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
    alone = list(render_database({"makehuman": head_model}, takes, processes=1))
    together = list(render_database({"makehuman": head_model}, takes, processes=2))
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
        render_database({"makehuman": head_model}, [], processes=-1)


class Deadly:
    """A take that ends the process that unpacks it."""

    def __reduce__(self):
        return os._exit, (9,)


def test_a_worker_that_dies_is_named_with_a_way_out(head_model):
    with pytest.raises(RuntimeError, match=r"One of 2 rendering processes ended by itself.*synthesize.processes=1"):
        list(render_database({"makehuman": head_model}, [Deadly(), Deadly()], processes=2))
