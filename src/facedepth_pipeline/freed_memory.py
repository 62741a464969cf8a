"""Memory that was freed, handed back to the system."""

import ctypes


def return_freed_memory() -> None:
    """Ask glibc to give back what it keeps for later; does nothing with other C libraries.

    Without, a process that makes and drops large arrays grows for ever: docs/benchmarks.md.
    """
    try:
        trim = ctypes.CDLL(None).malloc_trim
    except (OSError, AttributeError, TypeError):  # musl has no such function, Windows no such library
        return
    trim(0)
