"""Make 256x256 pairs and split the subjects."""

from facedepth_pipeline.pipelines.preprocess.pipeline import create_pipeline

__all__ = ["create_pipeline"]
