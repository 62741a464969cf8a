"""Whether a new generator takes the place of the present one."""

from dataclasses import dataclass
from typing import Any, Literal


@dataclass(frozen=True)
class Verdict:
    """What was decided, and why, in a sentence for people."""

    promoted: bool
    reason: str


def judge(
    rule: Literal["if_better", "always", "never"], champion_version: int | None, difference: dict[str, Any] | None
) -> Verdict:
    """Decide by the difference in ``mae_mm`` on the same test subjects.

    A challenger takes the title only if the whole 95 % interval lies below 0: better for people like these, not for
    these people by chance.

    Args:
        rule: ``if_better``, or a decision made beforehand.
        champion_version: None if there is no champion yet.
        difference: New less champion, of :func:`~facedepth_pipeline.evaluation.statistics.paired_difference`; None
            where the champion could not be measured on these pairs.
    """
    if rule == "never":
        return Verdict(False, "evaluate.promote is never.")
    if champion_version is None:
        return Verdict(True, "There was no champion yet.")
    champion = f"the champion, version {champion_version}"
    if difference is None:
        measured = f"{champion}, could not be measured on these pairs"
    else:
        direction = "above" if difference["difference"] > 0 else "below"
        measured = (
            f"MAE {abs(difference['difference']):.2f} mm {direction} that of {champion}, on the same "
            f"{difference['subjects']} subjects"
        )
        if difference["ci95"]:
            low, high = difference["ci95"]
            measured += f" (95 % interval {low:+.2f} to {high:+.2f} mm)"
    measured = measured[0].upper() + measured[1:]
    if rule == "always":
        return Verdict(True, f"evaluate.promote is always. {measured}.")
    if difference is None:
        return Verdict(False, f"{measured}; to promote all the same: --params=evaluate.promote=always")
    if difference["ci95"] is None:
        return Verdict(False, f"{measured}; one subject says nothing of other people.")
    if difference["ci95"][1] < 0:
        return Verdict(True, f"{measured}.")
    return Verdict(False, f"{measured}; it would have to lie below 0 as a whole.")
