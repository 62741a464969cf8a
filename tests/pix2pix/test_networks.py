import re

import keras
import numpy as np
import pytest

from facedepth_pipeline.generator.precision import computing_in
from facedepth_pipeline.generator.prediction import DepthGenerator
from facedepth_pipeline.pix2pix.patchgan import build_discriminator
from facedepth_pipeline.pix2pix.unet import Extras, build_generator, with_mask_logits

RNG = np.random.default_rng(0)
PHOTO = RNG.uniform(-1, 1, (2, 256, 256, 3)).astype(np.float32)
DEPTH = RNG.uniform(-1, 1, (2, 256, 256, 1)).astype(np.float32)


def conv_weights(inputs: int, outputs: int, bias: bool) -> int:
    return 16 * inputs * outputs + outputs * bias


def test_parameters_at_the_papers_width_are_those_of_pix2pix():
    generator = build_generator(64, "instance", seed=0)
    widths = [3, 64, 128, 256, 512, 512, 512, 512, 512]
    encoder = sum(conv_weights(a, b, bias=level in (1, 8)) for level, (a, b) in enumerate(zip(widths, widths[1:]), 1))
    decoder_in, decoder_out = [512, 1024, 1024, 1024, 1024, 512, 256], [512, 512, 512, 512, 256, 128, 64]
    decoder = sum(conv_weights(a, b, bias=False) for a, b in zip(decoder_in, decoder_out)) + conv_weights(128, 1, True)
    norms = 2 * (sum(widths[2:8]) + sum(decoder_out))
    assert generator.count_params() == encoder + decoder + norms
    assert generator.count_params() == pytest.approx(54.4e6, rel=2e-3)
    assert build_discriminator(64, "instance", seed=0).count_params() == pytest.approx(2.77e6, rel=5e-3)


def test_encoder_halves_to_one_pixel_and_decoder_doubles_back():
    generator = build_generator(4, "instance", seed=0)
    sizes = [generator.get_layer(f"encode_{level}").output.shape[1] for level in range(1, 9)]
    assert sizes == [128, 64, 32, 16, 8, 4, 2, 1]
    assert [generator.get_layer(f"skip_{level}").output.shape[1:] for level in range(1, 8)] == [
        (2, 2, 64), (4, 4, 64), (8, 8, 64), (16, 16, 64), (32, 32, 32), (64, 64, 16), (128, 128, 8),
    ]  # fmt: skip


def test_every_layer_has_the_shape_of_pix2pix():
    generator, discriminator = build_generator(64, "instance", seed=0), build_discriminator(64, "instance", seed=0)

    def shapes(network, pattern):
        convolutions = [layer for layer in network.layers if re.fullmatch(pattern, layer.name)]
        return [(layer.output.shape[1], layer.output.shape[3]) for layer in convolutions]

    encoder = [(128, 64), (64, 128), (32, 256), (16, 512), (8, 512), (4, 512), (2, 512), (1, 512)]
    decoder = [(2, 512), (4, 512), (8, 512), (16, 512), (32, 256), (64, 128), (128, 64), (256, 1)]
    assert shapes(generator, r"encode_\d") == encoder
    assert shapes(generator, r"decode_\d|depth_logits") == decoder
    judge = [(128, 64), (64, 128), (32, 256), (31, 512), (30, 1)]
    assert shapes(discriminator, r"judge_\d|patch_logits") == judge


def test_prediction_is_deterministic_independent_of_the_batch_and_in_range():
    generator = build_generator(4, "instance", seed=0)
    both = generator.predict(PHOTO, verbose=0)
    assert both.shape == (2, 256, 256, 1)
    assert np.abs(both).max() <= 1
    np.testing.assert_allclose(generator.predict(PHOTO[1:], verbose=0)[0], both[1], atol=1e-5)
    np.testing.assert_array_equal(generator.predict(PHOTO, verbose=0), both)


def test_a_twin_of_a_generator_computes_in_bfloat16_and_the_generator_stays_as_it_is():
    generator = build_generator(4, "instance", seed=0)
    exact = generator.predict_on_batch(PHOTO)
    twin = computing_in(DepthGenerator(generator, None), "bfloat16").network
    rounded = twin.predict_on_batch(PHOTO)
    assert 0 < np.abs(rounded - exact).max() < 0.02
    assert {weight.dtype for weight in twin.weights} == {"float32"}
    assert len(np.unique(rounded)) > 0.9 * len(np.unique(exact))  # no terraces
    assert computing_in(DepthGenerator(generator, None), "float32").network is generator
    np.testing.assert_array_equal(generator.predict_on_batch(PHOTO), exact)  # the one that was given is as it was
    assert computing_in(DepthGenerator(generator, None), "bfloat16").network is twin  # compiled once


