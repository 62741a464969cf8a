"""Read a Texas tree, check each pair, list them."""

from facedepth_pipeline.pipelines.ingest.pipeline import create_pipeline

__all__ = ["create_pipeline"]
