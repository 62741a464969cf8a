import numpy as np
import pytest
from scipy.ndimage import gaussian_filter

from facedepth_pipeline.baselines.shape_from_shading import (
    Illuminant,
    brightness,
    estimate_illuminant,
    integrate_normals,
    normals_from_shading,
    shape_from_shading,
)
from facedepth_pipeline.depth import (
    DepthMap,
    PixelPitch,
    back_project,
    depth_from_range,
    fit_depth,
    surface_normals,
)
from facedepth_pipeline.synthetic.database import plan_database, render_database
from stand_in_parameters import synthesis
from surfaces import plane, sphere

PITCH = PixelPitch(0.6263, 0.9388)


def unit(x, y, z):
    return tuple(np.array([x, y, z]) / np.linalg.norm([x, y, z]))


def hemisphere(size=128):
    """Half of a sphere, seen nearly to its rim: normals spread as the estimate assumes."""
    pitch = PixelPitch(1.0, 1.0)
    flat = DepthMap(np.zeros((size, size), np.float32), np.ones((size, size), bool), pitch)
    x, y, _ = np.moveaxis(back_project(flat).astype(np.float64), -1, 0)
    radius = 0.45 * size
    valid = np.hypot(x, y) < 0.99 * radius
    z = np.sqrt(np.maximum(radius**2 - x**2 - y**2, 0))
    normals = np.stack([x, y, z], axis=-1) / radius
    return DepthMap(np.where(valid, z, 0).astype(np.float32), valid, pitch), normals


def shaded(normals, valid, direction, albedo):
    return np.where(valid, np.clip(albedo * normals @ np.array(direction), 0, None), 0)


def test_brightness_is_linear_in_light():
    grey = np.array([[[0, 0, 0], [255, 255, 255], [188, 188, 188]]], np.uint8)
    np.testing.assert_allclose(brightness(grey)[0], [0, 1, 0.5], atol=0.005)


@pytest.mark.parametrize(
    ("direction", "slack_deg"), [(unit(0, 0, 1), 3), (unit(0.3, 0.2, 1), 12), (unit(-0.6, 0.3, 1), 12)]
)
def test_light_and_albedo_of_a_sphere_are_found_from_averages(direction, slack_deg):
    depth_map, normals = hemisphere()
    image = shaded(normals, depth_map.valid, direction, 0.7)
    found = estimate_illuminant(image, depth_map.valid, depth_map.pitch)
    assert found.albedo == pytest.approx(0.7, rel=0.1)
    angle = np.degrees(np.arccos(np.clip(np.dot(found.direction, direction), -1, 1)))
    assert angle < slack_deg


def test_normals_of_a_plane_and_of_a_sphere_integrate_to_it():
    flat = plane(0.4, -0.3, PITCH)
    depth_mm = integrate_normals(surface_normals(flat).astype(np.float64), flat.valid, PITCH)
    np.testing.assert_allclose(depth_mm, flat.depth_mm - flat.depth_mm.mean(), atol=1e-3)
    ball = sphere(PITCH)
    depth_mm = integrate_normals(surface_normals(ball).astype(np.float64), ball.valid, PITCH)
    error = (depth_mm - ball.depth_mm)[ball.valid]
    assert np.abs(error - error.mean()).mean() < 0.1
    assert not depth_mm[~ball.valid].any()


def test_parts_that_do_not_touch_are_integrated_each_by_itself():
    two = plane(0.4, 0.0, PITCH)
    two.valid[:, 30:34] = False
    depth_mm = integrate_normals(surface_normals(two).astype(np.float64), two.valid, PITCH)
    assert depth_mm[:, :30].mean() == pytest.approx(0, abs=1e-6)
    assert depth_mm[:, 34:].mean() == pytest.approx(0, abs=1e-6)


@pytest.mark.parametrize("direction", [unit(0, 0, 1), unit(0.3, 0.2, 1)])
def test_a_sphere_under_a_known_light_comes_back(direction):
    ball, normals = hemisphere()
    image = shaded(normals, ball.valid, direction, 0.7)
    found = normals_from_shading(image, ball.valid, Illuminant(direction, 0.7), smoothness=1)
    inner = ball.valid & (normals[..., 2] > 0.4)  # where it does not turn away
    assert np.abs(shaded(found, inner, direction, 0.7) - image)[inner].mean() < 0.03
    angle = np.degrees(np.arccos(np.clip((found * normals).sum(axis=-1), -1, 1)))
    assert angle[inner].mean() < 12
    depth_mm = integrate_normals(found, ball.valid, ball.pitch)
    error, height = (depth_mm - ball.depth_mm)[inner], ball.depth_mm[inner]
    assert np.abs(error - error.mean()).mean() < 0.35 * np.abs(height - height.mean()).mean()


@pytest.mark.parametrize("direction", [unit(0, 0.3, 1), unit(0.4, 0.2, 1)])
def test_a_face_under_a_known_light_comes_back_better_than_a_flat_disc(head_model, direction):
    (taken,) = render_database({"makehuman": head_model}, plan_database(synthesis(1, 1)), processes=1)
    face = fit_depth(depth_from_range(taken.range_grey), "stretch")
    smooth_mm = gaussian_filter(face.depth_mm, 2)  # grey levels are steps, and steps have no shading
    normals = surface_normals(DepthMap(smooth_mm, face.valid, face.pitch)).astype(np.float64)
    light = Illuminant(direction, 0.8)
    found = normals_from_shading(shaded(normals, face.valid, direction, 0.8), face.valid, light, smoothness=10)
    depth_mm = integrate_normals(found, face.valid, face.pitch)[face.valid]
    truth = face.depth_mm[face.valid]
    assert np.corrcoef(depth_mm, truth)[0, 1] > 0.75
    flat_error = np.abs(truth - truth.mean()).mean()
    assert np.abs(depth_mm - depth_mm.mean() - (truth - truth.mean())).mean() < 0.8 * flat_error


def test_a_photo_gets_the_mean_depth_it_is_told_and_none_outside():
    ball, normals = hemisphere()
    grey = np.rint(255 * shaded(normals, ball.valid, unit(0, 0, 1), 0.9) ** (1 / 2.2)).astype(np.uint8)
    depth_mm = shape_from_shading(np.stack([grey] * 3, axis=-1), ball.valid, ball.pitch, mean_depth_mm=40)
    assert depth_mm.dtype == np.float32
    assert depth_mm[ball.valid].mean() == pytest.approx(40, abs=1e-3)
    assert not depth_mm[~ball.valid].any()
    assert np.corrcoef(depth_mm[ball.valid], ball.depth_mm[ball.valid])[0, 1] > 0.9


@pytest.mark.parametrize(("region", "message"), [(np.zeros((8, 8), bool), "empty"), (np.ones((8, 8), bool), "black")])
def test_where_there_is_nothing_to_see_it_says_so(region, message):
    with pytest.raises(ValueError, match=message):
        shape_from_shading(np.zeros((8, 8, 3), np.uint8), region, PITCH, 40.0)
