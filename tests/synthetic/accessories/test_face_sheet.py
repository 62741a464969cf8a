import numpy as np
import pytest

from facedepth_pipeline.synthetic.accessories.face_sheet import (
    AXIS_Z_MM,
    AZIMUTH_DEG,
    HEIGHT_MM,
    at_place,
    azimuth_column,
    depth_at,
    face_sheet,
    height_row,
)


def test_points_of_the_mean_adult_lie_on_their_rays(renderer):
    points = face_sheet(renderer.surface).points(renderer.surface.canonical)
    azimuth = np.rad2deg(np.arctan2(points[..., 0], points[..., 2] - AXIS_Z_MM))
    on_face = np.abs(AZIMUTH_DEG) < 80
    np.testing.assert_allclose(points[..., 1], np.broadcast_to(HEIGHT_MM[:, None], points.shape[:2]), atol=1e-3)
    np.testing.assert_allclose(azimuth[:, on_face], np.broadcast_to(AZIMUTH_DEG, azimuth.shape)[:, on_face], atol=1e-2)


def test_the_sheet_moves_with_the_head(renderer):
    sheet, canonical = face_sheet(renderer.surface), renderer.surface.canonical
    moved = sheet.points(1.1 * canonical + [1, 2, 3])
    np.testing.assert_allclose(moved, 1.1 * sheet.points(canonical) + [1, 2, 3], atol=1e-3)


def test_it_is_laid_once(renderer):
    assert face_sheet(renderer.surface) is face_sheet(renderer.surface)


def test_values_between_points_are_linear_and_end_at_the_rim():
    grid = np.stack(np.mgrid[:5, :7], axis=-1).astype(np.float64)
    np.testing.assert_allclose(
        at_place(grid, np.array([1.25, -3.0]), np.array([4.5, 99.0])), [[1.25, 4.5], [0, 6]], atol=2e-3
    )


def test_depth_of_a_dome_by_its_formula():
    """A dome of 100 mm radius about the sheet's axis, whose grid lies elsewhere than on the mean adult."""
    height, azimuth = np.meshgrid(np.linspace(-80, 80, len(HEIGHT_MM)), np.deg2rad(AZIMUTH_DEG), indexing="ij")
    radius = np.sqrt(100**2 - height**2)
    points = np.stack([radius * np.sin(azimuth), height, radius * np.cos(azimuth)], axis=-1)
    x, y = np.array([0.0, 30, -45, 20]), np.array([0.0, 10, -30, 40])
    np.testing.assert_allclose(depth_at(points, x, y), np.sqrt(100**2 - x**2 - y**2), atol=0.3)


def test_rows_and_columns_by_place():
    assert AZIMUTH_DEG[azimuth_column(-60.0)] == -60
    assert HEIGHT_MM[height_row(6.5)] == pytest.approx(6.5, abs=1)
