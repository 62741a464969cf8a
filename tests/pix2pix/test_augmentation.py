import keras
import numpy as np
import pytest

from facedepth_pipeline.pix2pix.augmentation import bilinear_weights, change_light, jitter_and_mirror

COUNT = 6


def jittered(photo, depth_mm, valid, seed=0, enlarged_px=286):
    moved = jitter_and_mirror(photo, depth_mm, valid, enlarged_px, keras.random.SeedGenerator(seed))
    return [np.asarray(x) for x in moved]


@pytest.fixture(scope="module")
def batch():
    """Photo, depth and mask that all tell their own column and row, so that a common move can be seen."""
    row, column = np.indices((256, 256)).astype(np.float32)
    photo = np.stack([column, row, column + row], axis=-1) / 255 - 1
    depth_mm = (20 + 0.1 * column + 0.05 * row)[..., None]
    valid = np.ones_like(depth_mm)
    return [np.repeat(x[None], COUNT, axis=0) for x in (photo, depth_mm, valid)]


def test_photo_depth_and_mask_move_together_and_depth_keeps_its_millimetres(batch):
    photo, depth_mm, valid = jittered(*batch)
    column, row = (photo[..., 0] + 1) * 255, (photo[..., 1] + 1) * 255
    np.testing.assert_allclose(depth_mm[..., 0], 20 + 0.1 * column + 0.05 * row, atol=2e-3)
    assert valid.min() == 1


def test_images_of_a_batch_are_cut_and_mirrored_independently(batch):
    photo, _, _ = jittered(*batch)
    mirrored = photo[:, 128, 0, 0] > photo[:, 128, -1, 0]
    assert 0 < mirrored.sum() < COUNT
    assert len({round(float(value), 4) for value in photo[:, 0, 128, 1]}) > 2


def test_enlarging_is_286_over_256(batch):
    photo, _, _ = jittered(*batch)
    step = np.abs(np.diff((photo[..., 0] + 1) * 255, axis=2))
    assert np.median(step) == pytest.approx(256 / 286, rel=1e-3)


def test_no_depth_is_invented_at_the_rim_of_the_mask(batch):
    photo, _, _ = batch
    valid = np.zeros((COUNT, 256, 256, 1), np.float32)
    valid[:, 60:200, 80:180] = 1
    depth_mm = 50 * valid
    _, moved_depth, moved_valid = jittered(photo, depth_mm, valid)
    assert set(np.unique(moved_valid)) == {0.0, 1.0}
    np.testing.assert_allclose(moved_depth[moved_valid == 1], 50, atol=1e-3)
    assert (moved_depth[moved_valid == 0] == 0).all()
    assert moved_valid.sum(axis=(1, 2, 3)) == pytest.approx(np.full(COUNT, 140 * 100 * (286 / 256) ** 2), rel=0.02)


def test_the_seed_decides(batch):
    first, same, other = (jittered(*batch, seed=seed)[0] for seed in (3, 3, 4))
    np.testing.assert_array_equal(first, same)
    assert not np.array_equal(first, other)


def test_bilinear_weights_sum_to_one_everywhere():
    index = np.arange(286, dtype=np.float32)[None]
    np.testing.assert_allclose(np.asarray(bilinear_weights(index, 256, 286)).sum(-1), 1, atol=1e-5)


def test_mirroring_alone_leaves_pixels_where_they_are_or_swaps_left_and_right(batch):
    photo, _, _ = jittered(*batch, enlarged_px=256)
    for before, after in zip(batch[0], photo, strict=True):
        assert np.allclose(after, before, atol=1e-5) or np.allclose(after, before[:, ::-1], atol=1e-5)


def test_light_changes_tones_within_range_and_at_strength_zero_nothing(batch):
    photo = np.random.default_rng(0).uniform(-1, 1, (COUNT, 256, 256, 3)).astype(np.float32)
    changed = np.asarray(change_light(photo, 1.0, keras.random.SeedGenerator(0)))
    assert changed.shape == photo.shape
    assert np.abs(changed).max() <= 1
    brightness = changed.mean(axis=(1, 2, 3))
    assert np.ptp(brightness) > 0.1  # each photo has a light of its own
    # pixels that were brighter stay brighter, but for the ramp and what is cut off at white
    row = changed[0, 128, 128:132, 0]
    assert (np.argsort(row) == np.argsort(photo[0, 128, 128:132, 0])).all()
    same = np.asarray(change_light(photo, 0.0, keras.random.SeedGenerator(0)))
    np.testing.assert_allclose(same, photo, atol=3e-4)


def test_light_moves_the_random_state_on():
    seeds = keras.random.SeedGenerator(0)
    photo = np.zeros((1, 256, 256, 3), np.float32)
    assert not np.allclose(change_light(photo, 1.0, seeds), change_light(photo, 1.0, seeds))
