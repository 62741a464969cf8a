import dataclasses

import numpy as np
import pytest

from facedepth_pipeline.synthetic.head.surface import build_surface


def test_regions_of_a_vertex_sum_to_one_and_makehuman_has_no_teeth(own):
    weights = own.surface.region_weights
    np.testing.assert_allclose(sum(weights.values()), 1, atol=1e-5)
    assert weights["teeth"].max() == 0


def test_appearance_is_painted_in_the_coordinates_that_the_model_names(head_model):
    other = dataclasses.replace(head_model, vertices=head_model.vertices * 1.1, subdivisions=1)
    surface, own = build_surface(other), build_surface(dataclasses.replace(head_model, subdivisions=1))
    np.testing.assert_array_equal(surface.canonical, own.canonical)
    np.testing.assert_array_equal(surface.eye_centres, own.eye_centres)
    np.testing.assert_allclose(surface.jaw_share, own.jaw_share, atol=1e-6)


@pytest.mark.parametrize("levels", [1, 2])
def test_each_subdivision_makes_four_quads_of_one(head_model, levels):
    surface = build_surface(dataclasses.replace(head_model, subdivisions=levels))
    assert len(surface.triangles) == 2 * len(head_model.quads) * 4**levels
    assert surface.refine_last.shape[1] == (len(head_model.vertices) if levels == 1 else surface.refine_last.shape[1])
    assert surface.refine.shape == (len(surface.canonical), len(head_model.vertices))


def test_a_head_model_without_a_jaw_has_no_part_that_follows_it(head_model):
    still = dataclasses.replace(
        head_model,
        direction_names=("nose/nose-hump-incr",),
        direction_offsets=np.array([0, 0]),
    )
    assert build_surface(still).jaw_share.max() == 0


def test_a_mesh_that_is_never_subdivided_is_refused(head_model):
    with pytest.raises(ValueError, match="received 0"):
        build_surface(dataclasses.replace(head_model, subdivisions=0))
