import dataclasses

import numpy as np
import pytest

from facedepth_pipeline.depth import depth_from_range, fit_depth
from facedepth_pipeline.parameters import RelightableParameters
from facedepth_pipeline.synthetic.people.captures import sample_capture
from facedepth_pipeline.synthetic.people.subjects import sample_subject
from facedepth_pipeline.synthetic.relightable_set import plan_relightable_set


def parameters(**changes):
    return RelightableParameters(**{"subjects": 3, "pairs": 5, "seed": 4, **changes})


@pytest.fixture(scope="module")
def subject():
    return sample_subject(np.random.default_rng(5), "001")


def take(seed, **changes):
    capture = sample_capture(np.random.default_rng(seed), first=True, preset="studio", range_realism="clean")
    return dataclasses.replace(capture, **changes)


def test_the_plan_shares_takes_evenly_and_names_source_person_and_take(head_model):
    planned = plan_relightable_set({"makehuman": head_model}, parameters(), "stretch")
    assert planned.table["image_id"].tolist() == [
        "makehuman-00001-1", "makehuman-00001-2", "makehuman-00002-1", "makehuman-00002-2", "makehuman-00003-1",
    ]  # fmt: skip
    assert planned.table["subject_id"].nunique() == 3


def test_the_plan_has_room_for_more_people_than_a_database():
    assert len(plan_relightable_set({}, parameters(subjects=1200, pairs=1200), "stretch").takes) == 1200


def test_an_empty_set_needs_no_head_model():
    assert plan_relightable_set({}, parameters(subjects=0, pairs=0), "stretch").takes == []


def test_the_digest_follows_parameters_and_fit_but_not_processes(head_model):
    heads = {"makehuman": head_model}
    digest = plan_relightable_set(heads, parameters(), "stretch").digest
    assert plan_relightable_set(heads, parameters(processes=2), "stretch").digest == digest
    assert plan_relightable_set(heads, parameters(seed=5), "stretch").digest != digest
    assert plan_relightable_set(heads, parameters(), "crop").digest != digest


def test_layers_show_the_face_of_the_range_image(renderer, subject):
    capture = take(6)
    layers, depth_map = renderer.render_layers(subject, capture, "stretch")
    truth = fit_depth(depth_from_range(renderer.render(subject, capture).range_grey), "stretch")
    both = depth_map.valid & truth.valid
    assert both.sum() > 0.99 * truth.valid.sum()
    assert np.abs(depth_map.depth_mm - truth.depth_mm)[both].mean() < 0.15  # half a grey level
    assert (layers.surface[..., 2][truth.valid] > 100).mean() > 0.99
    assert (layers.albedo[layers.surface[..., 2] == 0] == 0).all()
    forehead = layers.visibility[35, 64]
    assert (forehead[:6] == 255).all()  # light from the front reaches the forehead


def test_the_light_of_a_take_changes_no_layer(renderer, subject):
    first, second = take(6), take(6, lighting=take(7).lighting, backdrop=take(7).backdrop, camera=take(7).camera)
    layers = [renderer.render_layers(subject, capture, "stretch")[0] for capture in (first, second)]
    for name in ("albedo", "surface", "visibility"):
        np.testing.assert_array_equal(getattr(layers[0], name), getattr(layers[1], name))


def test_a_near_camera_keeps_the_face_in_place_and_enlarges_the_nose(renderer, subject):
    far = renderer.render(subject, take(6, camera_distance_mm=100_000.0)).fiducials_px
    near = renderer.render(subject, take(6, camera_distance_mm=350.0)).fiducials_px
    wings = [abs(np.diff(points[[12, 13], 0])[0]) for points in (far, near)]
    brows = [abs(np.diff(points[[0, 11], 0])[0]) for points in (far, near)]
    assert wings[1] / wings[0] > 1.02 * brows[1] / brows[0]
    np.testing.assert_allclose(near[[14, 15]].mean(axis=0), far[[14, 15]].mean(axis=0), atol=12)


def test_glasses_are_in_the_photo_and_not_in_the_depth(renderer, subject):
    wild = (
        sample_capture(np.random.default_rng(seed), first=True, preset="wild", range_realism="clean")
        for seed in range(99)
    )
    glasses = next(capture.glasses for capture in wild if capture.glasses is not None)
    bare, worn = (renderer.render_layers(subject, take(6, glasses=each), "stretch") for each in (None, glasses))
    np.testing.assert_array_equal(bare[1].depth_mm, worn[1].depth_mm)
    changed = (bare[0].albedo != worn[0].albedo).any(axis=-1)
    assert 200 < changed.sum() < 15_000
