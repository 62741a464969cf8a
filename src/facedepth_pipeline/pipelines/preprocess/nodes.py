"""Nodes of ``preprocess``."""

from collections import Counter
from collections.abc import Iterator

import pandas as pd
from matplotlib.figure import Figure
from tqdm import tqdm

from facedepth_pipeline.data.pairs import Pair, Pairs, preprocess_pair
from facedepth_pipeline.data.splits import SubjectSplit, split_subjects
from facedepth_pipeline.data.texas.images import decode_portrait, decode_range
from facedepth_pipeline.data.texas.ingestion import TexasSource
from facedepth_pipeline.evaluation.figures import draw_contact_sheet
from facedepth_pipeline.generator.sidecar import LandmarkTemplate
from facedepth_pipeline.parameters import PreprocessParameters, SplitParameters
from facedepth_pipeline.photo import template


def preprocess_pairs(
    texas_pairs: TexasSource, pair_manifest: pd.DataFrame, parameters: PreprocessParameters
) -> Iterator[Pair]:
    """Resample each listed pair to 256x256, one at a time as they are saved."""
    rows = tqdm(pair_manifest.to_dict("records"), desc="resampling pairs", unit="pair")
    return (
        preprocess_pair(
            row["image_id"],
            row["subject_id"],
            decode_portrait(texas_pairs.read(row["portrait_path"])),
            decode_range(texas_pairs.read(row["range_path"])),
            parameters.fit,
        )
        for row in rows
    )


def split_by_subject(pair_manifest: pd.DataFrame, parameters: SplitParameters) -> SubjectSplit:
    """Draw the held-out people."""
    image_counts = Counter(pair_manifest["subject_id"])
    return split_subjects(image_counts, parameters.test_subjects, parameters.validation_subjects, parameters.seed)


def measure_landmark_template(
    texas_pairs: TexasSource, pair_manifest: pd.DataFrame, subject_split: SubjectSplit, parameters: PreprocessParameters
) -> LandmarkTemplate:
    """Find where faces lie in the frame, from one portrait of each of some training subjects.

    Where everybody is tested nobody trains, and the template of all people is for nobody.
    """
    people = subject_split.train or subject_split.test
    rows = pair_manifest[pair_manifest["subject_id"].isin(people)]
    paths = rows.drop_duplicates("subject_id")["portrait_path"].head(parameters.template_portraits)
    return template.measure_landmark_template(decode_portrait(texas_pairs.read(path)) for path in paths)


def draw_pairs(pairs_256: Pairs) -> Figure:
    """Draw photo, depth and mask of a few people."""
    return draw_contact_sheet(pairs_256)
