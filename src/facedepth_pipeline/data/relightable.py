"""Relightable pairs as a sequence, and one sequence of them and of finished pairs."""

import hashlib
from collections.abc import Sequence

import pandas as pd

from facedepth_pipeline.data.layers import RelightablePair
from facedepth_pipeline.data.pairs import Pair, Pairs


def joined_digest(finished: str, relightable: "RelightablePairs") -> str:
    """Digest of finished pairs and of relightable ones together; without the latter that of the former."""
    if not len(relightable):
        return finished
    return hashlib.sha256(f"{finished} {relightable.digest}".encode()).hexdigest()


class RelightablePairs(Sequence[RelightablePair]):
    """Relightable pairs read one at a time.

    Attributes:
        table: One row for each pair, in order: image_id, subject_id, source and what else is known of the person.
        digest: Digest of everything that the pairs depend on.
    """

    table: pd.DataFrame
    digest: str


class NoRelightablePairs(RelightablePairs):
    """The set of a project that has not rendered any."""

    def __init__(self) -> None:
        self.table = pd.DataFrame({"image_id": [], "subject_id": [], "source": []}, dtype=str)
        self.digest = ""

    def __len__(self) -> int:
        return 0

    def __getitem__(self, position: int) -> RelightablePair:  # type: ignore[override]
        raise IndexError(f"There is no relightable pair; received the position {position}.")


class JoinedPairs(Sequence[Pair | RelightablePair]):
    """Finished pairs, then relightable ones.

    Attributes:
        table: One row for each pair, in order, with the subject_id; relightable people cannot share an id with
            finished ones, since theirs begin with their source.
    """

    def __init__(self, finished: Pairs, relightable: RelightablePairs) -> None:
        self._finished, self._relightable = finished, relightable
        self.table = pd.concat([finished.table[["subject_id"]], relightable.table[["subject_id"]]], ignore_index=True)

    def __len__(self) -> int:
        return len(self._finished) + len(self._relightable)

    def __getitem__(self, position: int) -> Pair | RelightablePair:  # type: ignore[override]
        if position < len(self._finished):
            return self._finished[position]
        return self._relightable[position - len(self._finished)]
