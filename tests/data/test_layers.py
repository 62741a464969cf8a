import numpy as np
import pytest

from facedepth_pipeline.data.layers import Layers, RelightablePair, decode_pair, encode_pair, lobe_directions
from facedepth_pipeline.depth import DepthMap, fitted_pitch

RADIUS_PX = 90


@pytest.fixture(scope="module")
def pair():
    """A smooth ball before nothing."""
    row, column = np.mgrid[:256, :256] - 127.5
    inside = row**2 + column**2 < RADIUS_PX**2
    depth_mm = np.where(inside, 40 * np.sqrt(np.clip(1 - (row**2 + column**2) / RADIUS_PX**2, 0, 1)) + 20, 0)
    albedo = np.where(inside[..., None], np.array([180, 140, 120]), 0).astype(np.uint8)
    surface = np.stack([100 * inside, 255 * inside, 255 * inside], axis=-1).astype(np.uint8)
    visibility = np.full((128, 128, 16), 255, np.uint8)
    visibility[40:60, 50:90, 3] = 0
    depth_map = DepthMap(depth_mm.astype(np.float32), inside, fitted_pitch("stretch"))
    return RelightablePair("ict-00001-1", "ict-00001", "ict", Layers(albedo, surface, visibility), depth_map, "stretch")


def test_a_pair_comes_back_from_its_file(pair):
    content = encode_pair(pair)
    back = decode_pair(content)
    assert len(content) < 20_000
    assert (back.image_id, back.subject_id, back.source, back.fit) == ("ict-00001-1", "ict-00001", "ict", "stretch")
    assert back.depth_map.pitch == pytest.approx(pair.depth_map.pitch)
    np.testing.assert_array_equal(back.depth_map.valid, pair.depth_map.valid)
    np.testing.assert_array_equal(back.layers.visibility, pair.layers.visibility)
    inside = pair.depth_map.valid
    assert np.abs(back.depth_map.depth_mm - pair.depth_map.depth_mm)[inside].mean() < 0.05
    assert (back.depth_map.depth_mm[~inside] == 0).all()
    assert np.abs(back.layers.albedo.astype(int) - pair.layers.albedo)[inside].mean() < 4
    assert np.abs(back.layers.surface.astype(int) - pair.layers.surface)[inside].mean() < 4


@pytest.mark.parametrize("spoil", [lambda c: b"", lambda c: c[: len(c) // 2], lambda c: b"no such file" * 100])
def test_a_spoilt_file_is_refused_in_words(pair, spoil):
    with pytest.raises(ValueError, match="Expected the layers of one rendered face; received"):
        decode_pair(spoil(encode_pair(pair)))


def test_layers_of_another_shape_are_refused(pair):
    with pytest.raises(ValueError, match=r"albedo must be \(256, 256, 3\) uint8; received \(255, 256, 3\)"):
        Layers(pair.layers.albedo[1:], pair.layers.surface, pair.layers.visibility)


def test_lobes_are_spread_evenly_before_the_face():
    lobes = lobe_directions()
    np.testing.assert_allclose(np.linalg.norm(lobes, axis=1), 1, atol=1e-6)
    assert lobes[:, 2].min() > -0.25
    between = np.sort(np.rad2deg(np.arccos(np.clip(lobes @ lobes.T, -1, 1))), axis=1)[:, 1]
    assert between.min() > 25  # degrees to the nearest other one
    assert between.max() < 50
