"""Files and folders that are either whole or not there. One of the modules that open files."""

import errno
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

WRITERS_AT_ONCE = 8


def write_atomically(path: Path, content: bytes) -> None:
    """Write a file so that no reader, and no crash, ever sees a part of it; after an error the old file is as it was.

    Args:
        path: Path of the file, in a folder that exists.
        content: Content of the whole file.
    """
    with _replaced(path) as partial:
        partial.write_bytes(content)


@contextmanager
def replace_file(path: Path) -> Iterator[Path]:
    """Yield a name beside ``path`` to write to; it takes the place of ``path`` when all went well."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with _replaced(path) as partial:
        yield partial


@contextmanager
def _replaced(path: Path) -> Iterator[Path]:
    suffixes = "".join(path.suffixes)  # all of them: Keras wants .weights.h5
    handle, name = tempfile.mkstemp(prefix=f".{path.name.removesuffix(suffixes)}.", suffix=suffixes, dir=path.parent)
    os.close(handle)
    partial = Path(name)
    try:
        yield partial
        partial.chmod(0o644)
        with partial.open("rb") as written:
            os.fsync(written.fileno())
        partial.replace(path)
    finally:
        partial.unlink(missing_ok=True)


@contextmanager
def replace_folder(path: Path, partials: Path | None = None) -> Iterator[Path]:
    """Yield an empty folder to fill; it takes the place of ``path`` when all went well.

    Args:
        path: Two writers may replace it at the same time: one of their folders stays.
        partials: Where the folder lies meanwhile, on the same disk; None = beside ``path``, hidden.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    partials = path.parent if partials is None else partials
    partials.mkdir(exist_ok=True)
    partial = Path(tempfile.mkdtemp(prefix=f".{path.name}.", dir=partials))
    retired = partial.with_name(partial.name + ".old")
    try:
        partial.chmod(0o755)
        yield partial
        for others in range(WRITERS_AT_ONCE, -1, -1):
            try:
                if path.exists():
                    path.rename(retired)
                partial.rename(path)
                break
            except OSError as error:
                if not others or error.errno not in (errno.ENOENT, errno.ENOTEMPTY, errno.EEXIST):
                    raise
                shutil.rmtree(retired, ignore_errors=True)  # another writer was between our two steps
    finally:
        shutil.rmtree(partial, ignore_errors=True)
        shutil.rmtree(retired, ignore_errors=True)
