"""The generator that ships with the package, so that a photo becomes a face right after installation.

``weights.npz`` holds its weights in half floats, ``sidecar.json`` what it says about itself, ``MODEL_CARD.md`` what it
learned from and how far it may be trusted. ``make starter`` trains and packs it anew.
"""

import hashlib
import io
from importlib.resources import files
from typing import Any

import numpy as np

from facedepth_pipeline.generator.prediction import DepthGenerator
from facedepth_pipeline.generator.sidecar import GeneratorSidecar
from facedepth_pipeline.parameters import Recipe

STARTER_URI = "starter"
WEIGHTS_FILE, SIDECAR_FILE = "weights.npz", "sidecar.json"


def load_starter() -> tuple[DepthGenerator, str]:
    """The generator, and a name for exactly these weights: ``starter/`` and the start of their SHA-256."""
    from facedepth_pipeline.pix2pix.training import generator_with

    content, sidecar = _weights(), starter_sidecar()
    network = generator_with(recipe_of(sidecar), unpack_weights(content))
    return DepthGenerator(network, sidecar), _uri(content)


def recipe_of(sidecar: GeneratorSidecar) -> Recipe:
    """The recipe that a generator was trained by; what a recipe could not say at its time has its default."""
    known = sidecar.parameters
    return Recipe.model_validate({name: known[name] for name in Recipe.model_fields if name in known})


def starter_uri() -> str:
    """The name of :func:`load_starter`, without loading anything."""
    return _uri(_weights())


def _weights() -> bytes:
    return (files(__name__) / WEIGHTS_FILE).read_bytes()


def _uri(weights: bytes) -> str:
    return f"{STARTER_URI}/{hashlib.sha256(weights).hexdigest()[:12]}"


def starter_sidecar() -> GeneratorSidecar:
    """What the generator says about itself, without loading it."""
    return GeneratorSidecar.model_validate_json((files(__name__) / SIDECAR_FILE).read_bytes())


def pack_weights(network: Any) -> bytes:
    """The weights of a network as half floats, in the order of Keras.

    Raises:
        ValueError: If a weight does not fit into half a float.
    """
    weights = network.get_weights()
    if max(float(np.abs(weight).max()) for weight in weights) > float(np.finfo(np.float16).max):
        raise ValueError("A weight is beyond the range of half floats (65504): this generator cannot be packed.")
    halves = {f"w{number:03d}": weight.astype(np.float16) for number, weight in enumerate(weights)}
    data = io.BytesIO()
    np.savez_compressed(data, **halves)
    return data.getvalue()


def unpack_weights(content: bytes) -> list[np.ndarray]:
    """float32 weights from :func:`pack_weights`."""
    with np.load(io.BytesIO(content), allow_pickle=False) as arrays:
        return [arrays[name].astype(np.float32) for name in sorted(arrays)]
