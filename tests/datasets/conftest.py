"""The same storage on a disk and in a bucket."""

import pytest

from facedepth_pipeline.datasets.storage import Storage, open_storage


@pytest.fixture(params=["disk", "bucket"])
def storage(request, tmp_path) -> Storage:
    return open_storage(
        str(tmp_path / "store") if request.param == "disk" else request.getfixturevalue("bucket") + "/x/y"
    )
