"""Files that are whole or not there. One of the modules that open files."""

import os
import uuid
from pathlib import Path


def write_atomically(path: Path, content: bytes) -> None:
    """Write a file so that no reader, and no crash, ever sees a part of it.

    The bytes go to a temporary name in the same folder, are flushed to the disk, and take the
    file's name in one step. After an error the old file, if any, is as it was.

    Args:
        path: In a folder that exists.
        content: The whole file.
    """
    temporary = path.with_name(f".{path.name}.{uuid.uuid4().hex}.tmp")
    try:
        with open(temporary, "xb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        os.replace(temporary, path)
    except BaseException:  # an interrupt from the keyboard leaves nothing behind either
        temporary.unlink(missing_ok=True)
        raise
