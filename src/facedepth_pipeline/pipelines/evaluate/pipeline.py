"""Generator to error figures and a promotion."""

from typing import Any

from kedro.pipeline import Node, Pipeline

from facedepth_pipeline.pipelines.evaluate import nodes


def create_pipeline(**_: Any) -> Pipeline:
    """``generator`` and ``pairs_256`` to ``depth_metrics``, the report and ``promotion``."""
    return Pipeline(
        [
            Node(
                func=nodes.predict_test_depth,
                inputs=["generator", "pairs_256", "subject_split"],
                outputs="predicted_depth",
                name="predict_test_depth",
            ),
            Node(
                func=nodes.score,
                inputs=["predicted_depth", "pairs_256", "subject_split", "params:evaluate"],
                outputs=["depth_metrics", "per_image", "per_subject"],
                name="score_predictions",
            ),
            Node(
                func=nodes.report,
                inputs=["predicted_depth", "pairs_256", "depth_metrics", "per_image", "per_subject"],
                outputs=["evaluation_report", "per_subject_figure", "test_subject_figures"],
                name="report_evaluation",
            ),
            Node(
                func=nodes.promote_generator,
                inputs=["registered_generator", "depth_metrics"],
                outputs="promotion",
                name="promote_generator",
            ),
        ]
    )
