import mlflow
import pytest

from facedepth_pipeline.tracking.continued import continue_run


@pytest.fixture
def client(tmp_path):
    mlflow.set_tracking_uri(f"sqlite:///{tmp_path}/mlflow.db")
    mlflow.set_experiment("trainings")
    yield mlflow.MlflowClient()
    while mlflow.active_run():
        mlflow.end_run()
    mlflow.set_tracking_uri(None)


def test_a_training_goes_on_where_it_began_and_the_new_run_leaves(client):
    began = mlflow.start_run().info.run_id
    mlflow.log_metric("val_mae_mm", 4, step=1)
    mlflow.end_run("KILLED")
    started = mlflow.start_run().info.run_id
    assert continue_run(began) == began
    assert mlflow.active_run().info.run_id == began
    mlflow.log_metric("val_mae_mm", 3, step=2)
    mlflow.end_run()
    assert client.get_run(began).info.status == "FINISHED"
    assert [point.value for point in client.get_metric_history(began, "val_mae_mm")] == [4, 3]
    assert client.get_run(started).info.lifecycle_stage == "deleted"


@pytest.mark.parametrize("gone", ["deleted", "unknown"])
def test_without_the_earlier_run_the_new_one_stays(client, gone):
    began = "0" * 32
    if gone == "deleted":
        began = mlflow.start_run().info.run_id
        mlflow.end_run()
        mlflow.delete_run(began)
    started = mlflow.start_run().info.run_id
    assert continue_run(began) == started
    assert client.get_run(started).info.lifecycle_stage == "active"


def test_a_first_training_keeps_its_run(client):
    started = mlflow.start_run().info.run_id
    assert continue_run(None) == started