def test_dropout_is_the_noise_and_acts_in_training_only():
    generator = build_generator(4, "instance", seed=0)
    first, second = (np.asarray(generator(PHOTO, training=True)) for _ in range(2))
    assert np.abs(first - second).max() > 1e-4


def test_instance_norm_is_batch_norm_at_batch_one():
    instance, batch = (build_generator(4, kind, seed=0) for kind in ("instance", "batch"))
    for name in [layer.name for layer in instance.layers if "dropout" in layer.name]:
        for network in (instance, batch):
            network.get_layer(name).rate = 0.0
    one = PHOTO[:1]
    np.testing.assert_allclose(
        np.asarray(instance(one, training=True)), np.asarray(batch(one, training=True)), atol=2e-3
    )


def test_same_seed_same_weights():
    for a, b in zip(build_generator(4, "instance", 7).get_weights(), build_generator(4, "instance", 7).get_weights()):
        np.testing.assert_array_equal(a, b)
    assert not np.array_equal(
        build_generator(4, "instance", 7).get_weights()[0], build_generator(4, "instance", 8).get_weights()[0]
    )


def test_each_logit_sees_seventy_pixels():
    # Norms look at the whole image, so they are left out of this question.
    discriminator = build_discriminator(4, "instance", seed=0)
    photo, depth = (keras.ops.convert_to_tensor(x[:1]) for x in (PHOTO, DEPTH))
    x = keras.ops.concatenate([photo, depth], axis=-1)
    changed = np.array(x)
    row, column = 12, 17
    top, left = 8 * row - 23, 8 * column - 23  # stride 8; the paddings of five layers add up to 23

    def logits(image):
        for layer in discriminator.layers:
            if not isinstance(
                layer, keras.layers.InputLayer | keras.layers.Concatenate | keras.layers.GroupNormalization
            ):
                image = layer(image)
        return np.asarray(image)[0, :, :, 0]

    before = logits(x)
    assert before.shape == (30, 30)
    outside = changed.copy()
    outside[0] = RNG.uniform(-1, 1, outside[0].shape)
    outside[0, top : top + 70, left : left + 70] = changed[0, top : top + 70, left : left + 70]
    assert logits(outside)[row, column] == pytest.approx(before[row, column], abs=1e-6)
    for corner in ((top, left), (top + 69, left + 69)):
        inside = changed.copy()
        inside[0, corner[0], corner[1]] += 100
        assert logits(inside)[row, column] != pytest.approx(before[row, column], abs=1e-9)


def test_every_activation_leaks_a_fifth():
    for network in (build_discriminator(4, "instance", 0), build_generator(4, "instance", 0)):
        slopes = [layer.negative_slope for layer in network.layers if isinstance(layer, keras.layers.LeakyReLU)]
        assert slopes
        assert slopes == pytest.approx([0.2] * len(slopes))


def test_a_saved_generator_loads_in_safe_mode_without_this_package(tmp_path):
    generator = build_generator(4, "instance", seed=0)
    generator.save(tmp_path / "generator.keras")
    loaded = keras.models.load_model(tmp_path / "generator.keras", safe_mode=True)
    assert all(type(layer).__module__.startswith("keras.") for layer in loaded.layers)
    np.testing.assert_array_equal(loaded.predict(PHOTO, verbose=0), generator.predict(PHOTO, verbose=0))


def test_a_resizing_decoder_has_the_same_shapes_and_range():
    generator = build_generator(4, "instance", seed=0, decoder="resize")
    assert not [layer for layer in generator.layers if isinstance(layer, keras.layers.Conv2DTranspose)]
    depth = generator.predict(PHOTO, verbose=0)
    assert depth.shape == (2, 256, 256, 1)
    assert np.abs(depth).max() <= 1


