"""The pipeline on a handful of people: rendered, killed, resumed, drawn."""

import os
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from matplotlib.figure import Figure

from facedepth_pipeline.datasets.head_model import HeadModelsDataset
from facedepth_pipeline.datasets.texas_pairs import TexasPairsDataset
from facedepth_pipeline.pipelines.synthesize import create_pipeline, nodes
from stand_in_parameters import synthesis

PROJECT = Path(__file__).parents[3]
HEAD_MODEL_PATH = PROJECT / "data" / "01_raw" / "head_model.npz"
PARAMETERS = synthesis(3, 7)

RENDER_IN_A_POOL = """
import sys
from facedepth_pipeline.datasets.head_model import HeadModelsDataset
from facedepth_pipeline.datasets.texas_pairs import TexasPairsDataset
from facedepth_pipeline.pipelines.synthesize.nodes import synthesize_pairs
from stand_in_parameters import synthesis

if __name__ == "__main__":
    head_models = HeadModelsDataset(filepath=sys.argv[1], ict_root=None, gnm_path=None).load()
    stand_in = synthesize_pairs(head_models, synthesis(3, 7, processes=2))
    TexasPairsDataset(filepath=sys.argv[2]).save(stand_in)
"""


@pytest.fixture(scope="module")
def head_models():
    return HeadModelsDataset(filepath=str(HEAD_MODEL_PATH), ict_root=None, gnm_path=None).load()


@pytest.fixture(scope="module")
def rendered(head_models, tmp_path_factory):
    """The folder of an unbroken rendering."""
    root = tmp_path_factory.mktemp("unbroken") / "texas"
    TexasPairsDataset(filepath=str(root)).save(nodes.synthesize_pairs(head_models, PARAMETERS))
    return root


def content(root):
    return {path.relative_to(root).as_posix(): path.read_bytes() for path in root.rglob("*") if path.is_file()}


def test_planning_renders_nothing(head_models):
    started = time.perf_counter()
    stand_in = nodes.synthesize_pairs(head_models, synthesis(500, 3000))
    assert len(stand_in.names) == 3000
    assert time.perf_counter() - started < 10  # rendering takes ten minutes


def test_a_killed_run_leaves_no_worker_and_goes_on_where_it_was(head_models, rendered, tmp_path):
    script, root = tmp_path / "render.py", tmp_path / "texas"
    script.write_text(RENDER_IN_A_POOL)
    run = subprocess.Popen(
        [sys.executable, script, HEAD_MODEL_PATH, root],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        cwd=PROJECT,
        env={**os.environ, "PYTHONPATH": f"{PROJECT / 'src'}:{PROJECT / 'tests'}"},
    )
    first_points = root / "ManualFiducialPoints"
    while run.poll() is None and not list(first_points.glob("Clean_*")):
        time.sleep(0.01)
    run.kill()
    # The workers hold the same pipe: its end shows that the last of them is gone.
    output, _ = run.communicate(timeout=20)
    assert run.returncode == -9, output.decode()
    whole = {path: path.stat().st_mtime_ns for path in root.rglob("Clean_0001_*")}
    assert len(whole) == 3
    assert not (root / "metadata.csv").exists()
    TexasPairsDataset(filepath=str(root)).save(nodes.synthesize_pairs(head_models, PARAMETERS))
    assert content(root) == content(rendered)
    assert whole == {path: path.stat().st_mtime_ns for path in root.rglob("Clean_0001_*")}


def test_sheets_show_everybody_each_expression_and_each_light(rendered):
    tree = TexasPairsDataset(filepath=str(rendered)).load()
    texts = [text.get_text() for text in nodes.draw_subjects(tree).axes[0].texts]
    assert texts[0].startswith("3 of 3 people")
    assert [text[:4] for text in texts[1:]] == ["001:", "002:", "003:"]
    rows = (rendered / "metadata.csv").read_text().splitlines()[1:]
    expressions = {row.split(",")[4] for row in rows}
    headings = [text.get_text() for text in nodes.draw_expressions(tree).axes[0].texts if "(" in text.get_text()]
    assert {heading.partition(" (")[0] for heading in headings} == expressions
    headings = [text.get_text() for text in nodes.draw_lights(tree).axes[0].texts if "(" in text.get_text()]
    assert headings == ["studio (7 of 7)"]


class ListedTree:
    """What a rendered tree says of itself, without the images."""

    def __init__(self, subjects: int) -> None:
        self._names = [f"Clean_{k:04d}_{k:03d}_2005091209000{k % 10}" for k in range(1, subjects + 1)]

    def paths(self) -> list[str]:
        return [f"PreprocessedImages/{name}_{kind}.png" for name in self._names for kind in ("Portrait", "Range")]

    def read(self, path: str) -> bytes:
        assert path == "metadata.csv"
        return "\n".join(["image_id", *(name[6:10] for name in self._names)]).encode()


def test_anthropometry_is_of_the_heads_that_were_rendered(head_models):
    comparison, figure = nodes.compare_anthropometry(head_models, synthesis(20, 20), ListedTree(12))
    assert comparison.groupby("measure")["n"].sum().unique() == [12]
    assert np.isfinite(comparison.select_dtypes("number").to_numpy()).any()
    assert isinstance(figure, Figure)


def test_pipeline_reads_the_head_model_and_writes_pairs_and_reports():
    pipeline = create_pipeline()
    assert pipeline.inputs() == {"head_models", "params:synthesize", "params:relightable", "params:preprocess"}
    assert pipeline.outputs() == {
        "relightable_pairs",
        *("stand_in_subjects_sheet", "stand_in_expressions_sheet", "stand_in_lights_sheet"),
        *("stand_in_anthropometry", "stand_in_anthropometry_figure"),
    }
    assert "texas_pairs" in pipeline.all_outputs()
