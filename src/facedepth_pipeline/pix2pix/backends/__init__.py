"""What differs between the backends of Keras: the training step, and how batches reach it."""

import functools
from collections.abc import Callable
from importlib import import_module
from typing import Any, TypeVar, cast

Function = TypeVar("Function", bound=Callable[..., Any])


@functools.cache
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


def one_piece(function: Function) -> Function:
    """Decorator: what the function computes is compiled as one piece, and its results are computed once.

    Operations on images are quick where they are fused, and slow where an image is computed again for each
    neighbour that is read of it. So a piece reads the neighbours of what it is given, never of what it computes.

    Args:
        function: Function of tensors, tuples of tensors and floats, without side effects and random numbers.
    """

    @functools.wraps(function)
    def run(*arguments: Any) -> Any:
        return current_backend().run_in_one_piece(function, arguments)

    return cast(Function, run)
