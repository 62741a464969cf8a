"""The project's pipelines: one for each folder of ``pipelines/``, and the whole flow as the default."""

from kedro.framework.project import find_pipelines
from kedro.pipeline import Pipeline


def register_pipelines() -> dict[str, Pipeline]:
    """Find the pipelines by their folders; ``kedro run --pipelines=x`` imports only that one."""
    pipelines = find_pipelines(raise_errors=True)
    if "__default__" in pipelines:  # asked for, so everything is imported already
        from facedepth_pipeline.pipelines.whole_flow import compose_whole_flow

        pipelines["__default__"] = compose_whole_flow()
    return pipelines
