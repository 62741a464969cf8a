import mlflow
import pytest

from facedepth_pipeline.tracking.runs import run_to_continue

pytestmark = pytest.mark.usefixtures("empty_tracking")


def test_a_training_goes_on_where_it_began():
    with mlflow.start_run() as began:
        pass
    assert run_to_continue(began.info.run_id) == began.info.run_id


@pytest.mark.parametrize("gone", ["deleted", "unknown"])
def test_a_run_that_is_gone_is_said_and_not_used(gone, caplog):
    run_id = "0" * 32
    if gone == "deleted":
        with mlflow.start_run() as began:
            run_id = began.info.run_id
        mlflow.delete_run(run_id)
    assert run_to_continue(run_id) is None
    assert run_id in caplog.text
