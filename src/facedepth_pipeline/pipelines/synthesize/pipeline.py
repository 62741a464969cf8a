"""Head model to a database in the Texas format."""

from typing import Any

from kedro.pipeline import Node, Pipeline

from facedepth_pipeline.pipelines.synthesize import nodes


def create_pipeline(**_: Any) -> Pipeline:
    """``head_model`` to ``texas_pairs``."""
    return Pipeline(
        [
            Node(
                func=nodes.synthesize_pairs,
                inputs=["head_model", "params:synthesize"],
                outputs="texas_pairs",
                name="synthesize_pairs",
            )
        ]
    )
