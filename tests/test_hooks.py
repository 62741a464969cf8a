import logging

import click
import mlflow
import pytest
from kedro.io import DatasetError
from kedro.pipeline import Node, Pipeline
from mlflow.exceptions import MlflowException

from facedepth_pipeline.hooks import RunSummary, TrackingHook
from facedepth_pipeline.jobs.record import JobFailed
from facedepth_pipeline.pipelines.reconstruct import create_pipeline

JOB = create_pipeline()
TRAINING = Pipeline([Node(func=lambda: 1, inputs=None, outputs="generator", name="train")])
DOWN = MlflowException("API request failed (Caused by NewConnectionError('Connection refused'))")


def started(pipeline: Pipeline) -> TrackingHook:
    """A hook whose MLflow was there at the start of a run."""
    hook = TrackingHook()
    hook.long_params_strategy = "tag"
    hook._already_active_mlflow = False
    hook._does_without = pipeline is JOB
    return hook


def fail(*_: object, **__: object) -> None:
    raise DOWN


def test_a_job_does_without_an_mlflow_that_was_not_there_and_a_training_does_not_begin(caplog):
    hook = TrackingHook()
    hook._unreachable = DOWN
    with caplog.at_level(logging.WARNING):
        hook.before_pipeline_run(run_params={}, pipeline=JOB, catalog=None)
    assert "cannot be reached: NewConnectionError('Connection refused'). The job goes on" in caplog.text
    with pytest.raises(click.ClickException, match="Nothing has run"):
        hook.before_pipeline_run(run_params={}, pipeline=JOB + TRAINING, catalog=None)


def test_a_job_whose_mlflow_goes_away_asks_it_once_and_comes_to_its_end(monkeypatch, caplog):
    asked = []
    monkeypatch.setattr(mlflow, "log_param", lambda *parameter: (asked.append(parameter), fail()))
    monkeypatch.setattr(mlflow, "end_run", fail)
    hook = started(JOB)
    hook._log_param("reconstruct.mesher", "grid")
    hook._log_param("reconstruct.seed", 0)
    assert len(asked) == 1
    hook.after_pipeline_run(run_params={}, pipeline=JOB, catalog=None)
    assert "The job goes on without it" in caplog.text


def test_a_training_whose_mlflow_goes_away_fails(monkeypatch):
    monkeypatch.setattr(mlflow, "log_param", fail)
    with pytest.raises(MlflowException):
        started(TRAINING)._log_param("train.recipe", "paper")


def failure(error: Exception, cause: Exception | None = None) -> Exception:
    error.__cause__ = cause
    return error


@pytest.mark.parametrize(
    "error",
    [
        JobFailed("The disk is full."),
        DatasetError("No photo in photos."),
        failure(DatasetError("Failed while loading: no generator."), ValueError("no generator")),
    ],
)
def test_what_is_said_in_a_sentence_needs_no_traceback(error):
    with pytest.raises(click.ClickException, match=r"disk|photo|generator"):
        RunSummary().on_pipeline_error(error, {"env": None}, JOB, None)


@pytest.mark.parametrize("error", [KeyError("x"), failure(DatasetError("Failed while saving."), AttributeError("x"))])
def test_mistakes_of_the_program_keep_theirs(error):
    RunSummary().on_pipeline_error(error, {"env": None}, JOB, None)
