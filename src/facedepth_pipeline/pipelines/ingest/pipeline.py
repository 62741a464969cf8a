"""Texas tree to manifest."""

from typing import Any

from kedro.pipeline import Node, Pipeline

from facedepth_pipeline.pipelines.ingest import nodes


def create_pipeline(**_: Any) -> Pipeline:
    """``texas_pairs`` to ``pair_manifest`` and ``rejected_pairs``."""
    return Pipeline(
        [
            Node(
                func=nodes.list_texas_pairs,
                inputs="texas_pairs",
                outputs=["listed_pairs", "rejected_pairs"],
                name="list_texas_pairs",
            ),
            Node(
                func=nodes.accept_texas_pairs,
                inputs=["listed_pairs", "rejected_pairs", "params:ingest"],
                outputs="pair_manifest",
                name="accept_texas_pairs",
            ),
        ]
    )
