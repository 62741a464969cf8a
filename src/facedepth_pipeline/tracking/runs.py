"""Which MLflow run this is, and which one an interrupted training goes on in."""

import logging

import mlflow
from mlflow.exceptions import MlflowException

logger = logging.getLogger(__name__)


def active_run_id() -> str | None:
    """The run that is under way; None outside of one."""
    run = mlflow.active_run()
    return None if run is None else str(run.info.run_id)


def run_to_continue(owner: str) -> str | None:
    """The run in which a training began, if it can go on there; None and a warning if it was deleted or is unknown."""
    try:
        known = mlflow.get_run(owner).info.lifecycle_stage == "active"
    except MlflowException:
        known = False
    if not known:
        logger.warning("MLflow run %s, in which this training began, is gone: it goes on in a new one.", owner)
        return None
    logger.info("Going on in MLflow run %s, where this training began.", owner)
    return owner
