"""Render the stand-in database."""

from facedepth_pipeline.pipelines.synthesize.pipeline import create_pipeline

__all__ = ["create_pipeline"]
