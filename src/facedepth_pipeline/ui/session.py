"""What the window is waiting for. Knows nothing of Kivy, so it is tested without a window."""

from dataclasses import dataclass, field
from enum import StrEnum

from facedepth_pipeline.ui.messages import (
    PD_MM,
    WARMING,
    Began,
    Cancelled,
    Done,
    Event,
    FacesFound,
    Failed,
    Ready,
    Step,
    WorkerEnded,
)


class Concern(StrEnum):
    """What an event from the worker is about."""

    MODEL = "model"
    WORKER = "worker"
    WARMING = "warming"
    SAVING = "saving"
    WORK = "work"
    NOTHING = "nothing"  # that anybody still waits for


class Stuck(StrEnum):
    """Whether a worker that was asked to stop has to be ended."""

    NO = "no"
    NOT_YET = "not yet"  # it loads TensorFlow, and that is nobody's fault
    YES = "yes"


@dataclass
class Session:
    """Numbers of requests, and which of them are still wanted or unanswered.

    Attributes:
        number: Number of the work that is wanted; events of other numbers are late.
        saving: Number of the file that is being saved; None if there is none.
        loading: Whether the worker loads TensorFlow or a model.
    """

    number: int = 0
    saving: int | None = None
    loading: bool = False
    _savings: int = 0
    _unanswered: set[int] = field(default_factory=set)

    def next_work(self) -> int:
        """The number of new work; what was asked for before is no longer wanted."""
        self.number += 1
        return self.number

    def asked(self, number: int) -> None:
        """Work was handed to the worker, which will answer it."""
        self._unanswered.add(number)

    def next_saving(self) -> int:
        """The number of a file to be saved; below 0, since a photo may be worked on at the same time."""
        self._savings -= 1
        self.saving = self._savings
        return self._savings

    def take(self, event: Event) -> Concern:
        """Note what an event says of the worker, and tell what it is about."""
        if isinstance(event, Ready):
            self.loading = False
            return Concern.MODEL
        if isinstance(event, WorkerEnded):
            self._unanswered.clear()
            return Concern.WORKER
        if isinstance(event, Failed) and event.number == WARMING:
            self.loading = False
            return Concern.WARMING
        if isinstance(event, Done | Failed | Cancelled) or (isinstance(event, FacesFound) and event.one_is_needed):
            self._unanswered.discard(event.number)
        if isinstance(event, Began):
            self.loading = event.step is Step.LOAD
        if self.saving is not None and event.number == self.saving:
            return Concern.SAVING
        return Concern.WORK if event.number == self.number else Concern.NOTHING

    def stuck(self, number: int) -> Stuck:
        """Whether the worker still works on something that was cancelled a while ago."""
        if number not in self._unanswered:
            return Stuck.NO
        return Stuck.NOT_YET if self.loading else Stuck.YES

    def worker_was_ended(self) -> None:
        """Nothing will be answered any more."""
        self._unanswered.clear()


def read_interpupillary_mm(words: str) -> float | None:
    """A measured interpupillary distance, as a person types it; None for no words.

    Raises:
        ValueError: If it is no number, or none of an adult.
    """
    if not words.strip():
        return None
    try:
        measured = float(words.replace(",", "."))
    except ValueError:
        measured = float("nan")
    if not PD_MM[0] <= measured <= PD_MM[1]:
        raise ValueError(
            f"Interpupillary distance: received {words!r}; expected 50 to 75 mm between the centres of the pupils "
            "(adults), or nothing if it is not known."
        )
    return measured
