from datetime import datetime

import numpy as np
import pytest
from kedro.io import DatasetError

from facedepth_pipeline.datasets.texas_pairs import MARKER_FILE, TexasPairsDataset
from facedepth_pipeline.synthetic.database import SyntheticPair
from facedepth_pipeline.texas.images import decode_range
from facedepth_pipeline.texas.ingestion import list_pairs
from facedepth_pipeline.texas.names import PairName
from faces import FRAME, dome


def rendered(count: int) -> list[SyntheticPair]:
    return [
        SyntheticPair(
            name=PairName(f"{i + 1:04d}", f"{i + 1:03d}", datetime(2005, 9, 12, 9, 0, i)),
            portrait=np.full((*FRAME, 3), 100, np.uint8),
            range_grey=dome(150, 200 + i),
            fiducials_px=np.full((25, 2), 250.0),
            metadata={"sex": "female", "age": 30 + i, "ethnicity": "asian", "expression": "neutral"},
        )
        for i in range(count)
    ]


def test_rendered_pairs_are_read_as_the_real_database_would_be(tmp_path):
    dataset = TexasPairsDataset(filepath=str(tmp_path / "texas"))
    dataset.save(iter(rendered(3)))
    tree = dataset.load()
    manifest, rejected = list_pairs(tree)
    assert rejected.empty
    assert manifest["image_id"].tolist() == ["0001", "0002", "0003"]
    assert manifest["age"].tolist() == ["30", "31", "32"]
    assert manifest["fiducials_path"].notna().all()
    np.testing.assert_array_equal(decode_range(tree.read(manifest["range_path"].iloc[1])), dome(150, 201))


def test_a_new_rendering_takes_the_place_of_the_old_one(tmp_path):
    dataset = TexasPairsDataset(filepath=str(tmp_path / "texas"))
    dataset.save(iter(rendered(3)))
    dataset.save(iter(rendered(2)))
    assert len(list_pairs(dataset.load())[0]) == 2


def test_nothing_is_written_over_a_folder_without_the_marker(tmp_path):
    (tmp_path / "Clean_0001_001_20050912090000_Range.png").write_bytes(b"precious")
    with pytest.raises(DatasetError, match=f"no {MARKER_FILE}.*real database"):
        TexasPairsDataset(filepath=str(tmp_path)).save(iter(rendered(1)))
    assert [path.name for path in tmp_path.iterdir()] == ["Clean_0001_001_20050912090000_Range.png"]


@pytest.mark.parametrize("exists", [True, False])
def test_a_missing_database_says_where_it_comes_from_and_how_to_make_the_stand_in(tmp_path, exists):
    root = tmp_path / "texas"
    if exists:
        root.mkdir()
    with pytest.raises(DatasetError, match=r"(?s)live.ece.utexas.edu.*--pipelines=synthesize"):
        TexasPairsDataset(filepath=str(root)).load()