def test_a_residual_generator_starts_from_the_mean_face_and_keeps_it_in_its_file(tmp_path):
    mean_face = RNG.uniform(-1, 1, (256, 256)).astype(np.float32)
    generator = build_generator(4, "instance", seed=0, mean_face=mean_face)
    last = generator.get_layer("depth_logits")
    last.set_weights([np.zeros_like(weight) for weight in last.get_weights()])
    np.testing.assert_allclose(generator.predict(PHOTO, verbose=0)[0, ..., 0], mean_face, atol=1e-6)
    last.set_weights([np.zeros_like(last.get_weights()[0]), np.full(1, 5, np.float32)])
    assert (generator.predict(PHOTO, verbose=0) == 1).all()  # cut off at the end of the range
    generator.save(tmp_path / "generator.keras")
    loaded = keras.models.load_model(tmp_path / "generator.keras", safe_mode=True)
    np.testing.assert_array_equal(loaded.predict(PHOTO, verbose=0), generator.predict(PHOTO, verbose=0))


def test_filters_are_capped_where_the_recipe_says():
    generator = build_generator(8, "instance", seed=0, extras=Extras(deepest_multiple=3))
    filters = [generator.get_layer(f"encode_{level}").filters for level in range(1, 9)]
    assert filters == [8, 16, 24, 24, 24, 24, 24, 24]
    assert [generator.get_layer(f"decode_{level}").filters for level in range(1, 8)] == [24, 24, 24, 24, 24, 16, 8]


def test_depth_lies_in_the_mask_that_the_generator_predicts():
    generator = build_generator(4, "instance", seed=0, extras=Extras(mask_output=True))
    both = with_mask_logits(generator)
    bounded = keras.Model(generator.input, generator.get_layer("depth_normalized").output)
    depth, logits = (np.asarray(part) for part in both(PHOTO))
    mask = 1 / (1 + np.exp(-4 * logits))
    np.testing.assert_allclose(depth, -1 + (np.asarray(bounded(PHOTO)) + 1) * mask, atol=1e-5)
    head = generator.get_layer("mask_logits")
    kernel, bias = head.get_weights()
    head.set_weights([0 * kernel, bias - 10])
    np.testing.assert_allclose(generator.predict(PHOTO, verbose=0), -1, atol=1e-5)


ARCHITECTURES = [
    {"decoder": "bilinear"},
    {"decoder": "resize", "extras": Extras(deepest_multiple=4)},
    {"decoder": "bilinear", "extras": Extras(4, mask_output=True)},
    {"mean_face": RNG.uniform(-1, 1, (256, 256)).astype(np.float32), "extras": Extras(mask_output=True)},
]


@pytest.mark.parametrize("options", ARCHITECTURES)
def test_every_architecture_has_one_output_in_range_and_loads_in_safe_mode(options, tmp_path):
    generator = build_generator(4, "instance", seed=0, **options)
    generator.save(tmp_path / "generator.keras")
    loaded = keras.models.load_model(tmp_path / "generator.keras", safe_mode=True)
    assert all(type(layer).__module__.startswith("keras.") for layer in loaded.layers)
    depth = loaded.predict(PHOTO, verbose=0)
    assert depth.shape == (2, 256, 256, 1)
    assert np.abs(depth).max() <= 1
    np.testing.assert_array_equal(depth, generator.predict(PHOTO, verbose=0))


@pytest.mark.parametrize("options", ARCHITECTURES)
def test_every_architecture_computes_in_bfloat16_without_terraces(options):
    generator = build_generator(4, "instance", seed=0, **options)
    exact = generator.predict_on_batch(PHOTO)
    twin = computing_in(DepthGenerator(generator, None), "bfloat16").network
    rounded = twin.predict_on_batch(PHOTO)
    assert 0 < np.abs(rounded - exact).max() < 0.05
    assert len(np.unique(rounded)) > 0.9 * len(np.unique(exact))


def stripes(depth: np.ndarray) -> float:
    """Root mean square of what changes its sign from pixel to pixel, over that of the depth around its mean."""
    inner = depth[:, 64:192, 64:192, 0]
    alternating = inner[..., 1:-1] - (inner[..., 2:] + inner[..., :-2]) / 2
    return float(alternating.std() / inner.std())


def test_bilinear_enlargement_draws_fewer_stripes_than_transposed_convolutions():
    smooth = keras.ops.image.resize(PHOTO[:, ::32, ::32], (256, 256), interpolation="bicubic")
    by_decoder = {
        decoder: stripes(build_generator(8, "instance", 0, decoder).predict(np.asarray(smooth), verbose=0))
        for decoder in ("transposed", "bilinear")
    }
    assert by_decoder["bilinear"] < 0.1 * by_decoder["transposed"]
