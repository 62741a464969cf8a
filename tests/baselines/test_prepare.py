import numpy as np
import pytest
from tools.recipes import train_parameters

from evaluation_parameters import evaluate_parameters
from facedepth_pipeline.baselines.prepare import mean_training_mask, prepare_baselines
from facedepth_pipeline.baselines.unet_l1 import unet_l1_parameters
from facedepth_pipeline.generator.network_files import NetworkFolder
from facedepth_pipeline.pix2pix.checkpoint_folder import Checkpoints

ALL = ["mean_face", "shape_from_shading", "contractive_autoencoder", "unet_l1"]


def test_each_baseline_predicts_and_a_network_is_trained_once(dome_pairs, tmp_path):
    train, validation = dome_pairs.of_subjects({"001", "002", "003"}), dome_pairs.of_subjects({"004"})
    parameters = evaluate_parameters(baselines=ALL, unet_l1_recipe="metric")
    training = train_parameters("metric", width=4, epochs=1, batch_size=4, precision="float32")
    stores = NetworkFolder(tmp_path / "baselines"), Checkpoints(tmp_path / "checkpoints")
    first = prepare_baselines(train, validation, parameters, training, *stores)
    assert list(first.predict) == ALL
    assert first.left_out == {}
    depths = {name: predict(validation[0]) for name, predict in first.predict.items()}
    for name, depth_mm in depths.items():
        assert depth_mm.shape == (256, 256), name
        assert depth_mm.dtype == np.float32, name
    kept = {path: path.stat().st_mtime_ns for path in (tmp_path / "baselines").iterdir()}
    assert len(kept) == 2
    assert not list((tmp_path / "checkpoints").glob("*"))
    again = prepare_baselines(train, validation, parameters, training, *stores)
    assert {path: path.stat().st_mtime_ns for path in (tmp_path / "baselines").iterdir()} == kept
    for name in ALL:
        np.testing.assert_allclose(again.predict[name](validation[0]), depths[name], atol=1e-3)
    fewer = dome_pairs.of_subjects({"001", "002"})
    prepare_baselines(fewer, validation, parameters, training, *stores)
    assert len(list((tmp_path / "baselines").iterdir())) == 4  # other data, other networks


def test_without_training_subjects_no_baseline_is_made_up(dome_pairs, tmp_path):
    nobody = dome_pairs.of_subjects(set())
    stores = NetworkFolder(tmp_path), Checkpoints(tmp_path)
    baselines = prepare_baselines(
        nobody, nobody, evaluate_parameters(baselines=ALL), train_parameters("metric"), *stores
    )
    assert baselines.predict == {}
    assert set(baselines.left_out) == set(ALL)


def test_methods_from_elsewhere_need_no_training_subject(dome_pairs, tmp_path, monkeypatch):
    (tmp_path / "flat.py").write_text("import numpy as np\n\ndef predict(photos):\n    return np.ones((1, 256, 256))\n")
    monkeypatch.chdir(tmp_path)
    nobody = dome_pairs.of_subjects(set())
    stores = NetworkFolder(tmp_path), Checkpoints(tmp_path)
    parameters = evaluate_parameters(baselines=["mean_face"], foreign={"flat": "flat.py"})
    baselines = prepare_baselines(nobody, nobody, parameters, train_parameters("metric"), *stores)
    assert list(baselines.left_out) == ["mean_face"]
    assert baselines.foreign["flat"](dome_pairs[0]).max() == 1


@pytest.mark.parametrize("name", ["mean_face", "generator", "a@b", "My mesh", ""])
def test_a_method_from_elsewhere_has_a_name_of_its_own(name):
    with pytest.raises(ValueError, match=f"received the name '{name}'; expected small letters"):
        evaluate_parameters(foreign={name: "somewhere"})


def test_unet_l1_is_a_recipe_without_its_adversary():
    training = train_parameters("paper")
    alone = unet_l1_parameters(training, "paper")
    before, after = training.chosen.model_dump(), alone.chosen.model_dump()
    changed = {name for name, value in after.items() if value != before[name]}
    assert changed == {"adversary"}
    assert alone.chosen.adversary == "none"
    with pytest.raises(ValueError, match=r"evaluate.unet_l1_recipe: unknown recipe 'papre': did you mean 'paper'"):
        unet_l1_parameters(training, "papre")


def test_the_mean_mask_is_where_half_of_the_pairs_have_a_surface(dome_pairs):
    counts = sum(pair.depth_map.valid.astype(int) for pair in dome_pairs)
    np.testing.assert_array_equal(mean_training_mask(dome_pairs), counts >= 4)
