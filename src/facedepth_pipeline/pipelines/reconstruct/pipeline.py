"""Photos to meshes."""

from typing import Any

from kedro.pipeline import Node, Pipeline

from facedepth_pipeline.pipelines.reconstruct import nodes


def create_pipeline(after_promotion: bool = False, **_: Any) -> Pipeline:
    """``photos`` and ``generator_version`` to ``reconstructions``, their manifest, and the ``reconstruction_job``.

    Results and the parts of the manifest are written while the job runs; the other nodes say what it did.

    Args:
        after_promotion: Whether to wait for ``promotion``, in pipelines that train first.
    """
    promotion = ["promotion"] if after_promotion else []
    working = ["reconstructions", "reconstruction_ledger"]
    return Pipeline(
        [
            Node(
                func=nodes.reconstruct_photos,
                inputs=[
                    "photos",
                    "generator_version",
                    *working,
                    "params:reconstruct",
                    "params:dask",
                    "params:batch",
                    *promotion,
                ],
                outputs="reconstruction_job",
                name="reconstruct_photos",
            ),
            Node(
                func=nodes.list_reconstructions,
                inputs=["reconstruction_job", "reconstruction_ledger", "reconstructions"],
                outputs="reconstruction_manifest",
                name="list_reconstructions",
            ),
            Node(
                func=nodes.draw_reconstruction_sheet,
                inputs=["reconstruction_manifest", "reconstructions"],
                outputs=["reconstruction_sheet", "sheet_folders"],
                name="draw_reconstruction_sheet",
            ),
            Node(
                func=nodes.track_jobs,
                inputs=["reconstruction_job", "reconstruction_manifest", "reconstructions"],
                outputs="tracked_jobs",
                name="track_jobs",
            ),
            Node(
                func=nodes.require_success,
                inputs=["reconstruction_job", "params:reconstruct", "tracked_jobs", "sheet_folders"],
                outputs=None,
                name="require_success",
            ),
        ]
    )
