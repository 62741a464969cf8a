import json
from typing import Any

import keras
import numpy as np
import pytest
from tools.recipes import train_parameters

from facedepth_pipeline.data.layers import Layers, RelightablePair
from facedepth_pipeline.depth import fitted_pitch, normalize_photo
from facedepth_pipeline.generator.prediction import predict_depth_mm
from facedepth_pipeline.parameters import TrainParameters
from facedepth_pipeline.pix2pix.backends import tensorflow
from facedepth_pipeline.pix2pix.checkpoint_folder import CheckpointFolder
from facedepth_pipeline.pix2pix.device import choose_device, choose_dtype_policy
from facedepth_pipeline.pix2pix.input_pipeline import PairBatches
from facedepth_pipeline.pix2pix.losses import adversarial_loss, discriminator_loss, distance_loss
from facedepth_pipeline.pix2pix.training import (
    build_pix2pix,
    fit_generator,
    generator_with,
    in_float32,
    learning_rate_at,
    predict_while_training,
)
from facedepth_pipeline.pix2pix.training_state import checkpoint_name, is_first_worker

PITCH = fitted_pitch("stretch")


def changed(**changes: Any) -> TrainParameters:
    """The paper's recipe in small, without augmentation."""
    small = {"width": 4, "learning_rate": 2e-3, "batch_size": 4, "epochs": 12, "augmentation": "none"}
    placed = {"precision": "float32", "device": "cpu", "seed": 1, "picture_epochs": [1]}
    return train_parameters("paper", **{**small, **placed, **changes})


PARAMETERS = changed()


def build(policy: str = "float32", **changes: Any) -> keras.Model:
    return build_pix2pix(changed(**changes).chosen, 1, policy, PITCH)


def test_training_learns_depth_from_the_photo_and_repeats_itself(dome_pairs, tmp_path):
    generator, history = fit_generator(dome_pairs, dome_pairs, PARAMETERS, CheckpointFolder(tmp_path / "a"))
    assert history["epoch"].tolist() == list(range(1, 13))
    assert history["val_mae_mm"].iloc[-1] < 0.5 * history["val_mae_mm"].iloc[0]
    assert np.isfinite(history).all(axis=None)
    assert {layer.compute_dtype for layer in generator.layers} == {"float32"}
    one_epoch = changed(epochs=1)
    _, again = fit_generator(dome_pairs, dome_pairs, one_epoch, CheckpointFolder(tmp_path / "b"))
    # sums over threads come in any order, and later epochs amplify that: the first one must agree
    np.testing.assert_allclose(again.iloc[0], history.iloc[0], rtol=0.02)


def test_linear_decay_holds_for_half_of_the_epochs_and_ends_above_zero():
    falling = changed(learning_rate_decay="linear", learning_rate=1.0, epochs=8).chosen
    rates = [learning_rate_at(epoch, falling) for epoch in range(8)]
    assert rates == [1, 1, 1, 1, 1, 0.75, 0.5, 0.25]
    assert {learning_rate_at(epoch, PARAMETERS.chosen) for epoch in range(12)} == {2e-3}


class Record(keras.callbacks.Callback):
    """Which epochs were trained."""

    def on_train_begin(self, logs=None):
        self.epochs = []

    def on_epoch_end(self, epoch, logs=None):
        self.epochs.append(epoch)


class BreakAt(keras.callbacks.Callback):
    """Ends training in the middle of an epoch, as Ctrl-C would."""

    def __init__(self, epoch: int) -> None:
        super().__init__()
        self.epoch = epoch

    def on_epoch_begin(self, epoch, logs=None):
        self.now = epoch

    def on_train_batch_end(self, batch, logs=None):
        if self.now == self.epoch:
            raise KeyboardInterrupt


