import dataclasses

import numpy as np
import pytest

from facedepth_pipeline.runtime.open3d_import import o3d
from facedepth_pipeline.synthetic.accessories.glasses import OUTLINES, sample_glasses
from facedepth_pipeline.synthetic.accessories.wearing import CLEARANCE_MM, lens_outline, wear_glasses
from facedepth_pipeline.synthetic.people.expressions import sample_face_units
from facedepth_pipeline.synthetic.people.subjects import sample_subject


def inside_mm(surface, head, points):
    """(N,) how deep points lie behind what one sees from the front or, if that is less, from their side."""
    scene = o3d.t.geometry.RaycastingScene(nthreads=1)
    scene.add_triangles(o3d.core.Tensor(head), o3d.core.Tensor(surface.triangles.astype(np.uint32)))
    depth = []
    for outward in (np.array([[0, 0, 1]]), np.sign(points[:, :1]) * [[1, 0, 0]]):
        rays = np.concatenate([points + 300 * outward, np.broadcast_to(-outward, points.shape)], axis=1)
        distance = scene.cast_rays(o3d.core.Tensor(rays.astype(np.float32)))["t_hit"].numpy()
        depth.append(np.where(np.isfinite(distance), 300 - distance, -np.inf))
    return np.minimum(*depth)


@pytest.fixture(scope="module")
def heads(renderer):
    """Bare heads of different people, some of them smiling."""
    shapes = []
    for seed in range(6):
        rng = np.random.default_rng(seed)
        units = sample_face_units(rng, "wide smile") if seed % 2 else {}
        shapes.append(renderer.head_model.shape(sample_subject(rng, "001").shape | units))
    return [(renderer.surface.refine @ shape).astype(np.float32) for shape in shapes]


@pytest.fixture(scope="module", params=OUTLINES)
def glasses(request):
    rng = np.random.default_rng(1)
    while (drawn := sample_glasses(rng)).form != request.param:
        pass
    return drawn


def test_glasses_on_a_symmetric_head_are_symmetric(renderer, glasses):
    for part in wear_glasses(renderer.surface, renderer.surface.canonical, glasses):
        other = part.vertices * [-1, 1, 1]
        gap = o3d.geometry.PointCloud(o3d.utility.Vector3dVector(other)).compute_point_cloud_distance(
            o3d.geometry.PointCloud(o3d.utility.Vector3dVector(part.vertices))
        )
        assert np.max(gap) < 0.2


def test_frames_lie_before_the_skin_and_reach_the_ears(renderer, heads, glasses):
    for head in heads:
        frame = wear_glasses(renderer.surface, head, glasses).frame
        assert inside_mm(renderer.surface, head, frame.vertices).max() < 1
        ears = head[renderer.surface.region_weights["ear"] > 0.5]
        for side in (-1, 1):
            half = frame.vertices[side * frame.vertices[:, 0] > 0]
            end = half[np.argmin(half[:, 2])]
            assert np.linalg.norm(ears - end, axis=1).min() < 10


def test_lenses_stand_before_the_eyes(renderer, heads, glasses):
    for head in heads:
        lenses = wear_glasses(renderer.surface, head, glasses).lenses
        for name, side in (("right_eye", -1), ("left_eye", 1)):
            eye = head[renderer.surface.region_weights[name] > 0.5]
            front, centre = eye[:, 2].max(), (eye.min(axis=0) + eye.max(axis=0)) / 2
            lens = lenses.vertices[side * lenses.vertices[:, 0] > 0]
            assert np.all(np.abs(centre - (lens.min(axis=0) + lens.max(axis=0)) / 2)[:2] < 12)
            before = lens[np.argmin(np.hypot(*(lens - centre)[:, :2].T)), 2] - front
            assert 9.5 < before < 22


def test_frames_touch_nothing_and_hang_on_the_face(renderer, heads, glasses):
    """Somewhere the front comes near the face, or it would fall off."""
    for head in heads:
        frame = wear_glasses(renderer.surface, head, glasses).frame
        front = frame.vertices[frame.vertices[:, 2] > head[renderer.surface.landmarks[5], 2] - 15]
        scene = o3d.t.geometry.RaycastingScene(nthreads=1)
        scene.add_triangles(o3d.core.Tensor(head), o3d.core.Tensor(renderer.surface.triangles.astype(np.uint32)))
        nearest = scene.compute_distance(o3d.core.Tensor(front)).numpy().min()
        assert 0.3 * CLEARANCE_MM < nearest < 8


def test_a_wider_head_wears_wider_glasses(renderer, glasses):
    widths = [
        np.ptp(wear_glasses(renderer.surface, head, glasses).frame.vertices[:, 0])
        for head in (renderer.surface.canonical, renderer.surface.canonical * np.array([1.1, 1, 1], np.float32))
    ]
    assert widths[1] / widths[0] == pytest.approx(1.1, abs=0.03)


def test_glasses_follow_a_tilted_head(renderer, glasses):
    angle = np.deg2rad(5)
    turn = np.array([[np.cos(angle), -np.sin(angle), 0], [np.sin(angle), np.cos(angle), 0], [0, 0, 1]], np.float32)
    level = wear_glasses(renderer.surface, renderer.surface.canonical, glasses).frame.vertices
    tilted = wear_glasses(renderer.surface, renderer.surface.canonical @ turn.T, glasses).frame.vertices
    front = level[:, 2] > 0
    np.testing.assert_allclose(tilted[front], (level @ turn.T)[front], atol=1.5)


def test_the_same_glasses_on_the_same_head_are_the_same(renderer, heads, glasses):
    for first, second in zip(*(wear_glasses(renderer.surface, heads[0], glasses) for _ in range(2)), strict=True):
        assert all(np.array_equal(getattr(first, f.name), getattr(second, f.name)) for f in dataclasses.fields(first))


def test_clear_lenses_pass_all_light_and_dark_ones_little(renderer, glasses):
    clear, dark = (
        wear_glasses(
            renderer.surface, renderer.surface.canonical, dataclasses.replace(glasses, tint=tint, tint_fade=0.0)
        ).lenses
        for tint in (0.0, 0.9)
    )
    assert clear.lens
    assert np.all(clear.albedo == 1)
    assert dark.albedo.max() < 0.35
    assert dark.tint == 0.9


def test_a_fading_tint_is_darkest_above(renderer, glasses):
    worn = dataclasses.replace(glasses, tint=0.8, tint_fade=0.7)
    lenses = wear_glasses(renderer.surface, renderer.surface.canonical, worn).lenses
    order = np.argsort(lenses.vertices[:, 1])
    assert np.all(np.diff(lenses.albedo[order, 0]) <= 1e-6)


def test_outlines_have_the_proportions_of_their_form(glasses):
    width, height = np.ptp(lens_outline(glasses), axis=0)
    form = OUTLINES[glasses.form]
    assert width == pytest.approx(2, abs=0.25)
    assert height / width == pytest.approx(form.height, rel=0.15)


def test_most_glasses_are_clear_and_some_are_sunglasses():
    drawn = [sample_glasses(np.random.default_rng(seed)) for seed in range(400)]
    tints = np.array([glasses.tint for glasses in drawn])
    assert 0.7 < np.mean(tints < 0.1) < 0.9
    assert 0.02 < np.mean(tints > 0.6) < 0.15
    assert tints.max() <= 0.9
    assert {glasses.form for glasses in drawn} == set(OUTLINES)
