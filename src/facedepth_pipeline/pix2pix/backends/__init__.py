"""What differs between the backends of Keras: the training step, and how batches reach it."""

from importlib import import_module
from typing import Any


def current_backend() -> Any:
    """The module of the backend in use; importing another one would import another framework.

    Raises:
        ValueError: If it is neither TensorFlow nor JAX.
    """
    from facedepth_pipeline.runtime.keras_import import keras

    backend = keras.backend.backend()
    if backend not in ("tensorflow", "jax"):
        raise ValueError(f"Training and prediction know tensorflow and jax; KERAS_BACKEND is {backend!r}.")
    return import_module(f"facedepth_pipeline.pix2pix.backends.{backend}")
