"""Write the error figures to MLflow and move the alias that others load the model by."""

from collections.abc import Mapping
from typing import Any

import mlflow
from mlflow import MlflowClient
from mlflow.exceptions import MlflowException

from facedepth_pipeline.tracking.registry import CHAMPION, RegisteredGenerator


def log_depth_metrics(metrics: Mapping[str, Any]) -> None:
    """Log every single figure of ``depth_metrics`` to the active run.

    ``mae_mm`` becomes ``test_mae_mm``, beside the ``mae_mm`` and ``val_mae_mm`` of training; a baseline's
    becomes ``test_mean_face_mae_mm``.
    """
    mlflow.log_metrics(_single_figures(metrics, "test_"))


def _single_figures(metrics: Mapping[str, Any], prefix: str) -> dict[str, float]:
    figures: dict[str, float] = {}
    for name, value in metrics.items():
        if isinstance(value, Mapping):
            inner = "" if name == "baselines" else f"{name}_"
            figures |= _single_figures(value, prefix + inner)
        elif isinstance(value, int | float):
            figures[prefix + name] = float(value)
    return figures


def promote(generator: RegisteredGenerator, metrics: Mapping[str, Any]) -> dict[str, Any]:
    """Make this version the champion and tag it with its error.

    Returns:
        What was done: ``model_uri`` and ``alias`` now, the version that was champion before (None
        if there was none), and the error the version was promoted with.
    """
    client = MlflowClient()
    try:
        previous = int(client.get_model_version_by_alias(generator.name, CHAMPION).version)
    except MlflowException:
        previous = None
    for name in ("mae_mm", "rmse_mm", "data_digest"):
        client.set_model_version_tag(generator.name, str(generator.version), name, str(metrics[name]))
    client.set_registered_model_alias(generator.name, CHAMPION, str(generator.version))
    return {
        "model_name": generator.name,
        "version": generator.version,
        "model_uri": generator.model_uri,
        "alias": CHAMPION,
        "previous_version": previous,
        "mae_mm": metrics["mae_mm"],
    }
