"""Generator to error figures and a promotion."""

from typing import Any

from kedro.pipeline import Node, Pipeline

from facedepth_pipeline.pipelines.evaluate import nodes


def create_pipeline(**_: Any) -> Pipeline:
    """A registered generator and ``pairs_256`` to ``depth_metrics``, ``promotion`` and the report."""
    return Pipeline(
        [
            Node(
                func=nodes.predict_test_depth,
                inputs=["registered_generator@generator", "pairs_256", "subject_split"],
                outputs=["predicted_depth", "evaluated_model"],
                name="predict_test_depth",
            ),
            Node(
                func=nodes.prepare_chosen_baselines,
                inputs=[
                    "pairs_256",
                    "subject_split",
                    "trained_baselines",
                    "training_checkpoints",
                    "params:evaluate",
                    "params:train",
                ],
                outputs="baselines",
                name="prepare_chosen_baselines",
            ),
            Node(
                func=nodes.read_test_fiducials,
                inputs=["texas_pairs", "pair_manifest", "subject_split"],
                outputs="test_fiducials",
                name="read_test_fiducials",
            ),
            Node(
                func=nodes.check_doubt_of_generator,
                inputs=["registered_generator@generator", "pairs_256", "subject_split", "params:evaluate"],
                outputs="doubt_calibration",
                name="check_doubt_of_generator",
            ),
            Node(
                func=nodes.score_predictions,
                inputs=[
                    "predicted_depth",
                    "evaluated_model",
                    "baselines",
                    "pairs_256",
                    "test_fiducials",
                    "params:evaluate",
                ],
                outputs=["depth_metrics", "per_image", "per_subject", "identity_deviations"],
                name="score_predictions",
            ),
            Node(
                func=nodes.promote_generator,
                inputs=[
                    "evaluated_model",
                    "depth_metrics",
                    "per_subject",
                    "pairs_256",
                    "params:evaluate",
                    "params:model_name",
                ],
                outputs="promotion",
                name="promote_generator",
            ),
            Node(
                func=nodes.report_evaluation,
                inputs=[
                    "predicted_depth",
                    "pairs_256",
                    "evaluated_model",
                    "depth_metrics",
                    "per_image",
                    "per_subject",
                    "identity_deviations",
                    "test_fiducials",
                    "doubt_calibration",
                    "promotion",
                ],
                outputs=[
                    "evaluation_report",
                    "per_subject_figure",
                    "error_faces",
                    "region_errors",
                    "best_and_worst_cases",
                    "identity_maps",
                    "test_subject_figures",
                ],
                name="report_evaluation",
            ),
        ]
    )
