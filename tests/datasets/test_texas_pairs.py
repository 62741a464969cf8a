import errno
import logging
import os
from datetime import datetime

import numpy as np
import pytest
from kedro.io import DatasetError

from facedepth_pipeline.data.texas.images import decode_range
from facedepth_pipeline.data.texas.ingestion import list_pairs
from facedepth_pipeline.data.texas.names import PairName
from facedepth_pipeline.datasets.texas_pairs import MARKER_FILE, TexasPairsDataset
from facedepth_pipeline.storage.lock import only_writer
from facedepth_pipeline.synthetic.database import SyntheticPair
from faces import FRAME, dome


class Domes:
    """Stands for a ``StandIn``: domes that cost nothing, and a record of what was asked for."""

    def __init__(self, count, digest="a"):
        self.digest = digest
        self.names = [PairName(f"{i + 1:04d}", f"{i + 1:03d}", datetime(2005, 9, 12, 9, 0, i)) for i in range(count)]
        self.rendered = []

    def metadata(self):
        return [
            {"image_id": name.image_id, "sex": "female", "age": str(30 + i), "light": "studio"}
            for i, name in enumerate(self.names)
        ]

    def render(self, names):
        for name in names:
            self.rendered.append(name.image_id)
            portrait = np.full((*FRAME, 3), 100, np.uint8)
            yield SyntheticPair(name, portrait, dome(150, 199 + int(name.image_id)), np.full((25, 2), 250.0))


@pytest.fixture
def root(tmp_path):
    return tmp_path / "texas"


@pytest.fixture
def dataset(root):
    return TexasPairsDataset(filepath=str(root))


@pytest.fixture
def messages(caplog):
    caplog.set_level(logging.INFO, logger="facedepth_pipeline")
    return caplog


def files(root):
    return {path.relative_to(root).as_posix(): path for path in root.rglob("*") if path.is_file()}


def test_rendered_pairs_are_read_as_the_real_database_would_be(dataset):
    dataset.save(Domes(3))
    tree = dataset.load()
    manifest, rejected = list_pairs(tree)
    assert rejected.empty
    assert manifest["image_id"].tolist() == ["0001", "0002", "0003"]
    assert manifest["age"].tolist() == ["30", "31", "32"]
    assert manifest["fiducials_path"].notna().all()
    np.testing.assert_array_equal(decode_range(tree.read(manifest["range_path"].iloc[1])), dome(150, 201))


def test_the_same_stand_in_is_not_rendered_again(dataset, root, messages, capsys):
    dataset.save(Domes(3))
    times = {name: path.stat().st_mtime_ns for name, path in files(root).items() if "Clean_" in name}
    again = Domes(3)
    capsys.readouterr()
    dataset.save(again)
    assert again.rendered == []
    assert times == {name: path.stat().st_mtime_ns for name, path in files(root).items() if "Clean_" in name}
    assert messages.messages == ["all 3 pairs are there already"]
    assert capsys.readouterr().err == ""


SPOILERS = {
    "missing portrait": ("_Portrait.png", lambda path: path.unlink()),
    "missing range image": ("_Range.png", lambda path: path.unlink()),
    "missing fiducials": ("_Fiducial.txt", lambda path: path.unlink()),
    "empty portrait": ("_Portrait.png", lambda path: path.write_bytes(b"")),
    "empty fiducials": ("_Fiducial.txt", lambda path: path.write_bytes(b"")),
    "portrait cut short": ("_Portrait.png", lambda path: path.write_bytes(path.read_bytes()[:-5])),
    "three bytes of a range image": ("_Range.png", lambda path: path.write_bytes(path.read_bytes()[:3])),
}


@pytest.mark.parametrize(("ending", "spoil"), SPOILERS.values(), ids=SPOILERS.keys())
def test_only_a_pair_that_is_not_whole_is_rendered_again(dataset, root, messages, capsys, ending, spoil):
    dataset.save(Domes(4))
    before = {name: path.read_bytes() for name, path in files(root).items()}
    (spoilt,) = [path for name, path in files(root).items() if name.endswith(ending) and "_0002_" in name]
    spoil(spoilt)
    capsys.readouterr()
    again = Domes(4)
    dataset.save(again)
    assert again.rendered == ["0002"]
    assert before == {name: path.read_bytes() for name, path in files(root).items()}
    assert messages.messages == ["3 of 4 pairs are there already; rendering 1"]
    assert "75%" in capsys.readouterr().err  # the bar starts with what is there


