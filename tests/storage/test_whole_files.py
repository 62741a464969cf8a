import os

import pytest

from facedepth_pipeline.storage.whole_files import replace_file, replace_folder, write_atomically


def test_a_file_is_replaced_whole_or_not_at_all(tmp_path):
    path = tmp_path / "a" / "value.txt"
    with replace_file(path) as partial:
        partial.write_text("first")
    with pytest.raises(OSError, match="disk full"), replace_file(path) as partial:
        partial.write_text("half")
        raise OSError("disk full")
    assert path.read_text() == "first"
    assert [p.name for p in path.parent.iterdir()] == ["value.txt"]


def test_a_folder_is_replaced_whole_or_not_at_all(tmp_path):
    path = tmp_path / "pairs"
    for content in ("first", "second"):
        with replace_folder(path) as partial:
            (partial / content).write_text(content)
    with pytest.raises(KeyboardInterrupt), replace_folder(path) as partial:
        (partial / "half").write_text("half")
        raise KeyboardInterrupt
    assert [p.name for p in path.iterdir()] == ["second"]
    assert [p.name for p in tmp_path.iterdir()] == ["pairs"]


@pytest.mark.parametrize("broken", ["fsync", "replace"])
@pytest.mark.parametrize("error", [OSError("disk full"), KeyboardInterrupt()])
def test_a_write_that_fails_leaves_the_old_file_and_nothing_else(broken, error, tmp_path, monkeypatch):
    path = tmp_path / "face.ply"
    write_atomically(path, b"old")

    def fail(*_):
        raise error

    monkeypatch.setattr(os, broken, fail)
    with pytest.raises(type(error)):
        write_atomically(path, b"new")
    assert path.read_bytes() == b"old"
    assert [file.name for file in tmp_path.iterdir()] == ["face.ply"]


def test_a_write_replaces_the_old_file(tmp_path):
    path = tmp_path / "face.ply"
    write_atomically(path, b"a longer old file")
    write_atomically(path, b"new")
    assert path.read_bytes() == b"new"
