"""Where the processes come from: this machine, or a Dask cluster that runs already."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

import dask
from dask.system import CPU_COUNT
from distributed import Client, LocalCluster, WorkerPlugin, get_worker
from distributed.system import MEMORY_LIMIT

from facedepth_pipeline.jobs.work import ONE_THREAD, CannotGoOn, Generator, Outcome, Task, reconstruct_chunk
from facedepth_pipeline.parameters import DaskParameters
from facedepth_pipeline.storage.storage import StoredFile

logger = logging.getLogger(__name__)

CONNECT_S = 15
NEEDED_BYTES = 2_000_000_000  # of a process with TensorFlow, Open3D and a generator; 1.2 GB were measured
ANY_PORT = "127.0.0.1:0"
# Of processes of this machine. Which photo ended a process is for the engine to find out, so Dask does not try again;
# and a process whose memory is TensorFlow's has nothing to spill, so it goes on until it is ended.
OWN_CLUSTER = {
    "distributed.scheduler.allowed-failures": 0,
    "distributed.worker.memory.target": False,
    "distributed.worker.memory.spill": False,
    "distributed.worker.memory.pause": False,
    "distributed.worker.memory.terminate": 0.95,
    # the engine says what happened, so Dask need not
    "distributed.nanny.pre-spawn-environ": dict.fromkeys(ONE_THREAD, "1") | {"DASK_LOGGING__DISTRIBUTED": "critical"},
    "distributed.admin.system-monitor.gil.enabled": False,
}


@contextmanager
def cluster(parameters: DaskParameters, at_most: int) -> Iterator[Client]:
    """A client of processes of this machine, or of the cluster at ``parameters.scheduler``.

    Args:
        parameters: Which.
        at_most: Processes that have something to do; no more are started here.

    Raises:
        CannotGoOn: If the scheduler does not answer.
    """
    if parameters.scheduler is not None:
        with _running_cluster(parameters.scheduler) as client:
            yield client
        return
    workers = min(parameters.workers or min(CPU_COUNT, max(1, MEMORY_LIMIT // NEEDED_BYTES)), at_most)
    share = MEMORY_LIMIT // workers if parameters.memory_gb is None else int(parameters.memory_gb * 1e9)
    logging.getLogger("distributed").setLevel(logging.CRITICAL)
    with (
        dask.config.set(OWN_CLUSTER),
        LocalCluster(
            n_workers=workers,
            threads_per_worker=1,
            memory_limit=share,
            dashboard_address=parameters.dashboard or ANY_PORT,
            scheduler_kwargs={"dashboard": parameters.dashboard is not None},
            silence_logs=logging.CRITICAL,
        ) as local,
        Client(local) as client,
    ):
        logger.info("%d worker processes, at most %.1f GB each", workers, share / 1e9)
        if parameters.dashboard:
            logger.info("Dashboard: %s", local.dashboard_link)
        yield client


@contextmanager
def _running_cluster(address: str) -> Iterator[Client]:
    try:
        client = Client(address, timeout=CONNECT_S)
    except OSError as error:
        raise CannotGoOn(
            f"No Dask scheduler answers at {address} ({error}). Start one with `dask scheduler`, or leave "
            "dask.scheduler out: then processes of this machine do the work."
        ) from error
    with client:
        workers = client.nthreads()
        logger.info("Dask scheduler %s with %d workers. Dashboard: %s", address, len(workers), client.dashboard_link)
        yield client


class GeneratorPlugin(WorkerPlugin):
    """Carries a generator to every worker, and to those that are started later."""

    def __init__(self, generator: Generator, name: str) -> None:
        self.generator = generator
        self.name = name


class OnWorker:
    """:func:`reconstruct_chunk` with the generator that the plugin has brought."""

    def __init__(self, task: Task, plugin: str) -> None:
        self.task, self.plugin = task, plugin

    def __call__(self, chunk: tuple[StoredFile, ...]) -> list[Outcome]:
        """Run in a process of the cluster."""
        plugin: Any = get_worker().plugins[self.plugin]
        return reconstruct_chunk(chunk, self.task, plugin.generator)


@contextmanager
def workers_with(client: Client, generator: Generator, task: Task) -> Iterator[OnWorker]:
    """Carry the generator to the workers, and take it away at the end; what the workers are to do."""
    plugin = GeneratorPlugin(generator, f"facedepth-{task.job_id}")  # other jobs of the cluster have theirs
    client.register_plugin(plugin)
    try:
        yield OnWorker(task, plugin.name)
    finally:
        if client.status == "running":  # else there is no scheduler to tell
            with suppress(OSError, TimeoutError):
                client.unregister_worker_plugin(plugin.name)
