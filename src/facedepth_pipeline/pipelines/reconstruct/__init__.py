"""Turn a folder of photos into meshes."""

from facedepth_pipeline.pipelines.reconstruct.pipeline import create_pipeline

__all__ = ["create_pipeline"]
