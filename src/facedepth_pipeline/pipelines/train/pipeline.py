"""Pairs to a registered generator."""

from typing import Any

from kedro.pipeline import Node, Pipeline

from facedepth_pipeline.pipelines.train import nodes


def create_pipeline(**_: Any) -> Pipeline:
    """``pairs_256``, ``subject_split`` and ``landmark_template`` to ``generator`` and ``registered_generator``."""
    return Pipeline(
        [
            Node(
                func=nodes.train_generator,
                inputs=[
                    "pairs_256",
                    "subject_split",
                    "landmark_template",
                    "relightable_pairs",
                    "training_checkpoints",
                    "params:train",
                ],
                outputs=["generator", "training_history", "progress_picture"],
                name="train_generator",
            ),
            Node(
                func=nodes.draw_training_curves,
                inputs="training_history",
                outputs="training_curves",
                name="draw_training_curves",
            ),
            Node(
                func=nodes.register_generator,
                inputs=["generator", "pairs_256", "subject_split", "params:model_name"],
                outputs="registered_generator@version",
                name="register_generator",
            ),
        ]
    )
