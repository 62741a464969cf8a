"""A batch job as its operator runs it. ``python -m benchmarks.batch_job PORTRAITS --count=200 --count=2000``.

Copies portraits (any faces; those of the stand-in will do) under names that do not give away their frame, so that each
face has to be found. For each count it prints a JSON object: seconds and photos a second of ``kedro run
--pipelines=reconstruct``, the largest memory of all its processes together, and how long the same command takes when it
is given again: after Kedro's start (``again_s``), and in all.
``--peer`` times the plain sequential script on the same photos first; ``--bad=50`` makes fifty of them bad.
"""

import argparse
import io
import json
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import psutil
from PIL import Image

PROJECT = Path(__file__).parents[1]
SAMPLE_S = 1.0


def make_photos(portraits: Path, folder: Path, count: int) -> None:
    """Different files of the same faces, over and over: a photo is known by its bytes."""
    sources = sorted(portraits.rglob("*_Portrait.png"))
    if not sources:
        sys.exit(
            f"No portrait in {portraits}: expected *_Portrait.png, as kedro run --pipelines=synthesize renders them."
        )
    folder.mkdir(parents=True)
    for number in range(count):
        content = sources[number % len(sources)].read_bytes()
        (folder / f"face_{number:05d}.png").write_bytes(content + number.to_bytes(4, "big"))


def spoil_photos(folder: Path, count: int) -> None:
    """Make so many of them bad, in five ways."""
    ways: list[Callable[[bytes], bytes]] = [
        lambda content: content[: len(content) // 2],
        lambda content: b"",
        lambda content: b"This is not a photo.",
        lambda content: _png(np.full((300, 300, 3), 128, np.uint8)),
        lambda content: _png(np.full((20, 20, 3), 128, np.uint8)),
    ]
    paths = sorted(folder.iterdir())
    for number in range(count):
        path = paths[number * len(paths) // count]
        path.write_bytes(ways[number % len(ways)](path.read_bytes()) + number.to_bytes(4, "big"))


def _png(image: np.ndarray) -> bytes:
    content = io.BytesIO()
    Image.fromarray(image).save(content, format="PNG")
    return content.getvalue()


def command(root: Path, **params: object) -> list[str]:
    """The command of a user, with everything below a folder."""
    given = {
        "data_root": root,
        "photos_root": root / "photos",
        "meshes_root": root / "meshes",
        "tracking_uri": f"sqlite:///{root}/mlflow.db",
        "artifact_root": root / "artifacts",
        "model_uri": "starter",
        **params,
    }
    listed = ",".join(f"{key}={value}" for key, value in given.items())
    return [sys.executable, "-m", "kedro", "run", "--env=test", "--pipelines=reconstruct", f"--params={listed}"]


def watch(process: subprocess.Popen[bytes]) -> float:
    """Wait for a process; the largest memory of it and its children together, in MB, shared pages counted once."""
    root, peak = psutil.Process(process.pid), 0.0
    while process.poll() is None:
        total = 0
        for each in [root, *root.children(recursive=True)]:
            try:
                total += each.memory_full_info().pss
            except psutil.Error:  # it has just ended
                continue
        peak = max(peak, total / 1e6)
        time.sleep(SAMPLE_S)
    return peak


def run(root: Path, **params: object) -> dict[str, Any]:
    """One job: its own seconds, those of the whole command, and its memory."""
    begun = time.perf_counter()
    process = subprocess.Popen(
        command(root, **params), cwd=PROJECT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    peak_mb = watch(process)
    if process.returncode:
        sys.exit(f"The job has failed: {' '.join(command(root, **params))}")
    job = json.loads((root / "08_reporting" / "reconstruction_job.json").read_text(encoding="utf-8"))
    ended = datetime.now(UTC)
    told = {
        "after_start_s": (ended - datetime.fromisoformat(job["started_at"])).total_seconds(),
        "done": job["done"],
        "rejected": job["rejected"],
        "job_s": seconds(job),
    }
    return {"command_s": time.perf_counter() - begun, "peak_mb": peak_mb, **told}


def seconds(job: dict[str, str]) -> float:
    """From the start of the job, with its processes, to its end."""
    return (datetime.fromisoformat(job["finished_at"]) - datetime.fromisoformat(job["started_at"])).total_seconds()


def sequential(photos: Path, out: Path) -> dict[str, float]:
    """The plain script on the same photos."""
    script = Path(__file__).parent / "peers" / "sequential_batch.py"
    done = subprocess.run(
        [sys.executable, script, photos, out], stdout=subprocess.PIPE, cwd=PROJECT, check=True, text=True
    )
    times: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return times


def main() -> None:
    """Measure each count."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("portraits", type=Path)
    arguments.add_argument("--count", type=int, action="append", required=True)
    arguments.add_argument("--peer", action="store_true")
    arguments.add_argument("--bad", type=int, default=0)
    chosen = arguments.parse_args()
    for count in chosen.count:
        root = Path(tempfile.mkdtemp())
        try:
            make_photos(chosen.portraits, root / "photos", count)
            spoil_photos(root / "photos", chosen.bad)
            line: dict[str, object] = {"name": "batch_job", "photos": count, "bad": chosen.bad}
            if chosen.peer:
                peer = sequential(root / "photos", root / "sequential")
                peer_s = peer["load_s"] + peer["photos_s"]
                line |= {"sequential_s": round(peer_s, 1), "sequential_photos_per_s": round(count / peer_s, 2)}
            job = run(root)
            line |= {
                "done": job["done"],
                "rejected": job["rejected"],
                "job_s": round(job["job_s"], 1),
                "photos_per_s": round(count / job["job_s"], 2),
                "peak_mb": round(job["peak_mb"]),
            }
            if chosen.peer:
                line["ratio"] = round(peer_s / job["job_s"], 2)
            again = run(root)
            line |= {"again_s": round(again["after_start_s"], 1), "again_command_s": round(again["command_s"], 1)}
            print(json.dumps(line), flush=True)
        finally:
            shutil.rmtree(root)


if __name__ == "__main__":
    main()
