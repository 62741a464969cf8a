"""From nothing to meshes: render the stand-in, then the whole flow."""

from typing import Any

from kedro.pipeline import Node, Pipeline

from facedepth_pipeline.pipelines import synthesize
from facedepth_pipeline.pipelines.demo import nodes
from facedepth_pipeline.pipelines.whole_flow import compose_whole_flow


def create_pipeline(**_: Any) -> Pipeline:
    """``head_model`` to everything that the project makes."""
    stage = Node(
        func=nodes.stage_photos,
        inputs=["texas_pairs", "pair_manifest", "subject_split", "sample_photos"],
        outputs="photos",
        name="stage_photos",
    )
    return synthesize.create_pipeline() + compose_whole_flow() + Pipeline([stage])
