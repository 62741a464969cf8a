"""Which version of a registered model is the champion; asking loads neither Keras nor TensorFlow."""

from mlflow import MlflowClient
from mlflow.exceptions import MlflowException

CHAMPION = "champion"


def champion_version(model_name: str) -> int | None:
    """The version that the alias stands for; None if there is none. A registry that does not answer is an error."""
    try:
        return int(MlflowClient().get_model_version_by_alias(model_name, CHAMPION).version)
    except MlflowException as error:
        if error.error_code in ("RESOURCE_DOES_NOT_EXIST", "INVALID_PARAMETER_VALUE"):
            return None
        raise
