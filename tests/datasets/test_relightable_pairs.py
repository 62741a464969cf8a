import numpy as np
import pandas as pd
import pytest
from kedro.io import DatasetError

from facedepth_pipeline.data.layers import Layers, RelightablePair
from facedepth_pipeline.data.relightable import JoinedPairs, joined_digest
from facedepth_pipeline.datasets.relightable_pairs import RelightablePairsDataset
from facedepth_pipeline.depth import DepthMap, fitted_pitch


class FlatFaces:
    """A set of flat faces; counts what it renders, and may fail at one of them."""

    def __init__(self, count, digest="one", fails_at=None):
        ids = [f"ict-{number:05d}-1" for number in range(1, count + 1)]
        self.table = pd.DataFrame({"image_id": ids, "subject_id": [name[:-2] for name in ids], "source": "ict"})
        self.digest, self._fails_at, self.rendered = digest, fails_at, []

    def render(self, image_ids):
        for image_id in image_ids:
            if image_id == self._fails_at:
                raise RuntimeError("the power went away")
            self.rendered.append(image_id)
            grey = np.full((256, 256, 3), 100, np.uint8)
            depth_map = DepthMap(
                np.full((256, 256), 40, np.float32), np.ones((256, 256), bool), fitted_pitch("stretch")
            )
            layers = Layers(grey, grey, np.full((128, 128, 16), 255, np.uint8))
            yield RelightablePair(image_id, image_id[:-2], "ict", layers, depth_map, "stretch")


@pytest.fixture
def dataset(tmp_path):
    return RelightablePairsDataset(filepath=str(tmp_path / "relightable"))


def test_pairs_come_back_in_order(dataset):
    dataset.save(FlatFaces(3))
    pairs = dataset.load()
    assert [pair.image_id for pair in pairs] == pairs.table["image_id"].tolist()
    assert len(pairs) == 3


def test_an_interrupted_rendering_goes_on_where_it_ended(dataset):
    with pytest.raises(DatasetError, match="the power went away"):
        dataset.save(FlatFaces(3, fails_at="ict-00003-1"))
    with pytest.raises(DatasetError, match="its rendering was not finished"):
        dataset.load()
    second = FlatFaces(3)
    dataset.save(second)
    assert second.rendered == ["ict-00003-1"]
    assert len(dataset.load()) == 3


def test_another_digest_renders_all_anew(dataset):
    dataset.save(FlatFaces(3))
    other = FlatFaces(2, digest="two")
    dataset.save(other)
    assert len(other.rendered) == 2
    assert len(dataset.load()) == 2


def test_a_project_without_such_a_set_trains_without(dataset):
    dataset.save(FlatFaces(0))
    assert len(dataset.load()) == 0
    assert joined_digest("finished", dataset.load()) == "finished"


def test_a_folder_of_something_else_is_left_alone(dataset, tmp_path):
    folder = tmp_path / "relightable"
    folder.mkdir()
    (folder / "diary.txt").write_text("mine")
    with pytest.raises(DatasetError, match="is not empty"):
        dataset.save(FlatFaces(1))
    assert [path.name for path in folder.iterdir()] == ["diary.txt"]


def test_a_spoilt_file_is_named(dataset, tmp_path):
    dataset.save(FlatFaces(1))
    path = tmp_path / "relightable" / "ict-00001-1.npz"
    path.write_bytes(path.read_bytes()[:50])
    with pytest.raises(DatasetError, match=r"ict-00001-1\.npz cannot be read"):
        dataset.load()[0]


def test_finished_and_relightable_pairs_make_one_sequence(dataset):
    dataset.save(FlatFaces(2))

    class Finished(list):
        table = pd.DataFrame({"subject_id": ["001"]})

    joined = JoinedPairs(Finished(["a finished pair"]), dataset.load())
    assert len(joined) == 3
    assert joined[0] == "a finished pair"
    assert joined[2].image_id == "ict-00002-1"
    assert joined.table["subject_id"].tolist() == ["001", "ict-00001", "ict-00002"]
