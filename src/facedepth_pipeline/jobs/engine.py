"""Hands chunks of photos to the processes of a cluster, and deals with what goes wrong.

A chunk whose process ended, or that failed, is taken apart, so that the photo that did it is found; that one is tried
again on another process, and in the end set aside, while the others are done.
"""

import logging
import time
from collections import Counter, deque
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from queue import Empty, SimpleQueue
from typing import Any

from distributed import Client, Future, KilledWorker

from facedepth_pipeline.jobs.work import CANNOT_GO_ON, CannotGoOn, Outcome
from facedepth_pipeline.storage.storage import StoredFile

logger = logging.getLogger(__name__)

POLL_S = 1.0
SCHEDULER_LOST = "The connection to the Dask scheduler is lost: it ended, or the network did."
HOPELESS = 10  # failures before the first success: it is not the photos

Chunk = tuple[StoredFile, ...]


@dataclass
class Engine:
    """Keeps every thread of a cluster at work, and no more waiting there than it can take.

    Attributes:
        client: Of the cluster.
        work: What a process does with a chunk; it and its result travel.
        attempts: After so many failures a photo is set aside.
        photo_timeout_s: After so long a process that does one photo has ended itself.
        wait_for_workers_s: How long to wait for a cluster that has lost all its workers.
        retries: Photos that were tried again, counted each time.
    """

    client: Client
    work: Callable[[Chunk], list[Outcome]]
    attempts: int
    photo_timeout_s: float
    wait_for_workers_s: float
    retries: int = 0
    _failures: Counter[StoredFile] = field(default_factory=Counter)
    _waiting: deque[tuple[Chunk, str]] = field(default_factory=deque)
    _running: dict[Future, tuple[Chunk, float]] = field(default_factory=dict)
    _finished: SimpleQueue[Future] = field(default_factory=SimpleQueue)
    _troubles: int = 0  # chunks in which something failed, before the first photo was done
    _last_problem: str = ""

    def run(self, chunks: Iterable[Chunk]) -> Iterator[Outcome]:
        """One outcome a photo, in the order in which they come.

        Raises:
            CannotGoOn: If there is no point in going on; what came before is done.
        """
        self._waiting.extend((chunk, "") for chunk in chunks)
        lonely_since = time.monotonic()
        succeeded = False
        try:
            while self._waiting or self._running:
                try:
                    threads = self._hand_out()
                except (OSError, TimeoutError) as error:
                    raise CannotGoOn(SCHEDULER_LOST) from error
                lonely_since = time.monotonic() if threads else lonely_since
                if time.monotonic() - lonely_since > self.wait_for_workers_s:
                    raise CannotGoOn(
                        f"The cluster has had no worker for {self.wait_for_workers_s:.0f} s. Start workers, or wait "
                        "longer for them with --params=dask.wait_for_workers_s=..."
                    )
                try:
                    future = self._finished.get(timeout=POLL_S)
                except Empty:
                    continue
                failures = self._failures.total()
                for outcome in self._take(future):
                    succeeded = succeeded or outcome.record is not None
                    yield outcome
                self._troubles += self._failures.total() > failures
                if not succeeded and self._troubles >= HOPELESS:
                    raise CannotGoOn(
                        f"{self._troubles} attempts have failed and no photo is done, so it is not the photos. "
                        f"The last one: {self._last_problem}"
                    )
        finally:
            with suppress(OSError, TimeoutError):  # there may be nobody left to tell
                self.client.cancel(list(self._running), force=True)

    def _hand_out(self) -> int:
        """Give chunks to idle threads; how many threads there are."""
        if self.client.status not in ("running", "connecting"):
            raise CannotGoOn(SCHEDULER_LOST)
        workers: dict[str, Any] = self.client.nthreads()
        while self._waiting and len(self._running) < sum(workers.values()):
            chunk, avoid = self._waiting.popleft()
            others = [address for address in workers if address != avoid]
            elsewhere = {"workers": others, "allow_other_workers": True} if avoid and others else {}
            future = self.client.submit(self.work, chunk, pure=False, **elsewhere)
            self._running[future] = (chunk, time.monotonic())
            future.add_done_callback(self._finished.put)
        return sum(workers.values())

    def _take(self, future: Future) -> Iterator[Outcome]:
        """What a finished chunk says; what failed in it is tried again, or set aside."""
        chunk, begun = self._running.pop(future)
        if future.status == "finished":
            for outcome in future.result():
                if outcome.reason_code == CANNOT_GO_ON:
                    raise CannotGoOn(outcome.problem)
                yield from [outcome] if outcome.record is not None else self._failed(outcome, len(chunk))
            return
        if future.status != "error":
            raise CannotGoOn(SCHEDULER_LOST)
        error = future.exception()
        if isinstance(error, CannotGoOn):
            raise error
        for photo in chunk:
            yield from self._failed(self._told_by(error, photo, time.monotonic() - begun), len(chunk))

    def _told_by(self, error: BaseException, photo: StoredFile, seconds: float) -> Outcome:
        if not isinstance(error, KilledWorker):
            return Outcome(photo, problem=f"{type(error).__name__}: {error}", reason_code="failed")
        if seconds >= self.photo_timeout_s:
            return Outcome(photo, problem=f"It took longer than {self.photo_timeout_s:g} s.", reason_code="timed_out")
        return Outcome(
            photo,
            problem="The process that worked on it ended: out of memory, killed, or a fault in native code.",
            reason_code="crashed",
        )

    def _failed(self, outcome: Outcome, of_chunk: int) -> Iterator[Outcome]:
        """Try again, or say for good that it did not work."""
        photo = outcome.photo
        self._failures[photo] += 1
        self._last_problem = outcome.problem
        if self._failures[photo] < self.attempts:
            self.retries += 1
            self._waiting.append(((photo,), outcome.worker))
            if of_chunk == 1:
                logger.warning("%s: %s It is tried again.", photo.name, outcome.problem)
        elif of_chunk > 1:  # as many attempts as there are to be, and none of them its own
            self._waiting.append(((photo,), outcome.worker))
        else:
            yield outcome
