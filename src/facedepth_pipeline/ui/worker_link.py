"""The window's end of the line to its worker. Knows nothing of Kivy."""

import multiprocessing
import queue
import threading
from collections.abc import Callable
from multiprocessing.connection import Connection

from facedepth_pipeline.ui.messages import Event, Request, WorkerEnded
from facedepth_pipeline.ui.worker import work_for


class WorkerLink:
    """Starts the worker when it is needed, and again when it has ended.

    Args:
        on_event: Called for each event, in a thread of the link.
        log_path: File for the worker's tracebacks.
    """

    def __init__(self, on_event: Callable[[Event], None], log_path: str) -> None:
        self._on_event = on_event
        self._log_path = log_path
        self._process: multiprocessing.process.BaseProcess | None = None
        self._outbox: queue.SimpleQueue[Request | None] = queue.SimpleQueue()

    @property
    def process_id(self) -> int | None:
        """Of the worker, None where there is none."""
        return None if self._process is None else self._process.pid

    def ask(self, request: Request) -> None:
        """Hand over a request; returns at once, whatever the worker is doing."""
        if self._process is None or not self._process.is_alive():
            self._start()
        self._outbox.put(request)

    def end(self) -> None:
        """End the worker at once, whatever it is doing; no event follows."""
        process, self._process = self._process, None
        if process is not None:
            self._outbox.put(None)
            process.kill()
            process.join()

    def _start(self) -> None:
        context = multiprocessing.get_context("spawn")  # a fork would take the window's OpenGL with it
        ours, theirs = context.Pipe()
        process = context.Process(target=work_for, args=(theirs, self._log_path), daemon=True, name="facedepth worker")
        process.start()
        theirs.close()
        self._process, self._outbox = process, queue.SimpleQueue()
        threading.Thread(target=self._read, args=(ours, process), daemon=True).start()
        threading.Thread(target=_write, args=(ours, self._outbox), daemon=True).start()

    def _read(self, line: Connection, process: multiprocessing.process.BaseProcess) -> None:
        try:
            while True:
                event: Event = line.recv()
                if process is not self._process:
                    return  # it was told to end
                self._on_event(event)
        except (EOFError, OSError):
            process.join()
            if process is self._process:
                self._on_event(WorkerEnded(process.exitcode))


def _write(line: Connection, outbox: "queue.SimpleQueue[Request | None]") -> None:
    """Send what is in the outbox: a worker that is stopped would hold up whoever writes to it."""
    try:
        while (request := outbox.get()) is not None:
            line.send(request)
    except OSError:
        return  # it has ended; the reader says so
