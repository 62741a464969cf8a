"""One job at a time on the same results, or one a shard.

Each job has a file of its own that says who it is: ``all``, or ``3-of-8`` for a shard. On a disk the file is locked by
the operating system, which lets go when the process ends in whatever way. In a bucket the file is a lease: its owner
says every half minute that it is alive; a lease that is silent for three minutes, or whose process on this machine has
ended, is taken over.
"""

import contextlib
import getpass
import json
import logging
import os
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime
from typing import Any

import psutil

from facedepth_pipeline.jobs.record import JobFailed
from facedepth_pipeline.storage.storage import BucketStorage, LocalStorage, Storage

try:
    import fcntl
except ImportError:  # Windows: there two jobs are for the user to keep apart
    fcntl = None  # type: ignore[assignment]

logger = logging.getLogger(__name__)

WHOLE = "all"
POLL_S = 2.0
BEAT_S, STALE_S = 30.0, 180.0


class Locked(JobFailed):
    """Another job has the lock; the message says which."""


def shard_lock(shard: int, num_shards: int) -> str:
    """Name of the lock of a shard."""
    return WHOLE if num_shards == 1 else f"{shard}-of-{num_shards}"


@contextmanager
def only_job(
    storage: Storage, folder: str, name: str, about: dict[str, Any], wait_s: float
) -> Iterator[dict[str, Any]]:
    """Keep other jobs away until this block, or this process, ends.

    Args:
        storage: Where the lock lies.
        folder: Of the locks, below it.
        name: See :func:`shard_lock`; shards of the same division do not keep each other away.
        about: What to tell others, beside host, process and user.
        wait_s: How long to wait for another job's end; 0 = not at all.

    Yields:
        Who had the lock before and was killed; nothing, if the last one came to its end.

    Raises:
        Locked: If another job is still at work after that.
        JobFailed: If nothing can be written there.
    """
    owner = {
        "host": socket.gethostname(),
        "process": os.getpid(),
        "process_since": psutil.Process().create_time(),
        "user": _user(),
        "since": datetime.now(UTC).isoformat(timespec="seconds"),
        **about,
    }
    deadline, told = time.monotonic() + wait_s, False
    with ExitStack() as held:
        while True:
            try:
                if isinstance(storage, LocalStorage):
                    killed = held.enter_context(_file_lock(storage, folder, name, owner))
                else:
                    assert isinstance(storage, BucketStorage)  # noqa: S101  there are two kinds
                    killed = held.enter_context(_lease(storage, folder, name, owner))
                break
            except OSError as error:
                raise JobFailed(
                    f"Results cannot be written to {storage.url}: {error}. Nothing was done. Name another place with "
                    "--params=meshes_root=..., or see to it that this one can be written."
                ) from error
            except Locked as locked:
                if time.monotonic() >= deadline:
                    raise
                if not told:
                    logger.warning("%s Waiting for its end, at most %.0f s.", locked, wait_s)
                    told = True
                time.sleep(min(POLL_S, max(deadline - time.monotonic(), 0.05)))
        if killed:
            logger.warning("Job %s was killed here: this one goes on from there.", killed.get("job_id", "?"))
        yield killed


def _user() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # a container's user often has no name
        return str(os.getuid()) if hasattr(os, "getuid") else "unknown"


def _conflict(mine: str, other: str) -> bool:
    """Whether two jobs of these names would do the same photos."""
    return mine == other or WHOLE in (mine, other) or mine.partition("-of-")[2] != other.partition("-of-")[2]


def _locked(where: str, owner: dict[str, Any]) -> Locked:
    age = "some time"
    with contextlib.suppress(KeyError, ValueError):
        seconds = (datetime.now(UTC) - datetime.fromisoformat(owner["since"])).total_seconds()
        age = f"{seconds:.0f} s" if seconds < 120 else f"{seconds / 60:.0f} min"
    who = f"{owner.get('user', '?')} on {owner.get('host', '?')}, process {owner.get('process', '?')}"
    return Locked(
        f"Another job has been working on {where} for {age} ({who}, job {owner.get('job_id', '?')}). Wait for its "
        "end, or let this one wait with --params=batch.wait_for_lock_s=3600."
    )


def _read_owner(content: bytes) -> dict[str, Any]:
    try:
        return dict(json.loads(content))
    except ValueError:  # written this moment, or by a job that was killed while it wrote
        return {}


