"""What worker processes do in the tests of the engine: the name of a photo says what becomes of it."""

import os
import signal
import time
from pathlib import Path

from distributed import get_worker

from facedepth_pipeline.jobs.work import Alarm, CannotGoOn, Outcome
from facedepth_pipeline.storage.storage import StoredFile


class OddWork:
    """Notes every attempt in a folder, then does what the name of the photo says."""

    def __init__(self, notes: Path, photo_timeout_s: float = 60.0) -> None:
        self.notes, self.photo_timeout_s = notes, photo_timeout_s

    def __call__(self, chunk: tuple[StoredFile, ...]) -> list[Outcome]:
        """One outcome a photo."""
        with Alarm(self.photo_timeout_s) as alarm:
            outcomes = []
            for photo in chunk:
                alarm.restart()
                outcomes.append(self.do(photo))
            return outcomes

    def do(self, photo: StoredFile) -> Outcome:
        worker = get_worker().address
        earlier = self.attempts(photo.name)
        with (self.notes / photo.name).open("a") as notes:
            notes.write(f"{worker}\n")
        match photo.name.partition("_")[0]:
            case "fails":
                return Outcome(photo, problem="It is odd.", reason_code="failed", worker=worker)
            case "fails-once" if not earlier:
                return Outcome(photo, problem="It is odd.", reason_code="failed", worker=worker)
            case "raises":
                raise RuntimeError("It is very odd.")
            case "kills":
                os.kill(os.getpid(), signal.SIGKILL)
            case "hangs":
                time.sleep(3600)
            case "ends-everything":
                raise CannotGoOn("The disk is full.")
        return Outcome(photo, record={"faces": [{"status": "done"}]}, worker=worker)

    def attempts(self, name: str) -> list[str]:
        """Workers that have tried a photo."""
        path = self.notes / name
        return path.read_text().split() if path.exists() else []
