import numpy as np
import pytest

from facedepth_pipeline.runtime.open3d_import import o3d
from facedepth_pipeline.synthetic.lighting.illumination import illuminate_hair, scatter
from facedepth_pipeline.synthetic.lighting.light import AreaLight, Lighting
from facedepth_pipeline.synthetic.lighting.raycasting import Scene

EVEN = ((0.5, 0.5, 0.5), *((0.0, 0.0, 0.0),) * 8)
DARK = ((0.0, 0.0, 0.0),) * 9
UP = np.array([[0.0, 0.0, 1.0]], np.float32)


def mesh(*parts: o3d.geometry.TriangleMesh) -> Scene:
    whole = o3d.geometry.TriangleMesh()
    for part in parts:
        whole += part
    return Scene(np.asarray(whole.vertices, np.float32), np.asarray(whole.triangles, np.int32))


def floor() -> o3d.geometry.TriangleMesh:
    return o3d.geometry.TriangleMesh.create_box(100, 100, 1).translate((-50, -50, -1))


def lit(scene: Scene, x_mm: float, lighting: Lighting, albedo: float = 0.5):
    point = np.array([[x_mm, 0, 0]], np.float32)
    return illuminate_hair(scene, point, UP, np.full((1, 3), albedo, np.float32), lighting)


def test_an_open_floor_receives_the_whole_light():
    light = AreaLight(60, 0, 0.3, (0.8, 0.6, 0.4))
    shading = lit(mesh(floor()), 0, Lighting((light,), EVEN))
    np.testing.assert_allclose(shading.irradiance, [[0.5 + 0.4, 0.5 + 0.3, 0.5 + 0.2]], rtol=1e-3)  # cos 60 = 1/2
    assert shading.openness == pytest.approx(1)
    assert shading.visibility == pytest.approx(1)


def test_a_ball_casts_a_shadow_away_from_the_light():
    scene = mesh(floor(), o3d.geometry.TriangleMesh.create_sphere(8))
    lighting = Lighting((AreaLight(55, 0, 0.3, (1, 1, 1)),), DARK)
    assert lit(scene, -11, lighting).irradiance.max() == 0
    assert lit(scene, 11, lighting).irradiance.min() > 0.5
    assert lit(scene, -30, lighting).irradiance.min() > 0.5  # the shadow ends


def test_a_large_light_has_a_soft_shadow():
    scene = mesh(floor(), o3d.geometry.TriangleMesh.create_sphere(8))
    lighting = Lighting((AreaLight(55, 0, 20, (1, 1, 1)),), DARK)
    seen = [lit(scene, x, lighting).visibility.item() for x in range(-10, -42, -2)]
    assert seen == sorted(seen)
    assert seen[0] < 0.2
    assert seen[-1] == 1
    assert any(0.1 < share < 0.9 for share in seen)


def test_a_wall_takes_ambient_light_away_and_a_bright_one_gives_some_back():
    slope = o3d.geometry.TriangleMesh(
        o3d.utility.Vector3dVector([[5, -60, 0], [5, 60, 0], [8, 60, 60], [8, -60, 60]]),
        o3d.utility.Vector3iVector([[0, 2, 1], [0, 3, 2]]),
    )  # seen from above, or it would be left out as turned away from the camera
    turned = o3d.geometry.TriangleMesh(slope.vertices, o3d.utility.Vector3iVector([[0, 1, 2], [0, 2, 3]]))
    scene = mesh(floor(), slope, turned)
    dark, bright = (lit(scene, 2, Lighting((), EVEN), albedo) for albedo in (0.0, 0.9))
    assert 0.35 < dark.openness.item() < 0.8
    np.testing.assert_allclose(dark.irradiance, 0.5 * dark.openness.item(), rtol=1e-3)
    assert dark.irradiance.max() < bright.irradiance.min() < 0.5


def test_light_leans_toward_the_lamp():
    lean = lit(mesh(floor()), 0, Lighting((AreaLight(45, 0, 1, (1, 1, 1)),), DARK)).lean
    np.testing.assert_allclose(lean, [[1, 0]], atol=1e-3)  # d cos / d tilt over cos, at 45 degrees


def test_skin_spreads_red_light_farthest_and_invents_none(renderer):
    surface = renderer.surface
    constant = np.full((len(surface.canonical), 3), 0.7, np.float32)
    np.testing.assert_allclose(scatter(surface, constant), constant, rtol=1e-4)
    cheek = np.argmin(np.sum((surface.canonical - [40, -40, 10]) ** 2, axis=1))
    spark = np.zeros_like(constant)
    spark[cheek] = 1
    glow = scatter(surface, spark)
    assert glow.min() >= 0
    reach_mm = np.sqrt(np.sum((surface.canonical - surface.canonical[cheek]) ** 2, axis=1))
    widths = [np.sqrt(np.sum(glow[:, c] * reach_mm**2) / glow[:, c].sum()) for c in range(3)]
    assert widths[0] > 1.5 * widths[1] > 2 * widths[2]
    assert 1.5 < widths[0] < 5
