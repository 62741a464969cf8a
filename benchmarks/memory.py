"""Does memory stay within bounds when the pairs do not fit? ``python -m benchmarks.memory PAIRS_FOLDER``: minutes.

Trains one epoch of a tiny network on few and on many pairs, each in a process of its own, with a small cache, and
prints the largest memory of each as a JSON object. Many pairs are the folder's own, listed again and again.
"""

import argparse
import json
import resource
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
from tools.recipes import train_parameters

from facedepth_pipeline.data.pairs import PairsView
from facedepth_pipeline.data.pairs_folder import PairsOnDisk
from facedepth_pipeline.pix2pix.checkpoint_folder import CheckpointFolder

COUNTS = (2_000, 20_000)
CACHE_MB = 256


def train(folder: Path, count: int) -> None:
    """One epoch on ``count`` pairs, then print the peak of this process."""
    from facedepth_pipeline.pix2pix.training import fit_generator

    pairs = PairsOnDisk(folder)
    many = PairsView(pairs, np.arange(count) % len(pairs))
    parameters = train_parameters("metric", width=1, batch_size=8, epochs=1, cache_mb=CACHE_MB)
    with tempfile.TemporaryDirectory() as checkpoint:
        fit_generator(many, PairsView(pairs, np.arange(8)), parameters, CheckpointFolder(Path(checkpoint)))
    print(json.dumps({"peak_mb": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)}))


def main() -> None:
    """Measure each count in a process of its own."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("pairs_folder", type=Path)
    arguments.add_argument("--count", type=int, help="train on so many here, instead of measuring")
    chosen = arguments.parse_args()
    if chosen.count:
        train(chosen.pairs_folder, chosen.count)
        return
    for count in COUNTS:
        command = [sys.executable, "-m", "benchmarks.memory", str(chosen.pairs_folder), f"--count={count}"]
        run = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True)
        peak = json.loads(run.stdout.splitlines()[-1])
        print(json.dumps({"name": "training_memory", "pairs": count, "cache_mb": CACHE_MB, **peak}), flush=True)


if __name__ == "__main__":
    main()
