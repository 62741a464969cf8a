import pytest

from facedepth_pipeline.synthetic.head.head_model import HeadModel
from facedepth_pipeline.synthetic.rendering import HeadRenderer


@pytest.fixture(scope="session")
def renderer(head_model: HeadModel) -> HeadRenderer:
    return HeadRenderer(head_model)
