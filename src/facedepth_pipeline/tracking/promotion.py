"""Write the error figures to MLflow and move the alias that others load the model by."""

from collections.abc import Mapping
from typing import Any

import mlflow
from mlflow import MlflowClient

from facedepth_pipeline.evaluation.champion import Verdict
from facedepth_pipeline.tracking.resolve import CHAMPION


def log_depth_metrics(metrics: Mapping[str, Any]) -> None:
    """Log every single figure of ``depth_metrics`` to the active run.

    ``mae_mm`` becomes ``test_mae_mm``, beside the ``mae_mm`` and ``val_mae_mm`` of training; a baseline's
    becomes ``test_mean_face_mae_mm``.
    """
    mlflow.log_metrics(_single_figures(metrics, "test_"))
    mlflow.set_tag("data_digest", metrics["data_digest"])


def _single_figures(metrics: Mapping[str, Any], prefix: str) -> dict[str, float]:
    figures: dict[str, float] = {}
    for name, value in metrics.items():
        if isinstance(value, Mapping):
            inner = "" if name == "baselines" else f"{name}_"
            figures |= _single_figures(value, prefix + inner)
        elif isinstance(value, int | float):
            figures[prefix + name] = float(value)
    return figures


def record_verdict(model_name: str, version: int, verdict: Verdict, tags: Mapping[str, object]) -> None:
    """Tag a version, and the active run, with what was decided, and move the alias if it was promoted."""
    client = MlflowClient()
    outcome = {"promotion": "promoted" if verdict.promoted else "kept back", "promotion_reason": verdict.reason}
    for name, value in {**tags, **outcome}.items():
        client.set_model_version_tag(model_name, str(version), name, str(value))
        mlflow.set_tag(name, str(value))
    if verdict.promoted:
        client.set_registered_model_alias(model_name, CHAMPION, str(version))
