from datetime import datetime

import pytest

from facedepth_pipeline.data.texas.names import PairName, parse_file_name


def test_a_real_name_is_read_and_written_back():
    name, kind = parse_file_name("Clean_0498_101_20050913155318_Range.png")
    assert name == PairName("0498", "101", datetime(2005, 9, 13, 15, 53, 18))
    assert kind == "Range"
    assert name.file_name("Portrait") == "Clean_0498_101_20050913155318_Portrait.png"
    assert len(name.prefix) == 30  # loaders of others rely on it


@pytest.mark.parametrize(
    "file_name",
    ["Clean_498_101_20050913155318_Range.png", "Clean_0498_101_20051313155318_Range.png", "notes.png", ""],
)
def test_other_names_are_refused_and_quoted(file_name):
    with pytest.raises(ValueError, match="Received"):
        parse_file_name(file_name)
