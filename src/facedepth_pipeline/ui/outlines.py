"""Which outline a place lies in."""

from collections.abc import Sequence

import numpy as np


def outline_round(outlines: Sequence[np.ndarray], across: float, down: float) -> int | None:
    """The number of the outline that goes round a place; of several the smallest; None if none does.

    Args:
        outlines: Closed lines, (N, 2).
        across: The place, in the units of the lines.
        down: Likewise.
    """
    round_it = [number for number, outline in enumerate(outlines) if _goes_round(np.asarray(outline), across, down)]
    return min(round_it, key=lambda number: np.ptp(outlines[number], axis=0).prod()) if round_it else None


def _goes_round(outline: np.ndarray, across: float, down: float) -> bool:
    """Whether a line to the right of the place crosses the outline an odd number of times."""
    ends = np.roll(outline, -1, axis=0)
    crosses = (outline[:, 1] > down) != (ends[:, 1] > down)
    start, end = outline[crosses], ends[crosses]
    at = start[:, 0] + (down - start[:, 1]) / (end[:, 1] - start[:, 1]) * (end[:, 0] - start[:, 0])
    return bool(np.count_nonzero(at > across) % 2)
