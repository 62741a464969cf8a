import numpy as np

from facedepth_pipeline.mesh.grid import grid_mesh
from facedepth_pipeline.mesh.preview import VIEW_SIZE_PX, VIEW_WIDTH_PX, preview, render_views
from surfaces import photo_of_positions, sphere


def test_views_show_the_whole_mesh_at_one_scale():
    mesh = grid_mesh(sphere(), photo_of_positions(sphere()), 8)
    front, profile = np.hsplit(render_views(mesh, (0.0, 90.0)), 2)
    assert front.shape == (VIEW_SIZE_PX, VIEW_WIDTH_PX, 3)
    ink_front, ink_profile = ((view < 255).any(axis=2) for view in (front, profile))
    for ink in (ink_front, ink_profile):  # white around: nothing is cut off
        assert not ink[[0, -1]].any()
        assert not ink[:, [0, -1]].any()
    heights = [ink.any(axis=1).sum() for ink in (ink_front, ink_profile)]
    assert abs(heights[0] - heights[1]) <= 2
    assert ink_profile.any(axis=0).sum() < 0.4 * ink_front.any(axis=0).sum()  # a cap, 27 of 100 mm


def test_a_textured_view_shows_the_colours():
    mesh = grid_mesh(sphere(), photo_of_positions(sphere()), 8)
    view = render_views(mesh, (0.0,), textured=True)
    middle = view[VIEW_SIZE_PX // 2, VIEW_WIDTH_PX // 2]
    assert np.abs(middle.astype(int) - [127, 127, 77]).max() <= 4


def test_the_preview_gains_a_picture_where_there_is_doubt():
    mesh = grid_mesh(sphere(), photo_of_positions(sphere()), 8)
    without = preview(photo_of_positions(sphere()), sphere(), mesh)
    doubt_mm = np.where(sphere().valid, 0.5, 0).astype(np.float32)
    with_doubt = preview(photo_of_positions(sphere()), sphere(), mesh, doubt_mm)
    assert with_doubt.shape[0] == without.shape[0]
    assert with_doubt.shape[1] - without.shape[1] == round(VIEW_SIZE_PX * 0.6263 / 0.9388) + 8
