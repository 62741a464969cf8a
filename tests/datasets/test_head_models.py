import pytest
from kedro.io import DatasetError

from facedepth_pipeline.datasets.head_model import HeadModelsDataset
from facedepth_pipeline.synthetic.head.foreign import NotThatModelError

FILE = "data/01_raw/head_model.npz"


@pytest.fixture(autouse=True)
def in_the_project(monkeypatch, request):
    monkeypatch.chdir(request.config.rootpath)


def test_heads_that_nobody_asks_for_are_not_read(tmp_path):
    models = HeadModelsDataset(filepath=FILE, ict_root=str(tmp_path / "nowhere"), gnm_path=None).load()
    assert list(models.read(["makehuman"])) == ["makehuman"]
    assert models.read(["makehuman"])["makehuman"] is models.makehuman


def test_a_source_without_a_path_is_refused_when_it_is_asked_for():
    models = HeadModelsDataset(filepath=FILE, ict_root=None, gnm_path="").load()
    for source, licence in (("ict", "MIT"), ("gnm", "Apache-2.0")):
        with pytest.raises(NotThatModelError, match=rf"{licence} licence.*no path is given"):
            models.read(["makehuman", source])


def test_head_models_are_never_written():
    dataset = HeadModelsDataset(filepath=FILE, ict_root=None, gnm_path=None)
    with pytest.raises(DatasetError, match=r"build_head_model.py writes it"):
        dataset.save(object())
