"""Stacked contractive autoencoders: a code for photos, a code for depth maps, and a map between them.

The paper describes it as related work B, after Zhang, Li, Liang and Li, "Learning 3D faces from 2D images via stacked
contractive autoencoder", Neurocomputing 257, 2017. The contractive penalty is that of Rifai, Vincent, Muller, Glorot
and Bengio, "Contractive auto-encoders: explicit invariance during feature extraction", ICML 2011, equation 7.

1. Each layer learns to give back what the layer below gives, with the penalty, one after the other: once for photos,
   once for depth maps.
2. One fully connected layer learns to lead from the code of a photo to the code of its depth map.
3. Photo encoder, map and depth decoder, joined, learn end to end.

Everything happens at 64x64; a prediction is enlarged to 256x256.
"""

from collections.abc import Sequence

import numpy as np
from tqdm import tqdm

from facedepth_pipeline.data.pairs import Pair
from facedepth_pipeline.depth import IMAGE_SIZE_PX, MAX_DEPTH_MM
from facedepth_pipeline.parameters import AutoencoderParameters
from facedepth_pipeline.runtime.keras_import import keras, layers, ops

SIZE_PX = 64
BLOCK_PX = IMAGE_SIZE_PX // SIZE_PX


class ContractiveAutoencoder(keras.Model):
    """One layer: h = sigmoid(W x + b), and x again as sigmoid(W' h + c) with the same weights.

    Args:
        inputs: Values of x, in [0, 1].
        units: Values of h.
        contraction: Weight of the penalty.
        seed: Of the initial weights.
    """

    def __init__(self, inputs: int, units: int, contraction: float, seed: int) -> None:
        super().__init__()
        self.contraction = contraction
        self.kernel = self.add_weight(
            shape=(inputs, units), initializer=keras.initializers.GlorotUniform(seed), name="kernel"
        )
        self.code_bias = self.add_weight(shape=(units,), initializer="zeros", name="code_bias")
        self.data_bias = self.add_weight(shape=(inputs,), initializer="zeros", name="data_bias")
        self.built = True

    def encode(self, x: keras.KerasTensor) -> keras.KerasTensor:
        """Code h, (N, units) in (0, 1), of x, (N, inputs)."""
        return ops.sigmoid(ops.matmul(x, self.kernel) + self.code_bias)

    def decode(self, h: keras.KerasTensor) -> keras.KerasTensor:
        """x, (N, inputs) in (0, 1), from its code."""
        return ops.sigmoid(ops.matmul(h, ops.transpose(self.kernel)) + self.data_bias)

    def call(self, x: keras.KerasTensor) -> keras.KerasTensor:
        """Give x back by way of its code."""
        return self.decode(self.encode(x))

    def penalty(self, x: keras.KerasTensor) -> keras.KerasTensor:
        """Squared Frobenius norm of the Jacobian of the code, (N,).

        For a sigmoid, dh_j / dx_i = h_j (1 - h_j) W_ij, so the squares sum to a product of two sums.
        """
        h = self.encode(x)
        return ops.matmul(ops.square(h * (1 - h)), ops.sum(ops.square(self.kernel), axis=0)[:, None])[:, 0]

    def compute_loss(self, x=None, y=None, y_pred=None, sample_weight=None, training=True):  # type: ignore[no-untyped-def]
        """Squared error summed over a sample, plus the weighted penalty; mean over samples."""
        error = ops.sum(ops.square(y_pred - x), axis=-1)
        return ops.mean(error + self.contraction * self.penalty(x))


def photo_vectors(photos: np.ndarray) -> np.ndarray:
    """(N, 4096) float32 grey in [0, 1] from (N, 256, 256, 3) uint8: the mean of each 4x4 block."""
    grey = photos.astype(np.float32) @ np.array([0.299, 0.587, 0.114], np.float32) / 255
    return _blocks(grey).mean(axis=(2, 4)).reshape(len(photos), -1).astype(np.float32)


def depth_vectors(depth_mm: np.ndarray) -> np.ndarray:
    """(N, 4096) float32 share of 81.6 mm from (N, 256, 256) millimetres, background 0."""
    return _blocks(depth_mm / MAX_DEPTH_MM).mean(axis=(2, 4)).reshape(len(depth_mm), -1).astype(np.float32)


def _blocks(images: np.ndarray) -> np.ndarray:
    return images.reshape(len(images), SIZE_PX, BLOCK_PX, SIZE_PX, BLOCK_PX)


