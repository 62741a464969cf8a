"""From the photos of a job to their outcomes."""

import logging
import time
from collections.abc import Callable, Iterator

from facedepth_pipeline.jobs.plan import chunks
from facedepth_pipeline.jobs.record import JobRecord
from facedepth_pipeline.jobs.work import CannotGoOn, Generator, Outcome, Task
from facedepth_pipeline.parameters import DaskParameters
from facedepth_pipeline.storage.storage import StoredFile

logger = logging.getLogger(__name__)

SAY_S = 60.0  # between lines of the log, for whoever has no progress bar to look at


def run_job(
    job: JobRecord,
    photos: tuple[StoredFile, ...],
    task: Task,
    fetch: Callable[[], Generator],
    parameters: DaskParameters,
    attempts: int,
) -> Iterator[Outcome]:
    """Reconstruct photos; one outcome each, in the order in which they come.

    Args:
        job: Told of workers, retries, and of why it ended before its time, if it did.
        photos: What there is to do; nothing is started for none.
        task: What is the same for all.
        fetch: Gets the generator, or raises ValueError; called only if there is something to do.
        parameters: Whose processes do it.
        attempts: After so many failures a photo is set aside.
    """
    if not photos:
        return
    from facedepth_pipeline.jobs.cluster import cluster, workers_with  # Dask takes a second to import
    from facedepth_pipeline.jobs.engine import Engine

    workers: set[str] = set()
    size = task.provenance.parameters.batch_size
    try:
        generator = _fetched(fetch)
        with (
            cluster(parameters, at_most=len(chunks(photos, size, workers=1))) as client,
            workers_with(client, generator, task) as work,
        ):
            engine = Engine(client, work, attempts, task.photo_timeout_s, parameters.wait_for_workers_s)
            said = time.monotonic()
            for number, outcome in enumerate(engine.run(chunks(photos, size, len(client.nthreads()))), start=1):
                workers |= {outcome.worker} - {""}
                job.workers, job.retries = len(workers), engine.retries
                if time.monotonic() - said > SAY_S:
                    logger.info("%d of %d photos", number, len(photos))
                    said = time.monotonic()
                yield outcome
            job.retries = engine.retries
    except CannotGoOn as reason:
        job.stopped_by = str(reason)


def _fetched(fetch: Callable[[], Generator]) -> Generator:
    try:
        return fetch()
    except ValueError as error:
        raise CannotGoOn(str(error)) from error