def test_an_interrupted_training_ends_as_one_that_never_stopped(dome_pairs, tmp_path):
    """With everything that has a state: averages, dropout, jitter, light, order, decay, best epoch."""
    parameters = changed(
        epochs=4, augmentation="jitter", light_augmentation=0.5, ema_momentum=0.5, keep="best", beta_1=0.9,
        learning_rate_decay="linear", balance_subjects=True,
    )  # fmt: skip
    whole, history = fit_generator(dome_pairs, dome_pairs, parameters, CheckpointFolder(tmp_path / "whole"))
    broken = CheckpointFolder(tmp_path / "broken")
    with pytest.raises(KeyboardInterrupt):
        fit_generator(dome_pairs, dome_pairs, parameters, broken, callbacks=[BreakAt(2)], owner="first run")
    assert broken.read().owner == "first run"
    record = Record()
    resumed, resumed_history = fit_generator(
        dome_pairs, dome_pairs, parameters, CheckpointFolder(tmp_path / "broken"), callbacks=[record]
    )
    assert record.epochs == [2, 3]
    assert resumed_history["epoch"].tolist() == [1, 2, 3, 4]
    # sums over threads come in any order, and later epochs amplify that
    np.testing.assert_allclose(resumed_history, history, rtol=0.03)
    photos = np.stack([pair.photo for pair in dome_pairs])
    differences = predict_depth_mm(whole, photos) - predict_depth_mm(resumed, photos)
    assert np.abs(differences).mean() < 0.3


class Poison(keras.callbacks.Callback):
    """Makes a weight infinite when an epoch begins."""

    def __init__(self, epoch: int) -> None:
        super().__init__()
        self.epoch = epoch

    def on_epoch_begin(self, epoch, logs=None):
        if epoch == self.epoch:
            bias = self.model.generator.get_layer("depth_logits").bias
            bias.assign(np.full(bias.shape, np.nan, np.float32))


def test_divergence_stops_with_a_message_and_keeps_the_last_good_model(dome_pairs, tmp_path, caplog):
    folder = CheckpointFolder(tmp_path)
    generator, history = fit_generator(dome_pairs, dome_pairs, changed(epochs=4), folder, callbacks=[Poison(2)])
    assert history["epoch"].tolist() == [1, 2]
    assert all(np.isfinite(weight).all() for weight in generator.get_weights())
    assert "diverged in epoch 3" in caplog.text
    assert "generator of epoch 2 is kept" in caplog.text


def test_divergence_in_the_first_epoch_is_an_error(dome_pairs, tmp_path):
    with pytest.raises(ValueError, match=r"first epoch.*learning_rate"):
        fit_generator(dome_pairs, dome_pairs, changed(epochs=2), CheckpointFolder(tmp_path), callbacks=[Poison(0)])


def test_patience_ends_a_training_that_learns_no_more_and_the_best_epoch_is_kept(dome_pairs, tmp_path):
    still = changed(epochs=9, learning_rate=1e-9, patience_epochs=2, keep="best", width=1)
    _, history = fit_generator(dome_pairs, dome_pairs, still, CheckpointFolder(tmp_path))
    best = history["val_mae_mm"].argmin() + 1
    assert len(history) < 9
    assert len(history) == best + 2


def test_a_generator_trained_with_batch_norm_predicts_by_each_photo_alone(dome_pairs):
    model = build(normalization="batch")
    for layer in model.generator.layers:
        if isinstance(layer, keras.layers.Dropout):
            layer.rate = 0.0
        if isinstance(layer, keras.layers.BatchNormalization):
            layer.gamma.assign(1.5 * np.ones(layer.gamma.shape))
    exported = in_float32(model.generator, changed(normalization="batch").chosen, 1)
    photo = normalize_photo(dome_pairs[0].photo[None])
    by_the_tutorial = np.asarray(model.predict_for_validation(photo))
    np.testing.assert_allclose(exported.predict(photo, verbose=0), by_the_tutorial, atol=2e-3)
    both = normalize_photo(np.stack([dome_pairs[0].photo, dome_pairs[5].photo]))
    np.testing.assert_allclose(exported.predict(both, verbose=0)[:1], by_the_tutorial, atol=2e-3)


