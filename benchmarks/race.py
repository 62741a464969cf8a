"""Recipe ``metric`` against ``paper`` at equal training time. ``python -m benchmarks.race PAIRS_FOLDER --width=16``.

Both learn from the same people for the same time on the same machine, one after the other, and are measured on people
that neither has seen and that no choice was made by. Prints one JSON object: the error of each, and the paired
difference with its 95 % interval over people.
"""

import argparse
import json
import tempfile
import time
from pathlib import Path
from typing import Any

import keras
import numpy as np
from tools.recipes import train_parameters

from benchmarks.people import errors_by_person
from facedepth_pipeline.data.pairs import Pairs
from facedepth_pipeline.data.pairs_folder import PairsOnDisk
from facedepth_pipeline.data.splits import split_subjects
from facedepth_pipeline.evaluation.statistics import bootstrap_interval
from facedepth_pipeline.parameters import TrainParameters
from facedepth_pipeline.pix2pix.checkpoint_folder import CheckpointFolder
from facedepth_pipeline.pix2pix.training import fit_generator

TEST_SUBJECTS, VALIDATION_SUBJECTS = 30, 8


class Stopwatch(keras.callbacks.Callback):
    """Seconds of each epoch, validation included, compilation not: the first step does not count."""

    def on_train_begin(self, logs: dict[str, float] | None = None) -> None:
        """Nothing yet."""
        self.epochs: list[float] = []
        self._since = 0.0

    def on_train_batch_end(self, batch: int, logs: dict[str, float] | None = None) -> None:
        """Start after the first step."""
        self._since = self._since or time.perf_counter()

    def on_epoch_end(self, epoch: int, logs: dict[str, float] | None = None) -> None:
        """Lap."""
        now = time.perf_counter()
        self.epochs.append(now - self._since)
        self._since = now


def trained(train: Pairs, validation: Pairs, parameters: TrainParameters) -> tuple[keras.Model, Stopwatch]:
    """Train from scratch."""
    watch = Stopwatch()
    with tempfile.TemporaryDirectory() as folder:
        network, _ = fit_generator(train, validation, parameters, CheckpointFolder(Path(folder)), [watch])
    return network, watch


def main() -> None:
    """Find out how long an epoch takes, train both as long, compare."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("pairs_folder", type=Path)
    arguments.add_argument("--width", type=int, default=16)
    arguments.add_argument("--seconds", type=float, default=300)
    arguments.add_argument("--seed", type=int, default=0)
    chosen = arguments.parse_args()
    pairs = PairsOnDisk(chosen.pairs_folder)
    split = split_subjects(
        pairs.table["subject_id"].value_counts().to_dict(), TEST_SUBJECTS, VALIDATION_SUBJECTS, seed=7
    )
    train, validation, test = (pairs.of_subjects(who) for who in (split.train, split.validation, split.test))
    result: dict[str, Any] = {
        "name": "race",
        "width": chosen.width,
        "pairs": len(train),
        "test_people": len(split.test),
    }
    errors = {}
    for recipe in ("paper", "metric"):
        size = {"width": chosen.width, "seed": chosen.seed}
        _, watch = trained(train, validation, train_parameters(recipe, epochs=1, **size))
        epochs = max(round(chosen.seconds / watch.epochs[0]), 1)
        network, watch = trained(train, validation, train_parameters(recipe, epochs=epochs, **size))
        errors[recipe] = errors_by_person(network, test)
        result[recipe] = {
            "epochs": epochs,
            "seconds": round(sum(watch.epochs)),
            "mae_mm": round(float(np.mean(list(errors[recipe].values()))), 3),
        }
    difference = np.array([errors["metric"][who] - errors["paper"][who] for who in sorted(split.test)])
    result["difference_mm"] = round(float(difference.mean()), 3)
    result["difference_ci95"] = [round(end, 3) for end in bootstrap_interval(difference, 10_000, seed=0)]
    result["gain"] = round(1 - result["metric"]["mae_mm"] / result["paper"]["mae_mm"], 3)
    print(json.dumps(result))


if __name__ == "__main__":
    main()
