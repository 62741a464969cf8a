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
from collections.abc import Callable, Generator, Mapping, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from multiprocessing.shared_memory import SharedMemory
from types import MappingProxyType
from typing import Any, Protocol, TypeVar

import numpy as np

from facedepth_pipeline.data.texas.names import PairName
from facedepth_pipeline.parameters import HeadSource, SynthesisParameters
from facedepth_pipeline.synthetic.head.head_model import HeadModel
from facedepth_pipeline.synthetic.head.sources import Heads
from facedepth_pipeline.synthetic.people.captures import Capture, sample_capture
from facedepth_pipeline.synthetic.people.imbalance import even_takes, takes_per_subject
from facedepth_pipeline.synthetic.people.subjects import Subject, sample_subject, with_head_of
from facedepth_pipeline.synthetic.rendering import HeadRenderer

FIRST_DAY = datetime(2005, 9, 1)
OPENING_HOUR = 8
SECONDS_A_DAY = 10 * 3600
HEAD_KEY = 0  # of a subject's generator for the head; takes count from 1
LOOK_AHEAD = 3  # pairs in flight for each worker


class AnyTake(Protocol):
    """One capture of a person to render."""

    @property
    def subject(self) -> Subject:
        """The person."""


TakeT = TypeVar("TakeT", bound=AnyTake)
Rendered = TypeVar("Rendered")
Work = tuple[dict[HeadSource, HeadModel], Sequence[Any], Callable[..., Any]]


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


def plan_database(parameters: SynthesisParameters, heads: Heads = MappingProxyType({})) -> list[Take]:
    """Draw the subjects and their takes; image ids grow with subject ids, and so do capture times.

    Args:
        parameters: What to draw.
        heads: Head model of each source with a weight; MakeHuman's may be missing.

    Raises:
        ValueError: If the head model of another source is missing.
    """
    missing = [source for source in parameters.heads if source != "makehuman" and source not in heads]
    if missing:
        raise ValueError(f"parameters.heads names {missing}; heads has {list(heads)} only.")
    rng = take_generator(parameters.seed)
    counts = _takes(rng, parameters)
    times = _capture_times(rng, counts)
    takes: list[Take] = []
    for subject_number, count in enumerate(counts, start=1):
        subject = draw_subject(parameters.seed, subject_number, parameters.heads, heads)
        for take_number in range(1, count + 1):
            rng = take_generator(parameters.seed, subject_number, take_number)
            capture = sample_capture(
                rng, first=take_number == 1, preset=parameters.preset, range_realism=parameters.range_realism
            )
            name = PairName(f"{len(takes) + 1:04d}", subject.subject_id, times[len(takes)])
            takes.append(Take(name, subject, capture))
    return takes


def _takes(rng: np.random.Generator, parameters: SynthesisParameters) -> list[int]:
    if parameters.takes == "even":
        return even_takes(parameters.subjects, parameters.pairs)
    return takes_per_subject(rng, parameters.subjects, parameters.pairs)


def draw_subject(seed: int, number: int, weights_of_heads: Mapping[HeadSource, float], heads: Heads) -> Subject:
    """A person; sources draw from a generator of their own, so that they change nobody who stays."""
    subject = sample_subject(take_generator(seed, number), f"{number:03d}")
    rng = take_generator(seed, number, HEAD_KEY)
    sources = sorted(weights_of_heads)
    weights = np.array([weights_of_heads[source] for source in sources])
    source = sources[rng.choice(len(sources), p=weights / weights.sum())]
    return subject if source == "makehuman" else with_head_of(subject, source, heads[source].dense_names, rng)


def render_database(heads: Heads, takes: Sequence[Take], processes: int) -> Generator[SyntheticPair, None, None]:
    """Render the takes in order, keeping only a few pairs in memory; arguments as in :func:`render_takes`."""
    return render_takes(heads, takes, processes, render_take)


def render_takes(
    heads: Heads, takes: Sequence[TakeT], processes: int, render: Callable[[HeadRenderer, TakeT], Rendered]
) -> Generator[Rendered, None, None]:
    """Render takes in order, keeping only a few results in memory.

    Args:
        heads: Head model of each source that a take's subject comes from.
        takes: What to render.
        processes: Workers; 1 renders in this process, 0 takes one for each core.
        render: Function of a module, or a partial of one: workers import it.

    Raises:
        ValueError: If ``processes`` is negative.
    """
    if processes < 0:
        raise ValueError(f"processes must be 0 or more; received {processes}.")
    workers = min(processes or os.cpu_count() or 1, len(takes))
    work = (dict(heads), takes, render)
    return _render_in_pool(work, workers) if workers > 1 else _render_here(work)


class Renderers:
    """A renderer for each head model, made when the first take needs it."""

    def __init__(self, heads: Heads) -> None:
        self._heads = heads
        self._made: dict[HeadSource, HeadRenderer] = {}

    def of(self, subject: Subject) -> HeadRenderer:
        """The renderer of the subject's head model."""
        if subject.source not in self._made:
            self._made[subject.source] = HeadRenderer(self._heads[subject.source])
        return self._made[subject.source]


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


def take_generator(seed: int, *spawn_key: int) -> np.random.Generator:
    """Random generator of one subject, or of one take of a subject."""
    return np.random.default_rng(np.random.SeedSequence(seed, spawn_key=spawn_key))


def _render_here(work: Work) -> Generator[Any, None, None]:
    heads, takes, render = work
    renderers = Renderers(heads)
    for take in takes:
        yield render(renderers.of(take.subject), take)


@lru_cache(maxsize=1)
def _work_of_this_process(memory_name: str) -> tuple[Renderers, Sequence[Any], Callable[..., Any]]:
    """The renderers and the takes, read with this worker's first take and kept for the others."""
    memory = SharedMemory(memory_name)
    try:
        heads, takes, render = pickle.loads(bytes(memory.buf or b""))
    finally:
        memory.close()
    return Renderers(heads), takes, render


def _render_in_worker(memory_name: str, index: int) -> Any:
    renderers, takes, render = _work_of_this_process(memory_name)
    return render(renderers.of(takes[index].subject), takes[index])


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


def _render_in_pool(work: Work, workers: int) -> Generator[Any, None, None]:
    # The workers find head models and takes in shared memory. Sent through the pool's pipe, or to its initializer,
    # they fill it, and when a worker dies then, this process goes on writing to nobody for ever (Python 3.11).
    takes, content = work[1], pickle.dumps(work)
    memory = SharedMemory(create=True, size=len(content))
    if memory.buf:  # typed as optional, since it is None after close()
        memory.buf[: len(content)] = content
    executor = ProcessPoolExecutor(workers, mp_context=multiprocessing.get_context("spawn"), initializer=_start_worker)
    waiting: deque[Future[Any]] = deque()
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
