"""Texas pairs to 256x256 pairs and a split by person."""

from typing import Any

from kedro.pipeline import Node, Pipeline

from facedepth_pipeline.pipelines.preprocess import nodes


def create_pipeline(**_: Any) -> Pipeline:
    """``texas_pairs`` and ``pair_manifest`` to ``pairs_256`` and ``subject_split``."""
    return Pipeline(
        [
            Node(
                func=nodes.split_by_subject,
                inputs=["pair_manifest", "params:split"],
                outputs="subject_split",
                name="split_by_subject",
            ),
            Node(
                func=nodes.preprocess_pairs,
                inputs=["texas_pairs", "pair_manifest", "params:preprocess"],
                outputs="pairs_256",
                name="preprocess_pairs",
            ),
            Node(func=nodes.draw_pairs, inputs="pairs_256", outputs="pairs_contact_sheet", name="draw_pairs"),
        ]
    )
