import math

import numpy as np
import pytest

from facedepth_pipeline.ui.camera import FURTHEST, MAX_PITCH_DEG, NEAREST, Camera, camera_for, pick
from facedepth_pipeline.ui.face_view import drawn_parts

ASPECT = 1.4
CORNERS = np.array([[x, y, z] for x in (-70, 90) for y in (-100, 110) for z in (0, 80)], float)


def plane_at(z_mm: float, steps: int = 3):
    """A square of 200 mm across the line of sight, of 2 (steps - 1)^2 triangles."""
    across = np.linspace(-100, 100, steps)
    x, y = np.meshgrid(across, across)
    vertices = np.stack([x.ravel(), y.ravel(), np.full(x.size, z_mm)], axis=1)
    index = np.arange(steps * steps).reshape(steps, steps)
    a, b, c, d = index[:-1, :-1].ravel(), index[:-1, 1:].ravel(), index[1:, :-1].ravel(), index[1:, 1:].ravel()
    triangles = np.concatenate([np.stack([a, b, c], 1), np.stack([b, d, c], 1)])
    return drawn_parts(np.hstack([vertices, np.zeros((len(vertices), 5))]), triangles)


def sphere(radius_mm: float, steps: int = 200):
    """The front half of a sphere about the origin."""
    across = np.linspace(-0.99, 0.99, steps) * radius_mm
    x, y = np.meshgrid(across, across)
    inside = np.hypot(x, y) < radius_mm * 0.99
    z = np.sqrt(np.maximum(radius_mm**2 - x**2 - y**2, 0))
    vertices = np.stack([x.ravel(), y.ravel(), z.ravel()], axis=1)
    index = np.arange(steps * steps).reshape(steps, steps)
    whole = inside[:-1, :-1] & inside[:-1, 1:] & inside[1:, :-1] & inside[1:, 1:]
    a, b, c, d = (part[whole] for part in (index[:-1, :-1], index[:-1, 1:], index[1:, :-1], index[1:, 1:]))
    triangles = np.concatenate([np.stack([a, b, c], 1), np.stack([b, d, c], 1)])
    return drawn_parts(np.hstack([vertices, np.zeros((len(vertices), 5))]), triangles)


def test_from_the_front_right_is_right_and_up_is_up():
    camera = camera_for(CORNERS, ASPECT)
    centre, right, up = camera.project(camera.target + np.array([[0, 0, 0], [10, 0, 0], [0, 10, 0]]), ASPECT)
    np.testing.assert_allclose(centre, 0, atol=1e-12)
    assert right[0] > 0
    assert right[1] == pytest.approx(0)
    assert up[1] > 0
    assert up[0] == pytest.approx(0)


def test_an_eye_that_goes_to_the_right_sees_the_nose_go_to_the_left():
    camera = Camera(np.zeros(3), 500.0).turned(30, 0)
    nose, _ = camera.project(np.array([[0, 0, 50.0], [0, 0, 0]]), ASPECT)
    assert nose[0] < 0
    assert Camera(np.zeros(3), 500.0).turned(0, 30).project(np.array([[0, 0, 50.0]]), ASPECT)[0, 1] < 0


@pytest.mark.parametrize("aspect", [0.5, 1.0, 2.5])
@pytest.mark.parametrize("yaw", [0, 45, 90, 180])
def test_everything_is_seen_from_every_side(yaw, aspect):
    seen = camera_for(CORNERS, aspect).turned(yaw, 0).project(CORNERS, aspect)
    assert np.abs(seen).max() < 1


def test_it_turns_round_without_end_but_not_over_the_top():
    camera = Camera(np.zeros(3), 500.0).turned(170, 80).turned(20, 80)
    assert camera.yaw_deg == pytest.approx(-170)
    assert camera.pitch_deg == MAX_PITCH_DEG


def test_zoom_has_limits_and_undoes_itself():
    camera = Camera(np.zeros(3), 500.0)
    assert camera.zoomed(2).zoomed(0.5).zoom == pytest.approx(1)
    assert camera.zoomed(1e9).zoom == NEAREST
    assert camera.zoomed(1e-9).zoom == FURTHEST


def test_what_is_moved_by_half_the_view_lies_at_its_edge():
    camera = camera_for(CORNERS, ASPECT).turned(25, -10)
    before = camera.target[None]
    np.testing.assert_allclose(camera.moved(0, 0.5).project(before, ASPECT)[0], (0, -1), atol=1e-9)


@pytest.mark.parametrize(("x", "y"), [(0, 0), (0.4, -0.7), (-0.9, 0.2)])
def test_a_ray_goes_through_what_is_seen_at_its_place(x, y):
    camera = camera_for(CORNERS, ASPECT).turned(33, -21).zoomed(1.7)
    eye, direction = camera.ray(x, y, ASPECT)
    assert np.linalg.norm(direction) == pytest.approx(1)
    np.testing.assert_allclose(camera.project(np.array([eye + 300 * direction]), ASPECT)[0], (x, y), atol=1e-9)


def test_a_plane_is_hit_where_the_ray_crosses_it():
    direction = np.array([1.5, -0.5, -10.0])
    hit = pick(plane_at(20), np.array([0.0, 0, 500]), direction / np.linalg.norm(direction))
    np.testing.assert_allclose(hit, (72, -24, 20))


def test_of_two_surfaces_the_nearer_one_is_hit_and_none_behind_the_eye():
    parts = [*plane_at(10), *plane_at(40), *plane_at(900)]
    hit = pick(parts, np.array([5.0, 7, 500]), np.array([0, 0, -1.0]))
    np.testing.assert_allclose(hit, (5, 7, 40))
    assert pick(parts, np.array([150.0, 0, 500]), np.array([0, 0, -1.0])) is None
    assert pick([], np.zeros(3), np.array([0, 0, -1.0])) is None


def test_two_points_of_a_sphere_are_their_chord_apart():
    camera, parts = camera_for(np.array([[-60.0, -60, 0], [60, 60, 60]]), 1.0), sphere(60)
    angle = math.radians(40)
    wanted = 60 * np.array([[math.sin(angle), 0, math.cos(angle)], [-math.sin(angle), 0, math.cos(angle)]])
    places = camera.project(wanted, 1.0)
    first, second = (pick(parts, *camera.ray(*place, 1.0)) for place in places)
    assert np.linalg.norm(first - second) == pytest.approx(2 * 60 * math.sin(angle), abs=0.05)
