"""Train pix2pix and register the generator."""

from facedepth_pipeline.pipelines.train.pipeline import create_pipeline

__all__ = ["create_pipeline"]