def test_one_step_moves_both_networks_along_their_own_gradient(dome_pairs):
    """The update of plain gradient descent, computed a second time by finite differences."""
    model = build(batch_size=2)
    for layer in model.generator.layers:
        if isinstance(layer, keras.layers.Dropout):
            layer.rate = 0.0
    rate = 1e-3
    model.compile(optimizer=keras.optimizers.SGD(rate))
    photo, levels = PairBatches(dome_pairs, 2, shuffle=False, seed=0)[0]
    depth_mm, valid = levels * np.float32(0.01), levels > 0

    def losses():
        x = keras.ops.convert_to_tensor(photo / np.float32(127.5) - 1)
        normalized = np.where(valid, 2 * depth_mm / 81.6 - 1, -1).astype(np.float32)
        target = keras.ops.convert_to_tensor(normalized)
        fake = model.generator(x)
        real_logits, fake_logits = model.discriminator([x, target]), model.discriminator([x, fake])
        generator_loss = adversarial_loss(fake_logits) + 100 * distance_loss(fake, target, "l1")
        return float(generator_loss), float(discriminator_loss(real_logits, fake_logits))

    def finite_difference(variable, which):
        step = 2e-3
        start = variable.numpy()
        values = []
        for sign in (1, -1):
            variable.assign(start + sign * step)
            values.append(losses()[which])
        variable.assign(start)
        return (values[0] - values[1]) / (2 * step)

    bias = model.generator.get_layer("depth_logits").bias
    judge_bias = model.discriminator.get_layer("patch_logits").bias
    expected = [finite_difference(bias, 0), finite_difference(judge_bias, 1)]
    before = [bias.numpy(), judge_bias.numpy()]
    logged = model.train_step((photo, levels))
    moved = [(b - v.numpy()) / rate for b, v in zip(before, (bias, judge_bias), strict=True)]
    assert moved[0] == pytest.approx(expected[0], rel=0.02)
    assert moved[1] == pytest.approx(expected[1], rel=0.02)
    assert float(logged["generator_loss"]) == pytest.approx(
        float(logged["adversarial_loss"]) + 100 * float(logged["distance_loss"]), rel=1e-5
    )


def test_batches_cover_every_pair_once_an_epoch_in_an_order_of_the_epoch(dome_pairs):
    batches = PairBatches(dome_pairs, 3, shuffle=True, seed=0)
    orders = []
    for epoch in (0, 1, 0):
        batches.start_epoch(epoch)
        assert [len(batches[i][0]) for i in range(len(batches))] == [3, 3, 2]
        orders.append(np.concatenate([batches[i][1].sum(axis=(1, 2, 3)) for i in range(len(batches))]))
    expected = sorted(pair.depth_map.depth_mm.sum() for pair in dome_pairs)
    np.testing.assert_allclose(np.array(sorted(orders[0])) / 100, expected, rtol=1e-4)
    np.testing.assert_array_equal(orders[0], orders[2])
    assert not np.array_equal(orders[0], orders[1])


def test_no_pairs_is_an_error():
    with pytest.raises(ValueError, match="no pair"):
        PairBatches([], 4, shuffle=True, seed=0)


def test_a_gpu_that_is_not_there_is_an_error_that_says_what_to_do():
    with pytest.raises(ValueError, match=r"train.device is 'gpu'.*\[gpu\]"):
        choose_device("gpu", has_gpu=False)
    assert choose_device("auto", has_gpu=False) == "cpu:0"
    assert choose_device("auto", has_gpu=True) == "gpu:0"
    assert choose_device("cpu", has_gpu=True) == "cpu:0"


def test_precision_names_the_policy_of_keras():
    assert choose_dtype_policy("float32", "gpu:0") == "float32"
    assert choose_dtype_policy("bfloat16", "cpu:0") == "mixed_bfloat16"
    assert choose_dtype_policy("auto", "gpu:0") == "mixed_bfloat16"


def test_the_generator_computes_in_float32_whatever_it_was_trained_in():
    trained = build("mixed_bfloat16").generator
    assert "bfloat16" in {layer.compute_dtype for layer in trained.layers}
    generator = in_float32(trained, PARAMETERS.chosen, 1)
    assert {layer.compute_dtype for layer in generator.layers} == {"float32"}
    for first, second in zip(trained.get_weights(), generator.get_weights(), strict=True):
        np.testing.assert_array_equal(first, second)


