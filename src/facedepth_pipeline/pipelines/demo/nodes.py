"""Nodes of ``demo``."""

import pandas as pd

from facedepth_pipeline.data.splits import SubjectSplit
from facedepth_pipeline.data.texas.ingestion import TexasSource
from facedepth_pipeline.photo.folder import PhotoFolder


def stage_photos(
    texas_pairs: TexasSource,
    pair_manifest: pd.DataFrame,
    subject_split: SubjectSplit,
    sample_photos: PhotoFolder,
) -> dict[str, bytes]:
    """Gather what the demo reconstructs: a portrait of each held-out person, and a real photograph."""
    held_out = pair_manifest[pair_manifest["subject_id"].isin(subject_split.test)]
    paths = held_out.drop_duplicates("subject_id")["portrait_path"]
    portraits = {path.rpartition("/")[2]: texas_pairs.read(path) for path in paths}
    return portraits | dict(sample_photos)
