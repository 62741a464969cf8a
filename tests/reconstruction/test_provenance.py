import hashlib

import pytest

from facedepth_pipeline.parameters import ReconstructionParameters
from facedepth_pipeline.reconstruction import provenance as module
from facedepth_pipeline.reconstruction.provenance import FORMER_PARAMETERS, RESULT_VERSION, Provenance


def key(model_uri: str = "models:/faces/3", **changes) -> str:
    return Provenance(model_uri, ReconstructionParameters(**changes)).result_key


def test_the_key_follows_what_shapes_a_result_and_nothing_else():
    assert key(batch_size=2) == key(poisson_threads=8) == key(max_rejected_fraction=0.1) == key()
    assert Provenance("models:/faces/3", ReconstructionParameters(), "run").result_key == key()
    assert len({key(), key("models:/faces/4"), key(back_mm=3), key(formats=["glb"]), key(mesher="poisson")}) == 5


def test_the_key_changes_when_the_version_of_results_is_raised(monkeypatch):
    before = key()
    monkeypatch.setattr(module, "RESULT_VERSION", RESULT_VERSION + 1)
    assert key() != before


def test_a_new_parameter_leaves_the_key_of_earlier_results_alone(monkeypatch):
    class Later(ReconstructionParameters):
        sharpness: float = 0.0

    before = key()
    monkeypatch.setattr(module, "ReconstructionParameters", Later)
    assert Provenance("models:/faces/3", Later()).result_key == before
    assert Provenance("models:/faces/3", Later(sharpness=1.0)).result_key != before


def test_defaults_do_not_change_without_a_new_version_of_results():
    """A key leaves defaults out: whoever changes one raises RESULT_VERSION, and both lines here."""
    shaping = Provenance("", ReconstructionParameters()).shaping
    defaults = sorted((name, value) for name, value in shaping.items() if name in FORMER_PARAMETERS)
    assert RESULT_VERSION == 1
    assert hashlib.sha256(repr(defaults).encode()).hexdigest()[:12] == "c50faa7af17c"


@pytest.mark.parametrize(
    ("changes", "former"),
    [
        ({}, "b5c8c6d7ade09da3"),
        ({"interpupillary_mm": 61, "uncertainty_samples": 4, "formats": ["glb"], "back_mm": 10}, "430565528cac2268"),
    ],
)
def test_results_of_version_0_1_are_known_by_the_key_of_then(changes, former):
    """The keys were made by version 0.1."""
    assert former in Provenance("models:/faces/3", ReconstructionParameters(**changes)).known_keys
