"""A generator as bytes: found without Keras, and loaded where it is to work."""

import tempfile
from dataclasses import dataclass
from pathlib import Path

from facedepth_pipeline.depth import IMAGE_SIZE_PX
from facedepth_pipeline.generator.prediction import DepthGenerator
from facedepth_pipeline.generator.sidecar import GeneratorSidecar
from facedepth_pipeline.generator.starter import load_starter


@dataclass(frozen=True)
class PackedGenerator:
    """A generator that travels to other processes and machines.

    Attributes:
        model_uri: Address of exactly this version.
        network: A ``.keras`` file; None for the starter, which every installation has.
        sidecar: What it says about itself; None for the starter.
    """

    model_uri: str
    network: bytes | None = None
    sidecar: GeneratorSidecar | None = None

    def load(self) -> DepthGenerator:
        """Load it, in safe mode: networks are made of stock layers.

        Raises:
            ValueError: If it takes other photos than this project's, or this installation has another starter.
        """
        if self.network is None or self.sidecar is None:
            generator, model_uri = load_starter()
            if model_uri != self.model_uri:
                raise ValueError(f"The starter here is {model_uri}; expected {self.model_uri}.")
            return generator
        from facedepth_pipeline.runtime.keras_import import keras

        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "generator.keras"
            path.write_bytes(self.network)
            network = keras.models.load_model(path, compile=False)
        expected, received = (IMAGE_SIZE_PX, IMAGE_SIZE_PX, 3), tuple(network.input_shape[1:])
        if received != expected:
            raise ValueError(
                f"The model at {self.model_uri!r} takes photos of shape {received}; this project's are {expected}."
            )
        return DepthGenerator(network, self.sidecar)
