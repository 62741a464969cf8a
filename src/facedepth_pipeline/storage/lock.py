"""One writer at a time."""

import logging
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

try:
    import fcntl
except ImportError:  # Windows: there two runs are for the user to keep apart
    fcntl = None  # type: ignore[assignment]


logger = logging.getLogger(__name__)


class FolderInUse(OSError):
    """Another process is writing to the folder."""


@contextmanager
def only_writer(folder: Path) -> Iterator[None]:
    """Keep other runs from writing to a folder until this block, or this process, ends in whatever way.

    Raises:
        FolderInUse: If another run holds the folder.
    """
    if fcntl is None:
        yield
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise FolderInUse(f"Another run is writing to {folder}: wait for its end, or stop it.") from error
        except OSError:
            logger.warning("%s is on a file system without locks: let one run at a time write there.", folder)
        yield
    finally:
        os.close(handle)
