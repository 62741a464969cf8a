import pytest
from kedro.framework.project import pipelines
from kedro.framework.startup import bootstrap_project

from facedepth_pipeline.pipelines import evaluate, ingest, preprocess, reconstruct, synthesize, train

PIPELINES = {
    module.__name__.rpartition(".")[2]: module
    for module in (evaluate, ingest, preprocess, reconstruct, synthesize, train)
}


@pytest.mark.parametrize("name", PIPELINES)
def test_a_node_has_the_name_of_its_function(name):
    for node in PIPELINES[name].create_pipeline().nodes:
        assert node.name == node.func.__name__


def test_a_run_of_bad_photos_fails_when_the_sheet_is_drawn_and_mlflow_told():
    (last,) = [node for node in reconstruct.create_pipeline().nodes if node.name == "require_success"]
    assert {"sheet_folders", "tracked_jobs"} <= set(last.inputs)


def test_training_reads_the_template_that_preprocess_has_measured():
    assert "landmark_template" in preprocess.create_pipeline().all_outputs()
    assert train.create_pipeline().inputs() >= {"landmark_template", "pairs_256", "subject_split"}
    assert not train.create_pipeline().inputs() & {"texas_pairs", "pair_manifest"}


def test_the_demo_is_the_whole_flow(request):
    bootstrap_project(request.config.rootpath)
    assert {"promotion", "reconstruction_manifest"} <= pipelines["demo"].all_outputs()
