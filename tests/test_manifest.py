import pandas as pd
import pytest

from facedepth_pipeline.manifest import accept_newest
from facedepth_pipeline.pipelines.reconstruct import create_pipeline


def manifest(*reasons: str | None) -> pd.DataFrame:
    """An old result, and new ones with these reasons."""
    old = {"result_key": "old", "status": "rejected", "reason_code": "no_face", "reason": "Old.", "file_name": "o.jpg"}
    new = [
        {
            "result_key": "new",
            "status": "rejected" if reason else "done",
            "reason_code": reason,
            "reason": f"It is {reason}.",
            "file_name": f"{number}.jpg",
        }
        for number, reason in enumerate(reasons)
    ]
    return pd.DataFrame([old, *new])


def test_as_many_as_allowed_are_accepted_and_old_results_do_not_count():
    accept_newest(manifest("no_face", None), 0.5)
    accept_newest(manifest(None), 0.0)


def test_too_many_are_counted_by_reason_with_an_example_of_each():
    with pytest.raises(ValueError, match=r"3 of 4 photos were rejected \(no_face: 2, cut_off: 1\)") as caught:
        accept_newest(manifest("no_face", "cut_off", "no_face", None), 0.5)
    assert "0.jpg: It is no_face. 1.jpg: It is cut_off." in str(caught.value)
    assert "2.jpg" not in str(caught.value)


def test_the_sheet_is_drawn_before_a_run_of_bad_photos_fails():
    order = [node.name for node in create_pipeline().nodes]
    assert order.index("draw_reconstruction_sheet") < order.index("require_success")
