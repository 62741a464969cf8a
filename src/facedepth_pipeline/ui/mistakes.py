"""What becomes of an exception that nobody expected. One of the modules that open files."""

import sys
import traceback
from collections.abc import Callable
from pathlib import Path

from kivy.base import ExceptionHandler, ExceptionManager


class LoggedMistakes(ExceptionHandler):
    """A mistake of the window's own is written down and said, and the window stays: a result may be in it.

    Args:
        say: Tells a person.
        log_path: For the traceback.
    """

    def __init__(self, say: Callable[[str], None], log_path: Path) -> None:
        super().__init__()
        self._say, self._log_path = say, log_path

    def handle_exception(self, exception: BaseException) -> int:
        """Write the traceback; Kivy goes on. What is meant to end the process does."""
        if not isinstance(exception, Exception):
            return int(ExceptionManager.RAISE)
        words = "".join(traceback.format_exception(exception))
        self._say(f"Something went wrong that should not: {exception}. The details are in {self._log_path}.")
        try:
            with open(self._log_path, "a", encoding="utf-8") as file:
                file.write(words)
        except OSError:
            sys.stderr.write(words)
        return int(ExceptionManager.PASS)
