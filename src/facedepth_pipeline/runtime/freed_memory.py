"""Memory that was freed, handed back to the system. glibc keeps it for later; with other C libraries nothing is done.

Without, a process that makes and drops large arrays grows: docs/benchmarks.md, "Batches" and "The window".
"""

import ctypes
from typing import Any

M_MMAP_THRESHOLD, M_ARENA_MAX = -3, -8  # of <malloc.h>
LARGE_BYTES = 65_536


def return_freed_memory() -> None:
    """Give back what is free now."""
    if trim := _of_glibc("malloc_trim"):
        trim(0)


def never_keep_large_blocks() -> None:
    """From now on give large blocks back as soon as they are freed, and let all threads share what is free.

    Call it before threads begin. Each large block is fresh pages then, which costs time where many are made: right for
    a process that makes few, and waits most of the time.
    """
    if set_option := _of_glibc("mallopt"):
        set_option(M_MMAP_THRESHOLD, LARGE_BYTES)
        set_option(M_ARENA_MAX, 1)


def _of_glibc(name: str) -> Any:
    try:
        return getattr(ctypes.CDLL(None), name)
    except (OSError, AttributeError, TypeError):  # musl has no such function, Windows no such library
        return None
