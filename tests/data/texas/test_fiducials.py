import numpy as np
import pytest

from facedepth_pipeline.data.texas.fiducials import format_fiducials, parse_fiducials

POINTS = np.random.default_rng(0).uniform(0, 500, (25, 2)).round(2)


def test_points_survive_the_file():
    np.testing.assert_allclose(parse_fiducials(format_fiducials(POINTS)), POINTS)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("1\t2\n" * 24, "received 24 rows"),
        ("1\t2\t3\n" * 25, r"25 rows of \[3\]"),
        ("nan\t2\n" * 25, "finite"),
        ("a\tb\n" * 25, "could not convert"),
    ],
)
def test_files_that_are_no_fiducials_are_refused(text, message):
    with pytest.raises(ValueError, match=message):
        parse_fiducials(text)
