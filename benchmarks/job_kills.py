"""Kill a batch job, its workers and its scheduler again and again. ``python -m benchmarks.job_kills PORTRAITS``.

A Dask scheduler and two workers run as processes of their own. Something of it all is killed with signal 9 at a random
moment, what is needed is started again, and so on; whenever all photos are done, the results are compared with those of
a job that nobody disturbed, file by file, and the next round begins from nothing. MLflow cannot be reached meanwhile.
"""

import argparse
import hashlib
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

import pandas as pd
import psutil

from benchmarks.batch_job import PROJECT, command, make_photos

PHOTOS = 60
BAD = 4  # files that are no photos, among them
SECONDS = (3.0, 35.0)  # between kills; a job alone takes a dozen to start, and a worker as many to load its network
WHEN = {"finished_at", "job_id", "modified"}
NO_MLFLOW = {"tracking_uri": "http://127.0.0.1:9", "reconstruct.batch_size": 2}
ENVIRONMENT = {
    **os.environ,
    "MLFLOW_HTTP_REQUEST_MAX_RETRIES": "0",
    "DASK_DISTRIBUTED__SCHEDULER__ALLOWED_FAILURES": "0",
    "PYTHONPATH": str(PROJECT / "src"),
}


class Cluster:
    """A scheduler and two workers, each with its supervisor and a folder of its own."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.address = ""
        self.processes: dict[str, subprocess.Popen[bytes]] = {}

    def ensure(self) -> None:
        """Start what does not run; workers of a scheduler that is gone are ended first."""
        if self._ended("scheduler"):
            self.stop()
            file = self.folder / f"scheduler_{time.monotonic_ns()}.json"
            self._start("scheduler", "scheduler", "--port=0", "--host=127.0.0.1", f"--scheduler-file={file}")
            while not file.exists():
                time.sleep(0.1)
            self.address = json.loads(file.read_text(encoding="utf-8"))["address"]
        for name in ("worker_0", "worker_1"):
            if self._ended(name):
                self._start(name, "worker", self.address, "--nthreads=1")

    def stop(self) -> None:
        """End everything."""
        for process in self.processes.values():
            kill_tree(process)
        self.processes = {}

    def _ended(self, name: str) -> bool:
        return name not in self.processes or self.processes[name].poll() is not None

    def _start(self, name: str, program: str, *arguments: str) -> None:
        place = self.folder / name
        place.mkdir(exist_ok=True)
        script = f"from distributed.cli import dask_{program} as cli; cli.main()"
        self.processes[name] = subprocess.Popen(
            [sys.executable, "-c", script, "--no-dashboard", *arguments],
            cwd=place, env=ENVIRONMENT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )  # fmt: skip


def kill_tree(process: subprocess.Popen[bytes]) -> None:
    """Kill a process and all that it started."""
    if process.poll() is None:
        for each in [*psutil.Process(process.pid).children(recursive=True), psutil.Process(process.pid)]:
            each.kill()
    process.wait()


def start_job(root: Path, address: str | None) -> subprocess.Popen[bytes]:
    """The command of a user."""
    where = {} if address is None else {"dask.scheduler": address}
    return subprocess.Popen(
        command(root, **NO_MLFLOW, **where),
        cwd=PROJECT, env=ENVIRONMENT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip


def kill_something(cluster: Cluster, job: subprocess.Popen[bytes], chance: random.Random) -> str:
    """Kill the job, the scheduler, a worker, or a worker's supervisor."""
    name = chance.choice(["job", "scheduler", "worker_0", "worker_1", "supervisor of worker_0"])
    if name == "job":
        kill_tree(job)
    elif name == "scheduler":
        cluster.processes["scheduler"].send_signal(signal.SIGKILL)
        cluster.processes["scheduler"].wait()
    else:
        supervisor = cluster.processes[name.rpartition(" ")[2]]
        if supervisor.poll() is None:
            itself = psutil.Process(supervisor.pid)
            for victim in [itself] if "supervisor" in name else itself.children()[:1]:
                victim.kill()
    return name.rpartition("_")[0] or name


def checksums(root: Path) -> dict[str, str]:
    """Of every file of every result; of ``result.json`` without what says when and by whom."""
    sums = {}
    for path in sorted((root / "meshes").glob("*/*/**/*")):
        if path.is_dir() or path.relative_to(root / "meshes").parts[0].startswith(("_", ".")):
            continue
        content = path.read_bytes()
        if path.name == "result.json":
            record = json.loads(content)
            content = json.dumps({name: record[name] for name in sorted(record.keys() - WHEN)}).encode()
        sums[path.relative_to(root / "meshes").as_posix()] = hashlib.sha256(content).hexdigest()
    return sums


def compare(root: Path, undisturbed: dict[str, str]) -> dict[str, int]:
    """What is wrong with the results of a round; nothing should be."""
    found = checksums(root)
    table = pd.read_parquet(root / "07_model_output" / "reconstruction_manifest.parquet")
    rejected = table[table["status"] == "rejected"]
    names = sorted(path.name for path in (root / "photos").iterdir())
    return {
        "files_different": sum(found[name] != undisturbed[name] for name in found.keys() & undisturbed.keys()),
        "files_missing": len(undisturbed.keys() - found.keys()),
        "files_too_many": len(found.keys() - undisturbed.keys()),
        "photos_listed_wrongly": int(sorted(table["file_name"]) != names),
        "set_aside": int((~rejected["reason_code"].isin(["undecodable"])).sum()),
    }


def make_round(portraits: Path, root: Path) -> None:
    """Photos, good and bad."""
    make_photos(portraits, root / "photos", PHOTOS)
    for number in range(BAD):
        (root / "photos" / f"bad_{number}.jpg").write_bytes(b"no photo" + bytes([number]))


def main() -> None:
    """Kill, and compare."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("portraits", type=Path)
    arguments.add_argument("--kills", type=int, default=20)
    arguments.add_argument("--seed", type=int, default=0)
    chosen = arguments.parse_args()
    chance = random.Random(chosen.seed)
    place = Path(tempfile.mkdtemp())
    cluster = Cluster(place)
    try:
        make_round(chosen.portraits, place / "undisturbed")
        if start_job(place / "undisturbed", None).wait():
            sys.exit("The job that nobody disturbed has failed.")
        undisturbed = checksums(place / "undisturbed")
        print(json.dumps({"undisturbed": True, "photos": PHOTOS + BAD, "files": len(undisturbed)}), flush=True)
        kills: Counter[str] = Counter()
        jobs = rounds = 0
        while kills.total() < chosen.kills:
            rounds += 1
            root = place / f"round_{rounds}"
            make_round(chosen.portraits, root)
            killed_before = kills.total()
            while True:
                cluster.ensure()
                job = start_job(root, cluster.address)
                jobs += 1
                while job.poll() is None and kills.total() < chosen.kills:
                    try:
                        job.wait(chance.uniform(*SECONDS))
                    except subprocess.TimeoutExpired:
                        kills[kill_something(cluster, job, chance)] += 1
                        if cluster.processes["scheduler"].poll() is None:
                            cluster.ensure()
                if job.wait() == 0:
                    break
            line = {"round": rounds, "kills": kills.total() - killed_before, **compare(root, undisturbed)}
            print(json.dumps(line), flush=True)
            shutil.rmtree(root)
        print(json.dumps({"name": "job_kills", "kills": dict(kills), "jobs": jobs, "rounds": rounds}))
    finally:
        cluster.stop()
        shutil.rmtree(place, ignore_errors=True)


if __name__ == "__main__":
    main()
