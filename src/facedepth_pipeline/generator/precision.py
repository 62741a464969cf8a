"""A generator that computes in another precision, beside the one that is given."""

from dataclasses import replace
from threading import Lock
from typing import Any
from weakref import WeakKeyDictionary

from facedepth_pipeline.generator.prediction import DepthGenerator
from facedepth_pipeline.pix2pix.backends import current_backend
from facedepth_pipeline.pix2pix.device import FLOAT32_LAYERS, Precision, choose_device, choose_dtype_policy
from facedepth_pipeline.pix2pix.unet import set_all_weights
from facedepth_pipeline.runtime.keras_import import keras

_twins: WeakKeyDictionary[Any, dict[str, Any]] = WeakKeyDictionary()  # by network and dtype policy
_one_at_a_time = Lock()


def computing_in(generator: DepthGenerator, precision: Precision) -> DepthGenerator:
    """The generator itself if it computes in this precision, else a twin with the same weights that does.

    Weights stay float32, and so does the last convolution: in bfloat16 its steps of up to 0.04 mm would show as
    terraces. A network has one twin for each precision, which is kept with what TensorFlow compiled for it and gets
    the weights anew at each call.

    Args:
        generator: Network and sidecar; neither is changed.
        precision: ``auto`` as in :func:`~.device.choose_dtype_policy`, for the first GPU or else the processor.
    """
    network = generator.network
    policy = choose_dtype_policy(precision, choose_device("auto", current_backend().has_gpu()))
    if all(layer.dtype_policy.name == policy for layer in _inner_layers(network)):
        return generator
    with _one_at_a_time:
        twins = _twins.setdefault(network, {})
        if policy not in twins:
            twins[policy] = keras.models.clone_model(network)
            for layer in _inner_layers(twins[policy]):
                layer.dtype_policy = policy
        set_all_weights(twins[policy], network.get_weights())
        return replace(generator, network=twins[policy])


def _inner_layers(network: Any) -> list[Any]:
    return [layer for layer in network.layers if layer.name not in FLOAT32_LAYERS]
