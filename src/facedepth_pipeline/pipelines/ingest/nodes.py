"""Nodes of ``ingest``."""

import pandas as pd
from tqdm import tqdm

from facedepth_pipeline.data.texas.ingestion import TexasSource, accept_manifest, list_pairs
from facedepth_pipeline.parameters import IngestParameters


def list_texas_pairs(texas_pairs: TexasSource) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Find and check the pairs of the tree: those that passed, and the others with their reasons."""
    return list_pairs(texas_pairs, progress=lambda names: tqdm(names, desc="checking pairs", unit="pair"))


def accept_texas_pairs(
    listed_pairs: pd.DataFrame, rejected_pairs: pd.DataFrame, parameters: IngestParameters
) -> pd.DataFrame:
    """Make the list the manifest, unless too much of the database was rejected."""
    return accept_manifest(listed_pairs, rejected_pairs, parameters.max_rejected_fraction)
