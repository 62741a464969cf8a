import mlflow
import pytest


@pytest.fixture
def empty_tracking(tmp_path):
    """MLflow with a database of its own and an experiment."""
    mlflow.set_tracking_uri(f"sqlite:///{tmp_path}/mlflow.db")
    mlflow.set_experiment("trainings")
    yield
    mlflow.set_tracking_uri(None)
