"""Parameters of small stand-ins."""

from typing import Any

from facedepth_pipeline.parameters import SynthesisParameters


def synthesis(subjects: int, pairs: int, **others: Any) -> SynthesisParameters:
    """Studio light, clean range images, one process, seed 1, unless told otherwise."""
    usual = {"seed": 1, "preset": "studio", "range_realism": "clean", "processes": 1}
    return SynthesisParameters(subjects=subjects, pairs=pairs, **usual | others)