@contextmanager
def _file_lock(storage: LocalStorage, folder: str, name: str, owner: dict[str, Any]) -> Iterator[dict[str, Any]]:
    place = storage.path / folder
    place.mkdir(parents=True, exist_ok=True)
    with ExitStack() as opened:
        handle = _try_lock(opened, place / name)
        if handle is None:
            raise _locked(storage.url, _read_owner((place / name).read_bytes()))
        for path in place.iterdir():
            if path.name != name and _conflict(name, path.name):
                with ExitStack() as other:
                    if _try_lock(other, path) is None:
                        raise _locked(storage.url, _read_owner(path.read_bytes()))
        before = _read_owner(os.pread(handle, 10_000, 0))
        _overwrite(handle, owner)
        try:
            yield {} if "ended" in before else before
        finally:
            _overwrite(handle, owner | {"ended": datetime.now(UTC).isoformat(timespec="seconds")})


def _try_lock(stack: ExitStack, path: Any) -> int | None:
    """Handle of a file that is locked until the stack ends; None if another process has it."""
    handle = os.open(path, os.O_RDWR | os.O_CREAT, 0o644)
    stack.callback(os.close, handle)
    if fcntl is None:
        return handle
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return None
    except OSError:
        logger.warning("%s is on a file system without locks: let one job at a time work there.", path.parent)
    return handle


def _overwrite(handle: int, content: dict[str, Any]) -> None:
    os.ftruncate(handle, 0)
    os.pwrite(handle, json.dumps(content).encode(), 0)


@contextmanager
def _lease(storage: BucketStorage, folder: str, name: str, owner: dict[str, Any]) -> Iterator[dict[str, Any]]:
    key = f"{folder}/{name}"
    etag, killed = _take(storage, key, owner)
    stop = threading.Event()
    beating = threading.Thread(target=_beat, args=(storage, key, owner, etag, stop), daemon=True)
    try:
        for other in storage.matching(f"{folder}/*"):
            if other != key and _conflict(name, other.rpartition("/")[2]):
                there = _lease_of(storage, other)
                if there and not _is_stale(there):
                    raise _locked(storage.url, there)
        beating.start()
        yield killed
    finally:
        stop.set()
        if beating.ident is not None:
            beating.join()
        if _lease_of(storage, key).get("job_id") == owner.get("job_id"):
            storage.delete(key)


def _take(storage: BucketStorage, key: str, owner: dict[str, Any]) -> tuple[str, dict[str, Any]]:
    """ETag of the lease that is ours now, and the stale one that was in its place."""
    content, there = _beaten(owner), {}
    etag = storage.create(key, content)
    if etag is None:
        seen = storage.etag(key)
        there = _lease_of(storage, key)
        if there and not _is_stale(there):
            raise _locked(storage.url, there)
        etag = storage.create(key, content) if seen is None else storage.replace(key, content, seen)
        if etag is None:
            raise _locked(storage.url, _lease_of(storage, key))
    return etag, there


def _lease_of(storage: BucketStorage, key: str) -> dict[str, Any]:
    try:
        return _read_owner(storage.read(key))
    except FileNotFoundError:
        return {}


def _beaten(owner: dict[str, Any]) -> bytes:
    return json.dumps(owner | {"alive": time.time()}).encode()


def _is_stale(lease: dict[str, Any]) -> bool:
    if lease.get("host") == socket.gethostname():  # no need to wait where one can look
        try:
            since = psutil.Process(lease["process"]).create_time()
        except (psutil.NoSuchProcess, KeyError):
            return True
        return since != lease.get("process_since")
    return time.time() - float(lease.get("alive", 0)) > STALE_S


def _beat(storage: BucketStorage, key: str, owner: dict[str, Any], etag: str, stop: threading.Event) -> None:
    """Say every half minute that the owner is alive, until it stops or another has taken over."""
    while not stop.wait(BEAT_S):
        try:
            replaced = storage.replace(key, _beaten(owner), etag)
        except OSError as error:
            logger.warning("The lock on %s could not be renewed: %s", storage.url, error)
            continue
        if replaced is None:
            logger.error(
                "Another job has taken over the lock on %s: results stay whole, but are made twice.", storage.url
            )
            return
        etag = replaced
