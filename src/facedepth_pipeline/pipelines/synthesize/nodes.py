"""Nodes of ``synthesize``."""

import pandas as pd
from matplotlib.figure import Figure

from facedepth_pipeline.data.texas.ingestion import TexasSource
from facedepth_pipeline.parameters import PreprocessParameters, RelightableParameters, SynthesisParameters
from facedepth_pipeline.synthetic.database import plan_database
from facedepth_pipeline.synthetic.head.sources import HeadModels
from facedepth_pipeline.synthetic.people.anthropometry import (
    compare_with_published,
    draw_anthropometry,
    measure_subjects,
)
from facedepth_pipeline.synthetic.relightable_set import RelightableSet, plan_relightable_set
from facedepth_pipeline.synthetic.sheets import choose_groups, choose_people, draw_sheet, list_rendered, read_shots
from facedepth_pipeline.synthetic.stand_in import StandIn, plan_stand_in

PEOPLE = 24
PEOPLE_A_ROW = 6
TAKES_A_ROW = 5


def synthesize_pairs(head_models: HeadModels, parameters: SynthesisParameters) -> StandIn:
    """Plan the stand-in database; the dataset that saves it renders the pairs that it does not have yet."""
    return plan_stand_in(head_models.read(parameters.heads), parameters)


def synthesize_relightable_pairs(
    head_models: HeadModels, parameters: RelightableParameters, preprocess: PreprocessParameters
) -> RelightableSet:
    """Plan the relightable set; the dataset that saves it renders the pairs that it does not have yet."""
    heads = head_models.read(parameters.heads) if parameters.subjects else {}
    return plan_relightable_set(heads, parameters, preprocess.fit)


def draw_subjects(texas_pairs: TexasSource) -> Figure:
    """Show some of the people, each with the range image."""
    rendered = list_rendered(texas_pairs)
    chosen = choose_people(rendered, PEOPLE)
    labels = [f"{row.subject_id}: {row.sex}, {row.age}\n{row.ethnicity}" for row in chosen.itertuples()]
    title = f"{len(chosen)} of {rendered['subject_id'].nunique():,} people of the stand-in: portrait and range image"
    return draw_sheet(title, {"": read_shots(texas_pairs, chosen, labels)}, PEOPLE_A_ROW)


def draw_expressions(texas_pairs: TexasSource) -> Figure:
    """Show takes of each expression."""
    return _draw_groups(texas_pairs, "expression", "Takes of the stand-in by expression: portrait and range image")


def draw_lights(texas_pairs: TexasSource) -> Figure:
    """Show takes in each kind of light."""
    return _draw_groups(texas_pairs, "light", "Takes of the stand-in by light: portrait and range image")


def compare_anthropometry(
    head_models: HeadModels, parameters: SynthesisParameters, texas_pairs: TexasSource
) -> tuple[pd.DataFrame, Figure]:
    """Measure every head that was rendered and set the distances beside published ones."""
    heads = head_models.read(parameters.heads)
    planned = {take.subject.subject_id: take.subject for take in plan_database(parameters, heads)}
    subjects = [planned[subject_id] for subject_id in list_rendered(texas_pairs)["subject_id"].unique()]
    measured = measure_subjects(heads, subjects)
    return compare_with_published(measured).round(2), draw_anthropometry(measured)


def _draw_groups(texas_pairs: TexasSource, column: str, title: str) -> Figure:
    groups = {
        heading: read_shots(
            texas_pairs, chosen, [f"subject {row.subject_id}, image {row.image_id}" for row in chosen.itertuples()]
        )
        for heading, chosen in choose_groups(list_rendered(texas_pairs), column, TAKES_A_ROW).items()
    }
    return draw_sheet(title, groups, TAKES_A_ROW)
