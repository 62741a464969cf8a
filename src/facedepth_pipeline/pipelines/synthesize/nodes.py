"""Nodes of ``synthesize``."""

from collections.abc import Iterator

from tqdm import tqdm

from facedepth_pipeline.parameters import SynthesisParameters
from facedepth_pipeline.synthetic.database import SyntheticPair, plan_database, render_database
from facedepth_pipeline.synthetic.head_model import HeadModel


def synthesize_pairs(head_model: HeadModel, parameters: SynthesisParameters) -> Iterator[SyntheticPair]:
    """Plan the stand-in database and render it pair by pair, while the dataset that saves it asks for more."""
    takes = plan_database(parameters)
    pairs = render_database(head_model, takes, parameters.processes)
    return iter(tqdm(pairs, total=len(takes), desc="rendering pairs", unit="pair"))
