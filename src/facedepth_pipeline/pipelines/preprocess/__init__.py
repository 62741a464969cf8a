"""Make 256x256 pairs, split the subjects, and measure where faces lie."""

from facedepth_pipeline.pipelines.preprocess.pipeline import create_pipeline

__all__ = ["create_pipeline"]
