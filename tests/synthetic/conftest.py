from pathlib import Path

import numpy as np
import pytest

from facedepth_pipeline.synthetic.head.head_model import HeadModel
from facedepth_pipeline.synthetic.rendering import HeadRenderer

HEAD_MODEL_PATH = Path(__file__).parents[2] / "data" / "01_raw" / "head_model.npz"


@pytest.fixture(scope="session")
def head_model() -> HeadModel:
    with np.load(HEAD_MODEL_PATH, allow_pickle=False) as arrays:
        return HeadModel.from_arrays(dict(arrays))


@pytest.fixture(scope="session")
def renderer(head_model: HeadModel) -> HeadRenderer:
    return HeadRenderer(head_model)
