"""The window's state, without a window."""

import numpy as np
import pytest

from facedepth_pipeline.ui.messages import (
    WARMING,
    Began,
    Cancelled,
    FacesFound,
    Failed,
    Ready,
    Saved,
    Step,
    WorkerEnded,
)
from facedepth_pipeline.ui.session import Concern, Session, Stuck, read_interpupillary_mm

OUTLINES = [np.zeros((3, 2)), np.zeros((3, 2))]


def working() -> tuple[Session, int]:
    session = Session()
    number = session.next_work()
    session.asked(number)
    return session, number


def test_events_of_the_work_that_is_wanted_count_and_late_ones_do_not():
    session, first = working()
    assert session.take(Began(first, Step.FIND)) is Concern.WORK
    session.next_work()  # another photo was opened
    assert session.take(Began(first, Step.BUILD)) is Concern.NOTHING


def test_a_file_is_saved_while_a_photo_is_worked_on():
    session, number = working()
    saving = session.next_saving()
    assert saving != number
    assert session.take(Saved(saving, "face.glb")) is Concern.SAVING
    session.saving = None
    assert session.take(Saved(saving, "face.glb")) is Concern.NOTHING
    assert session.next_saving() != saving
    assert session.take(Began(number, Step.BUILD)) is Concern.WORK


@pytest.mark.parametrize(
    "answer", [Cancelled(1), Failed(1, "No face", "None."), FacesFound(1, OUTLINES, one_is_needed=True)]
)
def test_a_worker_that_answers_is_not_stuck(answer):
    session, number = working()
    session.next_work()  # it was cancelled
    assert session.stuck(number) is Stuck.YES
    session.take(answer)
    assert session.stuck(number) is Stuck.NO


def test_faces_that_need_no_choice_are_no_answer():
    session, number = working()
    session.take(FacesFound(number, OUTLINES[:1], one_is_needed=False))
    assert session.stuck(number) is Stuck.YES


def test_a_worker_that_loads_tensorflow_gets_more_time():
    session, number = working()
    session.take(Began(number, Step.LOAD))
    assert session.stuck(number) is Stuck.NOT_YET
    assert session.take(Ready("starter/1", 61.6)) is Concern.MODEL
    assert session.stuck(number) is Stuck.YES


def test_a_worker_that_has_ended_owes_nothing():
    session, number = working()
    assert session.take(WorkerEnded(-9)) is Concern.WORKER
    assert session.stuck(number) is Stuck.NO


def test_a_model_that_cannot_be_loaded_beforehand_is_said_apart():
    session, _ = working()
    session.loading = True
    assert session.take(Failed(WARMING, "No model", "There is none.")) is Concern.WARMING
    assert not session.loading


@pytest.mark.parametrize(
    ("words", "measured"), [("63.5", 63.5), ("63,5", 63.5), (" 50 ", 50), ("", None), ("  ", None)]
)
def test_a_distance_is_read_as_people_type_it(words, measured):
    assert read_interpupillary_mm(words) == measured


@pytest.mark.parametrize("words", ["6.3", "49.9", "75.1", "wide", "nan"])
def test_a_distance_of_no_adult_is_refused(words):
    with pytest.raises(ValueError, match="expected 50 to 75 mm"):
        read_interpupillary_mm(words)
