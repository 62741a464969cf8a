"""Photos to meshes."""

from typing import Any

from kedro.pipeline import Node, Pipeline

from facedepth_pipeline.pipelines.reconstruct import nodes


def create_pipeline(after_promotion: bool = False, **_: Any) -> Pipeline:
    """``photos`` and ``champion_generator`` to ``reconstructions`` and ``reconstruction_manifest``.

    Args:
        after_promotion: Whether to wait for ``promotion``, in pipelines that train first.
    """
    promotion = ["promotion"] if after_promotion else []
    return Pipeline(
        [
            Node(
                func=nodes.reconstruct_photos,
                inputs=["photos", "champion_generator", "params:reconstruct", *promotion],
                outputs="reconstructions",
                name="reconstruct_photos",
            ),
            Node(
                func=nodes.list_reconstructions,
                inputs="reconstructions",
                outputs="reconstruction_manifest",
                name="list_reconstructions",
            ),
            Node(
                func=nodes.draw_sheet,
                inputs=["reconstruction_manifest", "reconstructions"],
                outputs="reconstruction_sheet",
                name="draw_reconstruction_sheet",
            ),
            # Its name puts it after the sheet, which shall be drawn in any case: Kedro sorts what does not depend.
            Node(
                func=nodes.accept_reconstructions,
                inputs=["reconstruction_manifest", "params:reconstruct"],
                outputs=None,
                name="require_enough_reconstructions",
            ),
        ]
    )
