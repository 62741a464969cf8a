import pytest

from foreign_heads import OwnHead


@pytest.fixture(scope="session")
def own(head_model):
    return OwnHead(head_model)
