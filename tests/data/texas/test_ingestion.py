import hashlib
import shutil

import numpy as np
import pandas as pd
import pytest

from facedepth_pipeline.data.texas.fiducials import format_fiducials
from facedepth_pipeline.data.texas.ingestion import MANIFEST_COLUMNS, accept_manifest, list_pairs
from facedepth_pipeline.data.texas.tree import TexasTree
from faces import FRAME, dome, pair_name, png_bytes


def test_good_pairs_are_listed_with_checksums(texas_tree):
    manifest, rejected = list_pairs(TexasTree(texas_tree))
    assert tuple(manifest.columns) == MANIFEST_COLUMNS
    assert manifest["image_id"].tolist() == ["0001", "0002", "0003", "0004", "0005", "0006"]
    assert manifest["subject_id"].tolist() == ["001", "001", "002", "003", "004", "004"]
    assert rejected.empty
    first = manifest.iloc[0]
    content = (texas_tree / first["range_path"]).read_bytes()
    assert first["range_sha256"] == hashlib.sha256(content).hexdigest()
    assert (first["width_px"], first["height_px"]) == (501, 751)


def test_images_may_lie_in_the_root(texas_tree):
    for path in (texas_tree / "PreprocessedImages").iterdir():
        path.rename(texas_tree / path.name)
    manifest, rejected = list_pairs(TexasTree(texas_tree))
    assert len(manifest) == 6
    assert rejected.empty


def break_missing(folder, name):
    (folder / name.file_name("Range")).unlink()


def break_truncated(folder, name):
    path = folder / name.file_name("Portrait")
    path.write_bytes(path.read_bytes()[:500])


def break_size(folder, name):
    (folder / name.file_name("Range")).write_bytes(png_bytes(dome(200, 200)[:700]))


def break_background(folder, name):
    (folder / name.file_name("Range")).write_bytes(png_bytes(np.zeros(FRAME, np.uint8)))


def break_duplicate(folder, name):
    other = pair_name(3, 9)
    for kind in ("Portrait", "Range"):
        shutil.copy(folder / name.file_name(kind), folder / other.file_name(kind))


def break_fiducials(folder, name):
    points = folder.parent / "ManualFiducialPoints"
    points.mkdir()
    (points / name.fiducials_file_name).write_text("1 2\n")


@pytest.mark.parametrize(
    ("break_pair", "reason"),
    [
        (break_missing, "range image is missing"),
        (break_truncated, "portrait cannot be decoded"),
        (break_size, "501 x 700 pixels; expected 501 x 751"),
        (break_background, "all background"),
        (break_duplicate, "image id 0003 is used by 2 pairs"),
        (break_fiducials, "received 1 rows"),
    ],
)
def test_a_bad_pair_is_rejected_with_its_reason_and_the_others_stay(texas_tree, break_pair, reason):
    break_pair(texas_tree / "PreprocessedImages", pair_name(3, 2))
    manifest, rejected = list_pairs(TexasTree(texas_tree))
    assert manifest["image_id"].tolist() == ["0001", "0002", "0004", "0005", "0006"]
    assert reason in rejected["reason"].iloc[0]
    assert "0003" in rejected["path"].iloc[0]


def test_a_name_that_does_not_parse_is_rejected_and_other_folders_are_left_alone(texas_tree):
    (texas_tree / "PreprocessedImages" / "Clean_7_Portrait.png").write_bytes(b"")
    (texas_tree / "Partitions").mkdir()
    (texas_tree / "Partitions" / "anything.png").write_bytes(b"")
    manifest, rejected = list_pairs(TexasTree(texas_tree))
    assert len(manifest) == 6
    assert rejected["path"].tolist() == ["PreprocessedImages/Clean_7_Portrait.png"]


def test_fiducials_and_metadata_are_joined_where_there_are_any(texas_tree):
    name = pair_name(3, 2)
    (texas_tree / "ManualFiducialPoints").mkdir()
    path = texas_tree / "ManualFiducialPoints" / name.fiducials_file_name
    path.write_text(format_fiducials(np.ones((25, 2))))
    (texas_tree / "metadata.csv").write_text("image_id,sex,age\n0003,female,31\n")
    manifest, _ = list_pairs(TexasTree(texas_tree))
    row = manifest.set_index("image_id").loc["0003"]
    assert row["fiducials_path"] == f"ManualFiducialPoints/{name.fiducials_file_name}"
    assert (row["sex"], row["age"]) == ("female", "31")
    assert manifest.set_index("image_id").loc["0001", ["sex", "fiducials_path"]].isna().all()


def test_too_many_rejections_stop_the_run_and_a_few_do_not():
    manifest = pd.DataFrame({"image_id": range(9)})
    rejected = pd.DataFrame({"path": ["a.png"], "reason": ["it is broken"]})
    assert accept_manifest(manifest, rejected, 0.1) is manifest
    with pytest.raises(ValueError, match=r"1 of 10 entries.*max_rejected_fraction = 0.09.*a.png: it is broken"):
        accept_manifest(manifest, rejected, 0.09)
    with pytest.raises(ValueError, match="no usable pair"):
        accept_manifest(manifest.iloc[:0], rejected, 1.0)
