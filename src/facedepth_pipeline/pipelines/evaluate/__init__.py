"""Measure the generator on held-out subjects and promote it."""

from facedepth_pipeline.pipelines.evaluate.pipeline import create_pipeline

__all__ = ["create_pipeline"]
