import os

import pytest

from facedepth_pipeline.atomic_write import write_atomically


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
