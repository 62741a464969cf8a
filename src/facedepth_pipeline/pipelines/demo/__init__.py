"""The whole flow on the stand-in database."""

from facedepth_pipeline.pipelines.demo.pipeline import create_pipeline

__all__ = ["create_pipeline"]