def test_a_checkpoint_belongs_to_its_parameters_and_pairs():
    names = {
        checkpoint_name(PARAMETERS, "digest"),
        checkpoint_name(PARAMETERS, "other"),
        checkpoint_name(changed(seed=2), "digest"),
    }
    assert len(names) == 3
    assert checkpoint_name(PARAMETERS, "digest") in names


@pytest.mark.parametrize(
    ("cluster", "task", "first"),
    [
        (["worker"], ("worker", 0), True),
        (["worker"], ("worker", 1), False),
        (["chief", "worker"], ("worker", 0), False),
        (["chief", "worker"], ("chief", 0), True),
    ],
)
def test_one_process_alone_keeps_what_many_train(cluster, task, first):
    config = {"cluster": {kind: ["localhost:1"] for kind in cluster}, "task": {"type": task[0], "index": task[1]}}
    assert is_first_worker(json.dumps(config)) is first
    assert is_first_worker(None)


def test_a_pair_without_a_surface_counts_no_error(dome_pairs):
    model = build_pix2pix(train_parameters("metric", width=4).chosen, 0, "float32", fitted_pitch("stretch"))
    photo, levels = PairBatches(dome_pairs, 2, shuffle=False, seed=0)[0]
    alone = float(model.test_step((photo, levels))["mae_mm"])
    model.reset_metrics()
    blank = np.concatenate([photo, 0 * photo]), np.concatenate([levels, 0 * levels])
    assert float(model.test_step(blank)["mae_mm"]) == pytest.approx(alone, rel=1e-5)


def test_pictures_of_a_training_show_what_the_generator_will_predict(dome_pairs):
    model = build()
    photos = np.stack([dome_pairs[position].photo for position in range(3)])
    saved = in_float32(model.generator, PARAMETERS.chosen, 1)
    np.testing.assert_allclose(predict_while_training(model, photos), predict_depth_mm(saved, photos), atol=0.05)


def test_dropout_and_augmentation_go_on_where_they_were(dome_pairs, tmp_path):
    class Interrupt(keras.callbacks.Callback):
        def on_epoch_begin(self, epoch, logs=None):
            if epoch == 1:
                raise KeyboardInterrupt

    parameters = changed(epochs=2, augmentation="jitter")
    _, unbroken = fit_generator(dome_pairs, dome_pairs, parameters, CheckpointFolder(tmp_path / "unbroken"))
    checkpoint = CheckpointFolder(tmp_path / "broken")
    with pytest.raises(KeyboardInterrupt):
        fit_generator(dome_pairs, dome_pairs, parameters, checkpoint, [Interrupt()])
    _, resumed = fit_generator(dome_pairs, dome_pairs, parameters, checkpoint)
    np.testing.assert_allclose(resumed, unbroken, rtol=1e-5)


def layers_of(pair) -> RelightablePair:
    """A dome of skin, evenly coloured, that no shadow falls on."""
    surface = np.zeros((256, 256, 3), np.uint8)
    surface[pair.depth_map.valid] = (100, 255, 255)
    albedo = np.where(pair.depth_map.valid[..., None], np.uint8([200, 160, 140]), np.uint8(0))
    layers = Layers(albedo, surface, np.full((128, 128, 16), 255, np.uint8))
    return RelightablePair(pair.image_id, pair.subject_id, "makehuman", layers, pair.depth_map, pair.fit)


@pytest.fixture(scope="module")
def mixed_batch(dome_pairs) -> tuple[np.ndarray, ...]:
    """A finished pair and a relightable one."""
    return PairBatches([dome_pairs[0], layers_of(dome_pairs[1])], 2, shuffle=False, seed=0)[0]


