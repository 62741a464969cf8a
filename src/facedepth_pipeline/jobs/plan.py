"""Which photos a job has to do."""

import zlib
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from facedepth_pipeline.storage.storage import StoredFile

SET_ASIDE = frozenset({"failed", "timed_out", "crashed"})  # see RefusalReason


@dataclass(frozen=True)
class JobPlan:
    """What a job has to do.

    Attributes:
        listed: Photos in the folder, those of other shards too.
        photos: Those to do.
        skipped: Those of this shard that an earlier job did.
    """

    listed: int
    photos: tuple[StoredFile, ...]
    skipped: int


def plan_job(
    listed: Sequence[StoredFile], known: Collection[tuple[str, int, str]], shard: int = 0, num_shards: int = 1
) -> JobPlan:
    """Leave out photos of other shards, and those whose results are known.

    Args:
        listed: All photos.
        known: Name, size and time of the files that have results by the same model and parameters.
        shard: Which one, from 0.
        num_shards: Jobs that share the photos.
    """
    mine = [photo for photo in listed if shard_of(photo.name, num_shards) == shard]
    todo = tuple(photo for photo in mine if (photo.name, photo.size_bytes, photo.modified) not in known)
    return JobPlan(len(listed), todo, len(mine) - len(todo))


def shard_of(name: str, num_shards: int) -> int:
    """Shard of a photo: follows from its name alone, so that no job need know what the others do."""
    return zlib.crc32(name.encode()) % num_shards


def chunks(photos: Sequence[StoredFile], size: int, workers: int) -> list[tuple[StoredFile, ...]]:
    """Photos in chunks of a size, or of a smaller one where that would leave a worker without any."""
    size = max(1, min(size, -(-len(photos) // max(workers, 1))))
    return [tuple(photos[start : start + size]) for start in range(0, len(photos), size)]
