"""Kill a training again and again. ``python -m benchmarks.kills --kills=20``.

Gives the command of a user, ``kedro run --pipelines=train``, and kills it with signal 9 at a random moment, again
and again, then lets it come to its end. Prints how far each attempt came, the number of MLflow runs (one), and how the
result differs from a training that nobody disturbed, beside how two such trainings differ: sums over threads come in
any order.
"""

import argparse
import json
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import mlflow
import numpy as np
import pandas as pd

PROJECT = Path(__file__).parents[1]
SECONDS = (4.0, 30.0)  # between a start and its end; a start alone takes a dozen


def command(pipelines: str, root: Path, tree: Path, epochs: int) -> list[str]:
    """The command of a user, with everything below a folder."""
    params = {
        "data_root": root,
        "texas_root": tree,
        "tracking_uri": f"sqlite:///{root}/mlflow.db",
        "artifact_root": root / "artifacts",
        "train.recipes.metric.epochs": epochs,
    }
    listed = ",".join(f"{key}={value}" for key, value in params.items())
    return [sys.executable, "-m", "kedro", "run", "--env=test", f"--pipelines={pipelines}", f"--params={listed}"]


def run(pipelines: str, root: Path, tree: Path, epochs: int) -> None:
    """Run to the end."""
    subprocess.run(command(pipelines, root, tree, epochs), cwd=PROJECT, check=True, capture_output=True)


def run_and_kill(root: Path, tree: Path, epochs: int, seconds: float) -> int | None:
    """Train, and kill it after so many seconds; its exit status if it came to its end before, else None."""
    training = subprocess.Popen(
        command("train", root, tree, epochs),
        cwd=PROJECT,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        return training.wait(seconds)
    except subprocess.TimeoutExpired:
        os.killpg(training.pid, signal.SIGKILL)
        training.wait()
        return None


def epochs_kept(root: Path) -> int:
    """Whole epochs in the checkpoint."""
    states = list((root / "06_models" / "checkpoints").glob("*/state.json"))
    return max((len(json.loads(path.read_text(encoding="utf-8"))["history"]) for path in states), default=0)


def trainings(root: Path) -> int:
    """MLflow runs that have a validation error."""
    mlflow.set_tracking_uri(f"sqlite:///{root}/mlflow.db")
    client = mlflow.MlflowClient()
    runs = client.search_runs([experiment.experiment_id for experiment in client.search_experiments()])
    return sum("val_mae_mm" in run.data.metrics for run in runs)


def difference(one: Path, other: Path) -> tuple[float, float]:
    """Largest difference of validation errors (mm) and of weights."""
    from facedepth_pipeline.runtime.keras_import import keras

    errors = [pd.read_csv(root / "08_reporting" / "training_history.csv")["val_mae_mm"] for root in (one, other)]
    weights = [keras.models.load_model(root / "06_models" / "generator.keras").get_weights() for root in (one, other)]
    largest = max(float(np.abs(a - b).max()) for a, b in zip(*weights, strict=True))
    return float((errors[0] - errors[1]).abs().max()), largest


def main() -> None:
    """Kill, count and compare."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--kills", type=int, default=20)
    arguments.add_argument("--epochs", type=int, default=400, help="of a third of a second each")
    arguments.add_argument("--seed", type=int, default=0)
    chosen = arguments.parse_args()
    moments = random.Random(chosen.seed)
    with tempfile.TemporaryDirectory() as folder:
        tree, killed, unbroken, again = (Path(folder) / name for name in ("tree", "killed", "unbroken", "again"))
        for root in (killed, unbroken, again):
            run("ingest,preprocess" if tree.exists() else "synthesize,ingest,preprocess", root, tree, chosen.epochs)
        for number in range(1, chosen.kills + 1):
            seconds = moments.uniform(*SECONDS)
            started = time.perf_counter()
            status = run_and_kill(killed, tree, chosen.epochs, seconds)
            what = "killed" if status is None else f"ended with status {status}"
            kept = epochs_kept(killed)
            print(f"{number:3d}: {what} after {time.perf_counter() - started:.1f} s, {kept} epochs kept", flush=True)
            if status is not None:
                break
        else:
            run("train", killed, tree, chosen.epochs)
        runs = trainings(killed)
        for root in (unbroken, again):
            run("train", root, tree, chosen.epochs)
        print(f"{runs} MLflow run")
        for what, root in (("killed", killed), ("undisturbed, a second time", again)):
            errors, weights = difference(root, unbroken)
            print(f"{what}: validation errors differ by {errors:.2g} mm at most, weights by {weights:.2g}")


if __name__ == "__main__":
    main()