def fit_contractive_autoencoder(pairs: Sequence[Pair], parameters: AutoencoderParameters) -> keras.Model:
    """Train in the three steps above.

    Args:
        pairs: Of the training subjects.
        parameters: Units of each layer, epochs, weights; the seed.

    Returns:
        Model of stock layers from ``photo_vectors`` to ``depth_vectors``.

    Raises:
        ValueError: If there is no pair.
    """
    if not pairs:
        raise ValueError("There is no training pair to learn from.")
    photos = np.concatenate([photo_vectors(pair.photo[None]) for pair in pairs])
    depths = np.concatenate([depth_vectors(_filled(pair)[None]) for pair in pairs])
    layer_epochs = 2 * len(parameters.units) * parameters.pretrain_epochs
    epochs = layer_epochs + parameters.map_epochs + parameters.finetune_epochs
    with tqdm(total=epochs, desc="training autoencoders", unit="epoch") as progress:
        return _train(photos, depths, parameters, progress)


def _train(photos: np.ndarray, depths: np.ndarray, parameters: AutoencoderParameters, progress: tqdm) -> keras.Model:
    photo_stack, photo_code = _pretrain(photos, parameters, parameters.seed, progress)
    depth_stack, depth_code = _pretrain(depths, parameters, parameters.seed + 100, progress)

    keras.utils.set_random_seed(parameters.seed)
    link = keras.Sequential([keras.Input(photo_code.shape[1:]), layers.Dense(depth_code.shape[1], "sigmoid")])
    _fit(link, photo_code, depth_code, parameters, parameters.map_epochs, progress)
    network = keras.Sequential([keras.Input((SIZE_PX**2,), name="photo"), *_encoder(photo_stack), *link.layers])
    for layer in _decoder(depth_stack):
        network.add(layer)
    _set_weights(network, photo_stack, depth_stack)
    _fit(network, photos, depths, parameters, parameters.finetune_epochs, progress)
    return network


def _filled(pair: Pair) -> np.ndarray:
    return np.where(pair.depth_map.valid, pair.depth_map.depth_mm, np.float32(0))


def _pretrain(
    data: np.ndarray, parameters: AutoencoderParameters, seed: int, progress: tqdm
) -> tuple[list[ContractiveAutoencoder], np.ndarray]:
    """Learn the layers one after the other; give them and the code of the data."""
    stack = []
    for level, units in enumerate(parameters.units):
        keras.utils.set_random_seed(seed + level)
        layer = ContractiveAutoencoder(data.shape[1], units, parameters.contraction, seed + level)
        _fit(layer, data, data, parameters, parameters.pretrain_epochs, progress)
        data = ops.convert_to_numpy(layer.encode(data))
        stack.append(layer)
    return stack, data


def _encoder(stack: Sequence[ContractiveAutoencoder]) -> list[layers.Layer]:
    return [layers.Dense(layer.kernel.shape[1], "sigmoid", name=f"encode_{i}") for i, layer in enumerate(stack, 1)]


def _decoder(stack: Sequence[ContractiveAutoencoder]) -> list[layers.Layer]:
    return [
        layers.Dense(layer.kernel.shape[0], "sigmoid", name=f"decode_{i}") for i, layer in enumerate(reversed(stack), 1)
    ]


def _set_weights(
    network: keras.Model, photos: Sequence[ContractiveAutoencoder], depths: Sequence[ContractiveAutoencoder]
) -> None:
    as_arrays = ops.convert_to_numpy
    for level, layer in enumerate(photos, 1):
        network.get_layer(f"encode_{level}").set_weights([as_arrays(layer.kernel), as_arrays(layer.code_bias)])
    for level, layer in enumerate(reversed(depths), 1):
        network.get_layer(f"decode_{level}").set_weights([as_arrays(layer.kernel).T, as_arrays(layer.data_bias)])


def _fit(
    model: keras.Model, x: np.ndarray, y: np.ndarray, parameters: AutoencoderParameters, epochs: int, progress: tqdm
) -> None:
    loss = None if isinstance(model, ContractiveAutoencoder) else "mean_squared_error"
    model.compile(optimizer=keras.optimizers.Adam(parameters.learning_rate), loss=loss)
    counting = keras.callbacks.LambdaCallback(on_epoch_end=lambda *_: progress.update())
    model.fit(x, y, batch_size=parameters.batch_size, epochs=epochs, verbose=0, callbacks=[counting])


def predict_depth_mm(network: keras.Model, photos: np.ndarray) -> np.ndarray:
    """Depth of photos, enlarged from 64x64 by bilinear interpolation.

    Args:
        network: Of :func:`fit_contractive_autoencoder`.
        photos: (N, 256, 256, 3) uint8 RGB.

    Returns:
        (N, 256, 256) float32 millimetres.
    """
    vectors = np.asarray(network.predict_on_batch(photo_vectors(photos)))
    small = vectors.reshape(-1, SIZE_PX, SIZE_PX, 1)
    large = ops.image.resize(small, (IMAGE_SIZE_PX, IMAGE_SIZE_PX), interpolation="bilinear")
    return np.asarray(ops.convert_to_numpy(large)[..., 0] * np.float32(MAX_DEPTH_MM), np.float32)
