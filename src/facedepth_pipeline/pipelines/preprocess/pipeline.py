"""Texas pairs to 256x256 pairs, a split by person, and a landmark template."""

from typing import Any

from kedro.pipeline import Node, Pipeline

from facedepth_pipeline.pipelines.preprocess import nodes


def create_pipeline(**_: Any) -> Pipeline:
    """``texas_pairs`` and ``pair_manifest`` to ``pairs_256``, ``subject_split`` and ``landmark_template``."""
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
            Node(
                func=nodes.measure_landmark_template,
                inputs=["texas_pairs", "pair_manifest", "subject_split", "params:preprocess"],
                outputs="landmark_template",
                name="measure_landmark_template",
            ),
            Node(func=nodes.draw_pairs, inputs="pairs_256", outputs="pairs_contact_sheet", name="draw_pairs"),
        ]
    )
