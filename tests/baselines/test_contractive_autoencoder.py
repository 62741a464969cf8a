import keras
import numpy as np
import pytest
import tensorflow as tf

from facedepth_pipeline.baselines.contractive_autoencoder import (
    ContractiveAutoencoder,
    depth_vectors,
    fit_contractive_autoencoder,
    photo_vectors,
    predict_depth_mm,
)
from facedepth_pipeline.parameters import AutoencoderParameters

TINY = AutoencoderParameters(
    units=[24, 12], contraction=0.01, learning_rate=3e-3, batch_size=2, pretrain_epochs=3, map_epochs=5,
    finetune_epochs=30, seed=0,
)  # fmt: skip


def test_the_penalty_is_the_squared_norm_of_the_jacobian():
    layer = ContractiveAutoencoder(inputs=7, units=5, contraction=1.0, seed=3)
    layer.code_bias.assign(np.linspace(-1, 1, 5))
    x = tf.constant(np.random.default_rng(0).uniform(size=(4, 7)).astype(np.float32))
    with tf.GradientTape() as tape:
        tape.watch(x)
        h = layer.encode(x)
    jacobian = tape.batch_jacobian(h, x)
    np.testing.assert_allclose(layer.penalty(x), tf.reduce_sum(tf.square(jacobian), axis=(1, 2)), rtol=1e-5)


def test_the_penalty_is_part_of_what_is_minimised():
    x = np.random.default_rng(1).uniform(size=(6, 7)).astype(np.float32)
    free, bound = (ContractiveAutoencoder(7, 5, contraction, seed=3) for contraction in (0.0, 2.0))
    difference = bound.compute_loss(x, x, bound(x)) - free.compute_loss(x, x, free(x))
    assert float(difference) == pytest.approx(2 * float(np.mean(bound.penalty(x))), rel=1e-5)


def test_photos_and_depth_shrink_by_the_mean_of_blocks():
    photos = np.zeros((1, 256, 256, 3), np.uint8)
    photos[0, :2, :4] = 255  # half of the first block
    assert photo_vectors(photos)[0, 0] == pytest.approx(0.5, abs=1e-6)
    assert photo_vectors(photos).sum() == pytest.approx(0.5, abs=1e-6)
    np.testing.assert_allclose(depth_vectors(np.full((1, 256, 256), 40.8)), 0.5, rtol=1e-6)


def test_it_learns_its_pairs_better_than_their_mean_and_repeats(dome_pairs, tmp_path):
    network = fit_contractive_autoencoder(dome_pairs, TINY)
    photos = np.stack([pair.photo for pair in dome_pairs])
    predicted = predict_depth_mm(network, photos)
    assert predicted.shape == (len(dome_pairs), 256, 256)
    assert predicted.dtype == np.float32
    assert 0 <= predicted.min() <= predicted.max() <= 81.6
    truth = np.stack([pair.depth_map.depth_mm for pair in dome_pairs])
    assert np.abs(predicted - truth).mean() < 0.5 * np.abs(truth - truth.mean()).mean()
    again = predict_depth_mm(fit_contractive_autoencoder(dome_pairs, TINY), photos)
    np.testing.assert_allclose(again, predicted, atol=1e-3)
    network.save(tmp_path / "network.keras")  # stock layers: loads in safe mode
    loaded = keras.models.load_model(tmp_path / "network.keras")
    np.testing.assert_allclose(predict_depth_mm(loaded, photos), predicted, atol=1e-4)


def test_without_pairs_there_is_nothing_to_learn(dome_pairs):
    with pytest.raises(ValueError, match="no training pair"):
        fit_contractive_autoencoder(dome_pairs.of_subjects(set()), TINY)
