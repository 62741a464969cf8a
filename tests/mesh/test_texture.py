import numpy as np
import pytest

from facedepth_pipeline.depth import FRAME_HEIGHT_PX, FRAME_WIDTH_PX, back_project, fit_photo
from facedepth_pipeline.mesh.texture import pixels_of_points, sample_colours, texture_from_frame
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
