"""What MLflow remembers of a training."""

import mlflow
import pandas as pd
from mlflow.exceptions import MlflowException

CURVES = ("mae_mm", "val_mae_mm", "distance_loss", "adversarial_loss", "discriminator_loss")


def training_history_of(run_id: str | None) -> pd.DataFrame | None:
    """Losses and errors of each epoch, as ``training_history`` has them; None if MLflow has none for this run."""
    if run_id is None:
        return None
    client = mlflow.MlflowClient()
    try:
        curves = {name: {p.step: p.value for p in client.get_metric_history(run_id, name)} for name in CURVES}
    except MlflowException:
        return None
    table = pd.DataFrame({name: values for name, values in curves.items() if values}).sort_index()
    if not {"mae_mm", "val_mae_mm"} <= set(table):
        return None
    return table.rename_axis("epoch").reset_index()
