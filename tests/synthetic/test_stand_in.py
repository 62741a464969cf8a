import dataclasses

import numpy as np
import pytest

from facedepth_pipeline.depth import depth_from_range
from facedepth_pipeline.synthetic import stand_in as module
from facedepth_pipeline.synthetic.stand_in import plan_stand_in, rendering_digest
from stand_in_parameters import synthesis


def test_metadata_is_known_before_anything_is_rendered(head_model):
    stand_in = plan_stand_in({"makehuman": head_model}, synthesis(200, 900, preset="randomised"))
    rows = stand_in.metadata()
    assert [row["image_id"] for row in rows] == [name.image_id for name in stand_in.names]
    assert list(rows[0]) == [
        *(
            "image_id",
            "sex",
            "age",
            "ethnicity",
            "expression",
            "african",
            "asian",
            "caucasian",
            "light",
            "preset",
            "source",
            "tone",
        ),
    ]
    assert rows[0]["expression"] == "neutral"
    assert {row["preset"] for row in rows} == {"randomised"}
    shares = np.array([[float(row[name]) for name in ("african", "asian", "caucasian")] for row in rows])
    np.testing.assert_allclose(shares.sum(axis=1), 1, atol=0.0151)
    assert len(rows[0]["african"]) == len("0.00")


def test_only_the_pairs_asked_for_are_rendered_with_the_bytes_of_a_whole_rendering(head_model):
    stand_in = plan_stand_in({"makehuman": head_model}, synthesis(2, 3))
    whole = list(stand_in.render(stand_in.names))
    some = list(stand_in.render([stand_in.names[2], stand_in.names[1]]))
    assert [pair.name for pair in whole] == stand_in.names
    assert [pair.name for pair in some] == stand_in.names[1:]
    for one, other in zip(some, whole[1:]):
        np.testing.assert_array_equal(one.portrait, other.portrait)
        np.testing.assert_array_equal(one.range_grey, other.range_grey)


@pytest.mark.parametrize(
    "change", [{"seed": 2}, {"preset": "randomised"}, {"range_realism": "scanner"}, {"subjects": 4}, {"pairs": 7}]
)
def test_the_digest_follows_the_parameters(head_model, change):
    usual = {"subjects": 3, "pairs": 6}
    assert rendering_digest({"makehuman": head_model}, synthesis(**usual)) != rendering_digest(
        {"makehuman": head_model}, synthesis(**usual | change)
    )


def test_the_digest_leaves_out_the_number_of_processes(head_model):
    digests = {
        rendering_digest({"makehuman": head_model}, synthesis(3, 6, processes=processes)) for processes in (0, 1, 8)
    }
    assert len(digests) == 1
    assert len(digests.pop()) == 64


def test_the_digest_follows_the_head_model(head_model):
    moved = head_model.vertices.copy()
    moved[0, 0] += 0.001
    other = dataclasses.replace(head_model, vertices=moved)
    assert rendering_digest({"makehuman": head_model}, synthesis(3, 6)) != rendering_digest(
        {"makehuman": other}, synthesis(3, 6)
    )


def test_the_digest_follows_every_head_model_that_is_used(head_model):
    other = dataclasses.replace(head_model, source="ict", canonical=head_model.canonical + 1)
    parameters = synthesis(3, 6, heads={"makehuman": 1, "ict": 1})
    both = rendering_digest({"makehuman": head_model, "ict": other}, parameters)
    swapped = rendering_digest({"ict": other, "makehuman": head_model}, parameters)
    moved = dataclasses.replace(other, canonical=head_model.canonical + 2)
    assert both == swapped
    assert both != rendering_digest({"makehuman": head_model, "ict": moved}, parameters)
    assert both != rendering_digest({"makehuman": head_model}, parameters)


def test_the_digest_follows_the_renderer_but_neither_contact_sheets_nor_comments(head_model, tmp_path, monkeypatch):
    package = tmp_path / "package"
    (package / "synthetic").mkdir(parents=True)
    monkeypatch.setattr(module, "files", lambda _: package)
    digests = []
    for path, text in [
        ("synthetic/light.py", "B = 1"),
        ("synthetic/sheets.py", "C = 1"),
        ("depth.py", "A = 2"),
        ("synthetic/light.py", '"""Light."""\n\nB = 1  # bright\n'),
        ("synthetic/light.py", "B = 2"),
    ]:
        (package / path).write_text(text)
        digests.append(rendering_digest({"makehuman": head_model}, synthesis(3, 6)))
    first, *alike, other_light = digests
    assert set(alike) == {first}
    assert other_light != first


def test_the_digest_follows_how_depth_becomes_grey_levels(head_model, monkeypatch):
    before = rendering_digest({"makehuman": head_model}, synthesis(3, 6))
    monkeypatch.setattr(module, "range_from_depth", depth_from_range)
    assert rendering_digest({"makehuman": head_model}, synthesis(3, 6)) != before
