import numpy as np
import pytest

from facedepth_pipeline.depth import FRAME_HEIGHT_PX, FRAME_WIDTH_PX, back_project, fit_photo
from facedepth_pipeline.mesh.texture import (
    paint_background,
    pixels_of_points,
    sample_colours,
)
from facedepth_pipeline.photo.preparation import texture_from_frame
from surfaces import photo_of_positions, plane


def test_pixels_of_points_undo_back_projection():
    depth_map = plane(0.5, 0.1, size=20)
    rows, columns = np.indices((20, 20))
    found = pixels_of_points(back_project(depth_map).reshape(-1, 3), (20, 20), depth_map.pitch)
    np.testing.assert_allclose(found, [rows.ravel(), columns.ravel()], atol=1e-5)


def test_colours_at_pixel_centres_are_those_of_the_pixels():
    depth_map = plane(0, 0, size=20)
    photo = photo_of_positions(depth_map)
    points = back_project(depth_map).reshape(-1, 3)
    np.testing.assert_array_equal(sample_colours(photo, points, depth_map.pitch), photo.reshape(-1, 3))


@pytest.mark.parametrize("fit", ["stretch", "pad", "crop"])
def test_texture_shows_the_same_rectangle_as_the_photo_of_the_generator(fit):
    rows, columns = np.indices((FRAME_HEIGHT_PX, FRAME_WIDTH_PX))
    frame = np.stack([rows / 3, columns / 2, np.full(rows.shape, 200)], axis=-1).astype(np.uint8)
    texture = texture_from_frame(frame, fit).astype(float)
    small = fit_photo(frame, fit).astype(float)
    sampled = (np.arange(256) + 0.5) / 256  # texture coordinates of the centres of the 256 pixels
    picked = texture[(sampled * len(texture)).astype(int)][:, (sampled * texture.shape[1]).astype(int)]
    both_inside = (small[..., 2] == 200) & (picked[..., 2] == 200)
    assert both_inside.mean() > 0.6
    assert ((small[..., 2] == 200) == (picked[..., 2] == 200)).mean() > 0.99
    assert np.abs(small - picked)[both_inside].max() <= 2


def test_an_enlarged_frame_shows_the_same_rectangle():
    frame = np.zeros((FRAME_HEIGHT_PX, FRAME_WIDTH_PX, 3), np.uint8)
    frame[300, 200] = 255
    large = np.repeat(np.repeat(frame, 3, axis=0), 3, axis=1)
    for fit in ("stretch", "pad", "crop"):
        small_place = np.argwhere(texture_from_frame(frame, fit)[..., 0])[0]
        large_places = np.argwhere(texture_from_frame(large, fit)[..., 0])
        np.testing.assert_array_equal(large_places.mean(axis=0), 3 * small_place + 1)


def test_the_background_takes_the_colours_of_the_face_and_the_face_keeps_its_own():
    valid = np.zeros((64, 64), bool)
    valid[16:48, 16:48] = True
    photo = np.where(valid[..., None], np.uint8([200, 150, 120]), np.uint8([0, 0, 255]))
    texture = np.repeat(np.repeat(photo, 4, axis=0), 4, axis=1)
    texture[128, 128] = 7  # a detail of the face
    painted = paint_background(texture, photo, valid)
    assert painted.shape == texture.shape
    assert painted[128, 128, 0] == 7
    np.testing.assert_array_equal(painted[4, 4], [200, 150, 120])
    beyond = np.ones(painted.shape[:2], bool)
    beyond[60:196, 60:196] = False
    assert (painted[beyond] == [200, 150, 120]).all()  # nothing of the blue room is left
