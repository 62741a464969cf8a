import numpy as np
import pytest
from kedro.io import DatasetError

from facedepth_pipeline.data.pairs import pairs_digest
from facedepth_pipeline.datasets.pairs_folder import PairsFolderDataset


def test_pairs_survive_the_disk(dome_pairs, tmp_path):
    dataset = PairsFolderDataset(filepath=str(tmp_path / "pairs_256"))
    dataset.save(iter(dome_pairs))
    loaded = dataset.load()
    assert len(loaded) == len(dome_pairs)
    for before, after in zip(dome_pairs, loaded, strict=True):
        assert (after.image_id, after.subject_id, after.fit) == (before.image_id, before.subject_id, "stretch")
        np.testing.assert_array_equal(after.photo, before.photo)
        np.testing.assert_array_equal(after.depth_map.valid, before.depth_map.valid)
        np.testing.assert_allclose(after.depth_map.depth_mm, before.depth_map.depth_mm, atol=0.00501)
        assert after.depth_map.pitch == pytest.approx(before.depth_map.pitch)


def test_the_digest_tells_contents_apart_and_repeats(dome_pairs, tmp_path):
    dataset = PairsFolderDataset(filepath=str(tmp_path / "pairs_256"))
    dataset.save(iter(dome_pairs))
    digest = pairs_digest(dataset.load())
    dataset.save(iter(dome_pairs))
    assert pairs_digest(dataset.load()) == digest
    assert pairs_digest(dataset.load().of_subjects({"001"})) != digest


def test_an_interrupted_save_leaves_the_earlier_pairs(dome_pairs, tmp_path):
    dataset = PairsFolderDataset(filepath=str(tmp_path / "pairs_256"))
    dataset.save(iter(dome_pairs))

    def breaks_off():
        yield dome_pairs[0]
        raise OSError("disk full")

    with pytest.raises(DatasetError, match="disk full"):
        dataset.save(breaks_off())
    assert len(dataset.load()) == len(dome_pairs)


def test_missing_pairs_say_how_to_make_them(tmp_path):
    with pytest.raises(DatasetError, match="--pipelines=ingest,preprocess"):
        PairsFolderDataset(filepath=str(tmp_path)).load()


def test_pairs_of_a_few_people_are_read_without_the_others(dome_pairs):
    some = dome_pairs.of_subjects({"002", "004"})
    assert [pair.subject_id for pair in some] == ["002", "002", "004", "004"]
    assert some[2].image_id == "0007"
