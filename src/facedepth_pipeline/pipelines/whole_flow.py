"""The pipelines joined, from a database to meshes."""

from kedro.pipeline import Pipeline

from facedepth_pipeline.pipelines import evaluate, ingest, preprocess, reconstruct, train


def compose_whole_flow() -> Pipeline:
    """Ingest, preprocess, train, evaluate, reconstruct.

    Here ``reconstruct`` waits for ``promotion``, or Kedro, which sorts by data alone, would run it
    before there is a model.
    """
    return (
        ingest.create_pipeline()
        + preprocess.create_pipeline()
        + train.create_pipeline()
        + evaluate.create_pipeline()
        + reconstruct.create_pipeline(after_promotion=True)
    )
