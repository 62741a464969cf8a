from pathlib import Path

import numpy as np
import pytest

from facedepth_pipeline.parameters import SynthesisParameters
from facedepth_pipeline.pipelines.synthesize import create_pipeline
from facedepth_pipeline.pipelines.synthesize.nodes import synthesize_pairs
from facedepth_pipeline.synthetic.head_model import HeadModel

HEAD_MODEL_PATH = Path(__file__).parents[3] / "data" / "01_raw" / "head_model.npz"


@pytest.fixture
def head_model():
    with np.load(HEAD_MODEL_PATH, allow_pickle=False) as arrays:
        return HeadModel.from_arrays(dict(arrays))


def test_node_renders_only_what_is_asked_for(head_model, capsys):
    pairs = synthesize_pairs(
        head_model,
        SynthesisParameters(subjects=500, pairs=9000, seed=1, processes=1, preset="studio", range_realism="clean"),
    )
    first = next(pairs)
    assert first.name.image_id == "0001"
    assert first.metadata.keys() == {"sex", "age", "ethnicity", "expression"}
    assert first.range_grey.max() > 240
    captured = capsys.readouterr()
    assert "rendering pairs" in captured.err
    assert captured.out == ""


def test_pipeline_reads_the_head_model_and_writes_the_pairs():
    pipeline = create_pipeline()
    assert pipeline.inputs() == {"head_model", "params:synthesize"}
    assert pipeline.outputs() == {"texas_pairs"}
