import re

import pytest

from facedepth_pipeline.evaluation.champion import judge


def difference(low, high, subjects=10):
    return {"difference": (low + high) / 2, "ci95": [low, high], "subjects": subjects}


@pytest.mark.parametrize(
    ("rule", "champion", "measured", "promoted", "reason"),
    [
        ("if_better", None, None, True, "no champion yet"),
        ("if_better", 3, difference(-0.4, -0.1), True, "0.25 mm below that of the champion, version 3, on the same 10"),
        ("if_better", 3, difference(-0.4, 0.1), False, r"-0.40 to \+0.10 mm\); it would have to lie below 0"),
        ("if_better", 3, difference(0.1, 0.5), False, "0.30 mm above"),
        ("if_better", 3, difference(0.0, 0.0), False, "0.00 mm"),
        ("if_better", 3, {"difference": -2.0, "ci95": None, "subjects": 1}, False, "one subject says nothing"),
        ("if_better", 3, None, False, "could not be measured on these pairs; .*promote=always"),
        ("always", 3, difference(0.1, 0.5), True, "promote is always. .*0.30 mm above"),
        ("never", None, None, False, "promote is never"),
    ],
)  # fmt: skip
def test_a_challenger_must_be_better_beyond_chance(rule, champion, measured, promoted, reason):
    verdict = judge(rule, champion, measured)
    assert verdict.promoted is promoted
    assert re.search(reason, verdict.reason)
