"""Head model to a database in the Texas format, and pictures of what is in it."""

from typing import Any

from kedro.pipeline import Node, Pipeline

from facedepth_pipeline.pipelines.synthesize import nodes


def create_pipeline(**_: Any) -> Pipeline:
    """``head_models`` to ``texas_pairs``, contact sheets and a comparison with measured people."""
    return Pipeline(
        [
            Node(
                func=nodes.synthesize_pairs,
                inputs=["head_models", "params:synthesize"],
                outputs="texas_pairs",
                name="synthesize_pairs",
            ),
            Node(
                func=nodes.synthesize_relightable_pairs,
                inputs=["head_models", "params:relightable", "params:preprocess"],
                outputs="relightable_pairs",
                name="synthesize_relightable_pairs",
            ),
            Node(
                func=nodes.draw_subjects,
                inputs="texas_pairs",
                outputs="stand_in_subjects_sheet",
                name="draw_subjects",
            ),
            Node(
                func=nodes.draw_expressions,
                inputs="texas_pairs",
                outputs="stand_in_expressions_sheet",
                name="draw_expressions",
            ),
            Node(
                func=nodes.draw_lights,
                inputs="texas_pairs",
                outputs="stand_in_lights_sheet",
                name="draw_lights",
            ),
            Node(
                func=nodes.compare_anthropometry,
                inputs=["head_models", "params:synthesize", "texas_pairs"],
                outputs=["stand_in_anthropometry", "stand_in_anthropometry_figure"],
                name="compare_anthropometry",
            ),
        ]
    )
