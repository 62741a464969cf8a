"""An interrupted training goes on in the MLflow run in which it began."""

import logging

import mlflow
from mlflow.exceptions import MlflowException

logger = logging.getLogger(__name__)


def continue_run(run_id: str | None) -> str:
    """Make an earlier run the active one, in place of the run that has just been started for the same purpose.

    The run that was active is deleted, since everything it knows so far, its parameters, the earlier run knows too.

    Args:
        run_id: Run in which the training began; None if it begins now.

    Returns:
        Id of the run that is active afterwards. If MLflow no longer knows ``run_id``, that is the present one.
    """
    active = mlflow.active_run()
    started = active.info.run_id if active else mlflow.start_run().info.run_id
    if run_id is None or run_id == started:
        return started
    try:
        earlier = mlflow.get_run(run_id)
    except MlflowException:
        logger.warning("MLflow does not know run %s, in which this training began; it goes on in %s.", run_id, started)
        return started
    if earlier.info.lifecycle_stage == "deleted":
        logger.warning("Run %s, in which this training began, was deleted; it goes on in %s.", run_id, started)
        return started
    mlflow.end_run("KILLED")
    mlflow.delete_run(started)
    logger.info("Going on in MLflow run %s, where this training began.", run_id)
    return mlflow.start_run(run_id=run_id).info.run_id