def test_another_digest_starts_over_and_says_so(dataset, root, messages):
    dataset.save(Domes(3, digest="a"))
    other = Domes(2, digest="b")
    dataset.save(other)
    assert other.rendered == ["0001", "0002"]
    assert len(list_pairs(dataset.load())[0]) == 2
    assert len(files(root)) == 2 * 3 + 2
    (message,) = messages.messages
    assert "other parameters, another head model or another renderer" in message
    assert "its 9 files are removed" in message


def test_a_marker_of_an_earlier_version_has_no_digest_and_starts_over(dataset, root):
    dataset.save(Domes(2))
    marker = root / MARKER_FILE
    marker.write_text("".join(marker.read_text().splitlines(keepends=True)[:2]))
    again = Domes(2)
    dataset.save(again)
    assert again.rendered == ["0001", "0002"]
    assert marker.read_text().endswith(": a\n")


def test_files_outside_the_plan_and_half_written_ones_are_removed_and_others_left(dataset, root, messages):
    dataset.save(Domes(2))
    stray = root / "PreprocessedImages" / "Clean_0009_009_20050912090000_Range.png"
    half_written = [
        root / "PreprocessedImages" / ".Clean_0002_002_20050912090001_Range.x1.png",
        root / "ManualFiducialPoints" / ".Clean_0002_002_20050912090001_Fiducial.x1.txt",
        root / ".metadata.x1.csv",
        root / f".{MARKER_FILE.removesuffix('.txt')}.x1.txt",
    ]
    own = root / "PreprocessedImages" / "notes.txt"
    for path in (stray, own, *half_written):
        path.write_text("x")
    dataset.save(Domes(2))
    assert not any(path.exists() for path in (stray, *half_written))
    assert own.exists()
    assert "1 files of pairs that are not part of this stand-in are removed" in messages.messages


def test_a_run_killed_while_it_wrote_the_first_marker_does_not_block_the_next(dataset, root):
    root.mkdir()
    (root / f".{MARKER_FILE.removesuffix('.txt')}.x1.txt").write_text("These")
    dataset.save(Domes(1))
    assert len(files(root)) == 3 + 2


def test_an_interrupted_start_over_never_mixes_two_stand_ins(dataset, root, monkeypatch):
    dataset.save(Domes(3, digest="a"))
    monkeypatch.setattr(TexasPairsDataset, "_remove_all_but", lambda *_: (_ for _ in ()).throw(KeyboardInterrupt))
    with pytest.raises(KeyboardInterrupt):
        dataset.save(Domes(3, digest="b"))
    monkeypatch.undo()
    last = Domes(3, digest="b")
    dataset.save(last)
    assert last.rendered == ["0001", "0002", "0003"]


def test_a_full_disk_is_named_and_what_is_whole_stays(dataset, root, monkeypatch):
    calls = []

    def fsync(handle):
        calls.append(handle)
        if len(calls) > 1 + 2 * 3 + 1:  # the marker, two pairs and a portrait
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "fsync", fsync)
    with pytest.raises(DatasetError, match=r"No space left on device.*2 of 4 pairs are whole and stay.*same command"):
        dataset.save(Domes(4))
    monkeypatch.undo()
    assert not [name for name in files(root) if "/." in name]
    rest = Domes(4)
    dataset.save(rest)
    assert rest.rendered == ["0003", "0004"]


def test_two_runs_do_not_write_at_once(dataset, root):
    root.mkdir()
    with only_writer(root), pytest.raises(DatasetError, match=r"Another run is writing to .*texas"):
        dataset.save(Domes(1))
    assert list(root.iterdir()) == []
    dataset.save(Domes(1))


def test_nothing_is_written_over_a_folder_without_the_marker(tmp_path):
    (tmp_path / "Clean_0001_001_20050912090000_Range.png").write_bytes(b"precious")
    with pytest.raises(DatasetError, match=f"no {MARKER_FILE}.*real database"):
        TexasPairsDataset(filepath=str(tmp_path)).save(Domes(1))
    assert [path.name for path in tmp_path.iterdir()] == ["Clean_0001_001_20050912090000_Range.png"]


@pytest.mark.parametrize("exists", [True, False])
def test_a_missing_database_says_where_it_comes_from_and_how_to_make_the_stand_in(tmp_path, exists):
    root = tmp_path / "texas"
    if exists:
        root.mkdir()
    with pytest.raises(DatasetError, match=r"(?s)live.ece.utexas.edu.*--pipelines=synthesize"):
        TexasPairsDataset(filepath=str(root)).load()
