import keras
import numpy as np
import pytest

from facedepth_pipeline.pix2pix.similarity import NOSE_PLANE_MM, Similarity, misalign, moved
from surfaces import STRETCH_PITCH

X, Y = np.meshgrid((np.arange(256) - 127.5) * STRETCH_PITCH.x_mm, (np.arange(256) - 127.5) * STRETCH_PITCH.y_mm)


def images(depth_mm: np.ndarray, valid: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """A batch of one; the photo holds the place in millimetres, over 200."""
    photo = np.stack([X, Y, np.zeros_like(X)], axis=-1) / 200
    return tuple(part[None].astype(np.float32) for part in (photo, (depth_mm * valid)[..., None], valid[..., None]))


def apply(depth_mm, valid, scale=1.0, angle=0.0, shift=(0.0, 0.0)):
    numbers = Similarity(*(np.array([value], np.float32) for value in (scale, angle, shift)))
    return [np.asarray(part)[0] for part in moved(*images(depth_mm, valid), STRETCH_PITCH, numbers)]


INSIDE = (slice(30, -30), slice(30, -30))


@pytest.mark.parametrize("scale", [0.94, 1.06])
def test_depth_grows_with_the_face_about_the_plane_of_the_nose(scale):
    """z = 80 - r^2 / 2R becomes 80 - r^2 / 2sR: a sphere s times as large."""
    bowl = NOSE_PLANE_MM - (X**2 + Y**2) / 400
    _, depth_mm, valid = apply(bowl, np.ones_like(X), scale=scale)
    expected = NOSE_PLANE_MM - (X**2 + Y**2) / (400 * scale)
    np.testing.assert_allclose(depth_mm[..., 0][INSIDE], expected[INSIDE], atol=0.02)
    assert valid[INSIDE].all()


def test_photo_and_depth_turn_together_anticlockwise_in_millimetres():
    angle = np.deg2rad(3)
    tilted = 40 + 0.3 * X
    photo, depth_mm, _ = apply(tilted, np.ones_like(X), angle=angle)
    # a point to the right moves up, toward smaller rows
    source_x = np.cos(angle) * X - np.sin(angle) * Y
    np.testing.assert_allclose(200 * photo[..., 0][INSIDE], source_x[INSIDE], atol=0.01)
    np.testing.assert_allclose(depth_mm[..., 0][INSIDE], 40 + 0.3 * source_x[INSIDE], atol=0.01)


def test_a_shift_moves_right_and_down_by_pixels():
    photo, depth_mm, valid = apply(40 + 0.2 * X + 0.1 * Y, np.ones_like(X), shift=(3.0, -2.0))
    np.testing.assert_allclose(200 * photo[10:-10, 10:-10, 0], X[10:-10, 7:-13], atol=1e-3)
    np.testing.assert_allclose(200 * photo[10:-10, 10:-10, 1], Y[12:-8, 10:-10], atol=1e-3)
    assert depth_mm[100, 100, 0] == pytest.approx(40 + 0.2 * X[0, 97] + 0.1 * Y[102, 0], abs=1e-3)
    assert valid.all()


def test_no_depth_is_invented_at_the_rim_and_what_sinks_below_the_range_is_no_surface():
    valid = np.zeros_like(X)
    valid[60:200, 80:180] = 1
    _, depth_mm, moved_valid = apply(50 * np.ones_like(X), valid, scale=1.05, angle=0.03, shift=(2.5, 1.5))
    assert set(np.unique(moved_valid)) == {0.0, 1.0}
    np.testing.assert_allclose(depth_mm[moved_valid == 1], 80 - 1.05 * 30, atol=1e-3)
    assert (depth_mm[moved_valid == 0] == 0).all()
    assert moved_valid.sum() == pytest.approx(valid.sum() * 1.05**2, rel=0.01)
    _, depth_mm, moved_valid = apply(np.ones_like(X), np.ones_like(X), scale=1.06)
    assert not moved_valid.any()
    assert not depth_mm.any()


def test_every_image_is_moved_otherwise_and_the_strength_bounds_it():
    batch = [np.repeat(part, 16, axis=0) for part in images(60 + 0 * X, np.ones_like(X))]

    def centres(strength, seed):
        photo, depth_mm, _ = misalign(*batch, STRETCH_PITCH, strength, keras.random.SeedGenerator(seed))
        return 200 * np.asarray(photo)[:, 127:129, 127:129, :2].mean(axis=(1, 2)), np.asarray(depth_mm)[:, 128, 128, 0]

    places, depths = centres(1.0, 0)
    assert len({round(float(x), 3) for x in places[:, 0]}) == 16
    assert np.abs(places / STRETCH_PITCH).max() <= 6 * 1.07
    assert np.ptp(depths) > 0.5
    assert (np.abs(depths - 60) <= 20 * 0.063).all()
    small, _ = centres(0.25, 0)
    assert np.abs(small).max() < 0.3 * np.abs(places).max()
    np.testing.assert_array_equal(centres(1.0, 0)[0], places)
