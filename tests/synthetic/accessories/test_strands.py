import dataclasses

import numpy as np
import pytest

from facedepth_pipeline.runtime.open3d_import import o3d
from facedepth_pipeline.synthetic.accessories.strands import POINTS, hang_strands, sample_strands
from facedepth_pipeline.synthetic.people.subjects import sample_subject

BROWN = (0.075, 0.042, 0.022)


@pytest.fixture(scope="module")
def head(renderer):
    shape = renderer.head_model.shape(sample_subject(np.random.default_rng(3), "001").shape)
    return (renderer.surface.refine @ shape).astype(np.float32)


@pytest.mark.parametrize("seed", range(8))
def test_strands_keep_their_distance_to_the_skin(renderer, head, seed):
    strands = sample_strands(np.random.default_rng(seed))
    points = hang_strands(renderer.surface, head, strands, BROWN).vertices.reshape(strands.count, POINTS, 2, 3)
    scene = o3d.t.geometry.RaycastingScene(nthreads=1)
    scene.add_triangles(o3d.core.Tensor(head), o3d.core.Tensor(renderer.surface.triangles.astype(np.uint32)))
    closest = scene.compute_closest_points(o3d.core.Tensor(np.ascontiguousarray(points.reshape(-1, 3))))
    away = points.reshape(-1, 3) - closest["points"].numpy()
    normals = renderer.surface.normals(head)[renderer.surface.triangles[closest["primitive_ids"].numpy()]].mean(axis=1)
    above = (np.sign(np.einsum("ij,ij->i", away, normals)) * np.linalg.norm(away, axis=1)).reshape(points.shape[:3])
    assert above.min() > 0  # the roots grow out of the skin
    loose = above[:, 5:]
    assert np.quantile(loose, 0.02) > 0.7
    assert np.quantile(loose, 0.9) < 3.2


@pytest.mark.parametrize("seed", range(4))
def test_strands_are_thin_ribbons_with_two_sides(renderer, head, seed):
    strands = sample_strands(np.random.default_rng(seed))
    hung = hang_strands(renderer.surface, head, strands, BROWN)
    points = hung.vertices.reshape(strands.count, POINTS, 2, 3)
    width = np.linalg.norm(points[:, :, 0] - points[:, :, 1], axis=-1)
    assert 5 <= strands.count <= 60
    assert 0.25 < width.min() <= width.max() < 1.05
    assert len(hung.triangles) == strands.count * (POINTS - 1) * 4
    turned = {tuple(sorted(triangle)) for triangle in hung.triangles.tolist()}
    assert len(turned) == len(hung.triangles) / 2


def test_strands_hang_from_the_hairline_down(renderer, head):
    strands = dataclasses.replace(
        sample_strands(np.random.default_rng(1)), azimuth_deg=0.0, sweep_deg=0.0, spread_deg=5.0
    )
    height = (
        hang_strands(renderer.surface, head, strands, BROWN)
        .vertices[:, 1]
        .reshape(strands.count, POINTS, 2)
        .mean(axis=2)
    )
    assert np.all(np.diff(height, axis=1) < 0.5)
    assert height[:, 0].min() > 40
    receded = hang_strands(renderer.surface, head, strands, BROWN, hairline_mm=15.0).vertices[:, 1]
    assert receded.max() > height.max() + 5


def test_strands_have_the_colour_of_the_hair_with_variation(renderer, head):
    hung = hang_strands(renderer.surface, head, sample_strands(np.random.default_rng(2)), BROWN)
    ratio = hung.albedo / np.array(BROWN)
    assert np.median(ratio) == pytest.approx(1, abs=0.3)
    assert ratio.std() > 0.05
    np.testing.assert_allclose(np.ptp(ratio, axis=1), 0, atol=1e-5)


def test_strands_repeat_with_their_seed(renderer, head):
    strands = sample_strands(np.random.default_rng(4))
    first, again = (hang_strands(renderer.surface, head, strands, BROWN).vertices for _ in range(2))
    other = hang_strands(renderer.surface, head, dataclasses.replace(strands, seed=strands.seed + 1), BROWN).vertices
    assert np.array_equal(first, again)
    assert not np.array_equal(first, other)
