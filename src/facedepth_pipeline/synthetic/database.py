"""The plan of the stand-in database, who is in it and which takes of them, and the rendering of takes in order.

Everything follows from the seed. Each subject and each take has a random generator of its own, so a pair
has the same bytes whatever the number of processes, and whether or not other pairs are rendered.
"""

import multiprocessing
import os
import pickle
import signal
import threading
from collections import deque
from collections.abc import Generator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from multiprocessing.shared_memory import SharedMemory

import numpy as np

from facedepth_pipeline.data.texas.names import PairName
from facedepth_pipeline.parameters import SynthesisParameters
from facedepth_pipeline.synthetic.head.head_model import HeadModel
from facedepth_pipeline.synthetic.people.captures import Capture, sample_capture
from facedepth_pipeline.synthetic.people.imbalance import takes_per_subject
from facedepth_pipeline.synthetic.people.subjects import Subject, sample_subject
from facedepth_pipeline.synthetic.rendering import HeadRenderer

FIRST_DAY = datetime(2005, 9, 1)
OPENING_HOUR = 8
SECONDS_A_DAY = 10 * 3600
LOOK_AHEAD = 3  # pairs in flight for each worker


@dataclass(frozen=True)
class Take:
    """One capture to render."""

    name: PairName
    subject: Subject
    capture: Capture


@dataclass(frozen=True, eq=False)
class SyntheticPair:
    """One rendered pair in the Texas format.

    Attributes:
        name: Ids and capture time.
        portrait: (751, 501, 3) uint8 RGB.
        range_grey: (751, 501) uint8, 0.32 mm a level, near is bright, 0 = no surface.
        fiducials_px: (25, 2) float64, x and y in pixels.
    """

    name: PairName
    portrait: np.ndarray
    range_grey: np.ndarray
    fiducials_px: np.ndarray


def plan_database(parameters: SynthesisParameters) -> list[Take]:
    """Draw the subjects and their takes; image ids grow with subject ids, and so do capture times."""
    rng = _generator(parameters.seed)
    counts = takes_per_subject(rng, parameters.subjects, parameters.pairs)
    times = _capture_times(rng, counts)
    takes: list[Take] = []
    for subject_number, count in enumerate(counts, start=1):
        subject = sample_subject(_generator(parameters.seed, subject_number), f"{subject_number:03d}")
        for take_number in range(1, count + 1):
            rng = _generator(parameters.seed, subject_number, take_number)
            capture = sample_capture(
                rng, first=take_number == 1, preset=parameters.preset, range_realism=parameters.range_realism
            )
            name = PairName(f"{len(takes) + 1:04d}", subject.subject_id, times[len(takes)])
            takes.append(Take(name, subject, capture))
    return takes


def render_database(
    head_model: HeadModel, takes: Sequence[Take], processes: int
) -> Generator[SyntheticPair, None, None]:
    """Render the takes in order, keeping only a few pairs in memory.

    Args:
        head_model: The head.
        takes: From :func:`plan_database`.
        processes: Workers; 1 renders in this process, 0 takes one for each core.

    Raises:
        ValueError: If ``processes`` is negative.
    """
    if processes < 0:
        raise ValueError(f"processes must be 0 or more; received {processes}.")
    workers = min(processes or os.cpu_count() or 1, len(takes))
    return _render_in_pool(head_model, takes, workers) if workers > 1 else _render_here(head_model, takes)


def render_take(renderer: HeadRenderer, take: Take) -> SyntheticPair:
    """Render one take."""
    return SyntheticPair(take.name, *renderer.render(take.subject, take.capture))


def _capture_times(rng: np.random.Generator, counts: Sequence[int]) -> list[datetime]:
    """Seconds apart within a subject, minutes between subjects, on working days from September 2005 on."""
    gaps = np.concatenate([[rng.integers(60, 300), *rng.integers(20, 50, count - 1)] for count in counts])
    times = []
    for elapsed in np.cumsum(gaps).tolist():
        working_day, second = divmod(int(elapsed), SECONDS_A_DAY)
        week, weekday = divmod(working_day + FIRST_DAY.weekday(), 5)
        day = FIRST_DAY + timedelta(days=7 * week + weekday - FIRST_DAY.weekday())
        times.append(day + timedelta(hours=OPENING_HOUR, seconds=second))
    return times


def _generator(seed: int, *spawn_key: int) -> np.random.Generator:
    return np.random.default_rng(np.random.SeedSequence(seed, spawn_key=spawn_key))


def _render_here(head_model: HeadModel, takes: Sequence[Take]) -> Generator[SyntheticPair, None, None]:
    renderer = HeadRenderer(head_model)
    for take in takes:
        yield render_take(renderer, take)


@lru_cache(maxsize=1)
def _work_of_this_process(memory_name: str) -> tuple[HeadRenderer, list[Take]]:
    """The renderer and the takes, read with this worker's first take and kept for the others."""
    memory = SharedMemory(memory_name)
    try:
        head_model, takes = pickle.loads(bytes(memory.buf or b""))
    finally:
        memory.close()
    return HeadRenderer(head_model), takes


def _render_in_worker(memory_name: str, index: int) -> SyntheticPair:
    renderer, takes = _work_of_this_process(memory_name)
    return render_take(renderer, takes[index])


def _start_worker() -> None:
    """End with the parent, however it ends, and leave Ctrl-C to it.

    A worker waits for work on a pipe whose other end it holds itself, so without this it would wait for ever
    when the parent is killed.
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_end_with_parent, daemon=True).start()


def _end_with_parent() -> None:
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)


def _render_in_pool(head_model: HeadModel, takes: Sequence[Take], workers: int) -> Generator[SyntheticPair, None, None]:
    # The workers find head model and takes in shared memory. Sent through the pool's pipe, or to its initializer,
    # they fill it, and when a worker dies then, this process goes on writing to nobody for ever (Python 3.11).
    work = pickle.dumps((head_model, takes))
    memory = SharedMemory(create=True, size=len(work))
    if memory.buf:  # typed as optional, since it is None after close()
        memory.buf[: len(work)] = work
    executor = ProcessPoolExecutor(workers, mp_context=multiprocessing.get_context("spawn"), initializer=_start_worker)
    waiting: deque[Future[SyntheticPair]] = deque()
    try:
        for index in range(len(takes)):
            waiting.append(executor.submit(_render_in_worker, memory.name, index))
            if len(waiting) >= LOOK_AHEAD * workers:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()
    except BrokenProcessPool as error:
        raise RuntimeError(
            f"One of {workers} rendering processes ended by itself, perhaps for want of memory; fewer need less: "
            "--params=synthesize.processes=1."
        ) from error
    finally:
        executor.shutdown(cancel_futures=True)
        memory.close()
        memory.unlink()