def test_relightable_pairs_are_lit_anew_and_finished_ones_stay_as_they_are(dome_pairs, mixed_batch):
    model = build()
    first, second = (np.asarray(model.prepare(mixed_batch, training=True)[0]) for _ in range(2))
    np.testing.assert_allclose(first[0], normalize_photo(dome_pairs[0].photo), atol=1e-6)
    np.testing.assert_array_equal(first[0], second[0])
    assert np.abs(first[1] - second[1]).mean() > 0.05
    plain = [np.asarray(part) for part in model.prepare(mixed_batch[:2], training=True)]
    for ours, theirs in zip(model.prepare(mixed_batch, training=True)[1:], plain[1:], strict=True):
        np.testing.assert_array_equal(np.asarray(ours), theirs)


def test_pieces_compiled_and_single_operations_make_the_same_photo(mixed_batch, monkeypatch):
    compiled = np.asarray(build().prepare(mixed_batch, training=False)[0])
    monkeypatch.setattr(tensorflow, "_replicas", lambda: 2)  # several devices go without pieces
    np.testing.assert_allclose(np.asarray(build().prepare(mixed_batch, training=False)[0]), compiled, atol=1e-3)


def test_in_validation_relightable_pairs_are_lit_the_same_way_each_time(mixed_batch):
    model = build()
    first, second = (np.asarray(model.prepare(mixed_batch, training=False)[0]) for _ in range(2))
    np.testing.assert_array_equal(first, second)
    assert first[1].std() > 0.05


EVERYTHING = {
    "photo_augmentation": {
        "blur": 1, "noise": 1, "jpeg": 1, "low_resolution": 1, "colour_cast": 1, "patches": 1
    },
    "similarity": 1, "augmentation": "mirror", "light_augmentation": 0.5,
    "decoder": "bilinear", "deepest_multiple": 4, "mask_output": True, "offset_weight": 0.3,
    "lambda_gradient": 20, "gradient_scales": 3, "lambda_normal": 5, "relightable_share": 0.5,
}  # fmt: skip


def test_every_option_together_trains_from_pairs_of_both_kinds_and_predicts_in_one_output(dome_pairs, tmp_path):
    pairs = [*dome_pairs, *map(layers_of, dome_pairs)]
    parameters = changed(epochs=2, **EVERYTHING)
    generator, history = fit_generator(pairs, pairs[6:10], parameters, CheckpointFolder(tmp_path))
    assert {"mask_loss", "normal_loss", "gradient_loss", "val_mae_mm"} <= set(history)
    assert np.isfinite(history).all(axis=None)
    assert history["generator_loss"].iloc[1] < history["generator_loss"].iloc[0]
    assert predict_depth_mm(generator, dome_pairs[0].photo[None]).shape == (1, 256, 256)
    again = generator_with(parameters.chosen, generator.get_weights())
    np.testing.assert_array_equal(
        predict_depth_mm(again, dome_pairs[0].photo[None]), predict_depth_mm(generator, dome_pairs[0].photo[None])
    )


def test_a_residual_generator_is_built_from_its_weights_with_its_mean_face(dome_pairs):
    recipe = changed(residual=True).chosen
    mean_face = np.linspace(-1, 0, 256 * 256, dtype=np.float32).reshape(256, 256)
    generator = build_pix2pix(recipe, 1, "float32", PITCH, mean_face).generator
    again = generator_with(recipe, generator.get_weights())
    photos = np.stack([pair.photo for pair in dome_pairs][:2])
    np.testing.assert_allclose(predict_depth_mm(again, photos), predict_depth_mm(generator, photos), atol=1e-3)


def test_the_mean_with_the_mirrored_photo_of_a_mirrored_photo_is_mirrored(dome_pairs):
    generator = build().generator
    photo = np.random.default_rng(0).integers(0, 256, (1, 256, 256, 3), np.uint8)
    once = predict_depth_mm(generator, photo, mirrored=True)
    other = predict_depth_mm(generator, photo[:, :, ::-1], mirrored=True)
    np.testing.assert_allclose(other, once[:, :, ::-1], atol=1e-3)
    both = predict_depth_mm(generator, photo), predict_depth_mm(generator, photo[:, :, ::-1])[:, :, ::-1]
    np.testing.assert_allclose(once, np.mean(both, axis=0), atol=1e-3)
