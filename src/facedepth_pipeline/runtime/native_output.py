"""Lines that libraries print from C++, past every log level of Python."""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def native_stderr_aside() -> Iterator[None]:
    """Send file descriptor 2, which C++ writes to, to nowhere for a moment; exceptions pass."""
    sys.stderr.flush()
    saved = os.dup(2)
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 2)
    try:
        yield
    finally:
        os.dup2(saved, 2)
        os.close(saved)
        os.close(nowhere)
