import pytest

from facedepth_pipeline.datasets.files import replace_file, replace_folder


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
