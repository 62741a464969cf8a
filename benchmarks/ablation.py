"""What each choice of a recipe is worth. ``python -m benchmarks.ablation PAIRS_FOLDER OUT.jsonl``: hours.

Trains variants of one base recipe from the same seeds and for the same number of images, and measures each on
validation people, never on test people. Every finished training is a line of OUT.jsonl: the same command after an
interruption goes on with those that are missing. ``--table`` prints the table from what is there, with paired
differences to the base and 95 % intervals over people.
"""

import argparse
import json
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from tools.recipes import train_parameters

from benchmarks.people import errors_by_person
from facedepth_pipeline.data.pairs import Pairs, PairsView
from facedepth_pipeline.data.pairs_folder import PairsOnDisk
from facedepth_pipeline.data.splits import split_subjects
from facedepth_pipeline.evaluation.statistics import bootstrap_interval
from facedepth_pipeline.parameters import TrainParameters
from facedepth_pipeline.pix2pix.checkpoint_folder import CheckpointFolder

SEEDS = (0, 1, 2)
VALIDATION_SUBJECTS = 24
PAIRS_A_PERSON = 4  # of validation people, so that a few with many portraits do not take all the time
IMAGES = 4000  # seen by each training, rounded to whole epochs, whatever its batches

BASE = {
    "width": 16,
    "normalization": "instance",
    "decoder": "transposed",
    "residual": False,
    "adversary": "bce",
    "distance": "l1",
    "lambda_distance": 1000,
    "background_weight": 1,
    "lambda_gradient": 0,
    "lambda_normal": 0,
    "learning_rate": 1e-3,
    "learning_rate_decay": "linear",
    "ema_momentum": 0,
    "batch_size": 4,
    "augmentation": "mirror",
    "light_augmentation": 0,
    "balance_subjects": False,
    "keep": "last",
}
VARIANTS: dict[str, dict[str, Any]] = {
    "base": {},
    "paper's recipe": {
        "lambda_distance": 100,
        "learning_rate": 2e-4,
        "learning_rate_decay": "none",
        "batch_size": 1,
        "augmentation": "jitter",
    },
    "jitter": {"augmentation": "jitter"},
    "constant learning rate": {"learning_rate_decay": "none"},
    "cosine learning rate": {"learning_rate_decay": "cosine"},
    "lambda 100": {"lambda_distance": 100},
    "no adversary": {"adversary": "none"},
    "LSGAN": {"adversary": "lsgan"},
    "hinge": {"adversary": "hinge"},
    "masked L1": {"background_weight": 0.1},
    "L2": {"distance": "l2"},
    "gradient loss": {"lambda_gradient": 2000},
    "normal loss": {"lambda_normal": 300},
    "average of weights": {"ema_momentum": 0.99},
    "residual to mean face": {"residual": True},
    "resize decoder": {"decoder": "resize"},
    "batch 8": {"batch_size": 8},
    "balanced subjects": {"balance_subjects": True},
    "light augmentation": {"light_augmentation": 0.5},
    "batch norm": {"normalization": "batch"},
    "balanced, no adversary": {"balance_subjects": True, "adversary": "none"},
    "balanced, no adversary, masked L1": {"balance_subjects": True, "adversary": "none", "background_weight": 0.1},
    "balanced, no adversary, masked L2": {
        "balance_subjects": True,
        "adversary": "none",
        "background_weight": 0.1,
        "distance": "l2",
    },
}


def pairs_of(folder: Path) -> tuple[Pairs, Pairs]:
    """Pairs of training and validation people; test people are left out."""
    pairs = PairsOnDisk(folder)
    counts = pairs.table["subject_id"].value_counts().to_dict()
    split = split_subjects(counts, test_subjects=10, validation_subjects=VALIDATION_SUBJECTS, seed=2020)
    train = pairs.of_subjects(split.train)
    validation = pairs.of_subjects(split.validation)
    few = np.sort(validation.table.groupby("subject_id").head(PAIRS_A_PERSON).index)
    return train, PairsView(validation, few)


def parameters_of(variant: dict[str, Any], seed: int, epochs: int) -> TrainParameters:
    """Recipe of a variant."""
    return train_parameters("metric", **{**BASE, "epochs": epochs, "seed": seed, **variant})


def train_and_measure(train: Pairs, validation: Pairs, parameters: TrainParameters) -> dict[str, Any]:
    """One training: error of each validation person, and the time it took."""
    from facedepth_pipeline.pix2pix.training import fit_generator
    from facedepth_pipeline.runtime.keras_import import keras

    start = time.perf_counter()
    with tempfile.TemporaryDirectory() as folder:
        network, _ = fit_generator(train, validation, parameters, CheckpointFolder(Path(folder)))
    seconds = time.perf_counter() - start
    errors = errors_by_person(network, validation)
    keras.utils.clear_session()  # or the graphs of all trainings stay in memory
    return {"seconds": round(seconds, 1), "mae_mm": {who: round(error, 4) for who, error in errors.items()}}


def table(lines: list[dict[str, Any]], reference: str) -> Iterator[str]:
    """Markdown: mean over people and seeds, and the difference to the reference, paired by person and seed."""
    runs: dict[str, dict[int, np.ndarray]] = {}
    people = sorted(lines[0]["mae_mm"])
    for line in lines:
        by_person = np.array([line["mae_mm"][who] for who in people])
        runs.setdefault(line["variant"], {})[line["seed"]] = by_person
    rows = []
    for name, by_seed in runs.items():
        paired = [errors - runs[reference][seed] for seed, errors in by_seed.items() if seed in runs[reference]]
        difference = np.mean(paired, axis=0)
        low, high = bootstrap_interval(difference, 10_000, seed=0)
        seeds = ", ".join(f"{by_seed[seed].mean():.2f}" for seed in sorted(by_seed))
        against = "" if name == reference else f"{difference.mean():+.2f} [{low:+.2f}, {high:+.2f}]"
        rows.append((difference.mean(), f"| {name} | {seeds} | {against} |"))
    yield "| variant | MAE (mm) of each seed | against the base (95 %) |"
    yield "|---|---|---|"
    yield from (row for _, row in sorted(rows))


def main() -> None:
    """Train what is missing, or print the table."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("pairs_folder", type=Path)
    arguments.add_argument("out", type=Path)
    arguments.add_argument("--table", action="store_true")
    arguments.add_argument("--only", nargs="*", default=list(VARIANTS), help="names of variants")
    arguments.add_argument("--width", type=int, default=BASE["width"], help="another one wants another OUT.jsonl")
    chosen = arguments.parse_args()
    lines = [json.loads(line) for line in chosen.out.read_text().splitlines()] if chosen.out.exists() else []
    if chosen.table:
        print("\n".join(table(lines, "base")))
        return
    done = {(line["variant"], line["seed"]) for line in lines}
    train, validation = pairs_of(chosen.pairs_folder)
    for seed in SEEDS:
        for name in chosen.only:
            if (name, seed) in done:
                continue
            variant = {"width": chosen.width, **VARIANTS[name]}
            parameters = parameters_of(variant, seed, round(IMAGES / len(train)))
            result = {"variant": name, "seed": seed, **train_and_measure(train, validation, parameters)}
            with chosen.out.open("a") as out:
                out.write(json.dumps(result) + "\n")


if __name__ == "__main__":
    main()
