import json
import math
import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest

PROJECT = Path(__file__).parents[2]
SCRIPT = Path(__file__).with_name("losses_of_epochs.py")
EVERY_TERM = {
    "adversary": "hinge",
    "background_weight": 0.1,
    "lambda_gradient": 50,
    "lambda_normal": 50,
    "ema_momentum": 0.9,
}
EVERY_PART = {
    "learning_rate": 5e-4,
    "adversary": "none",
    "decoder": "bilinear",
    "deepest_multiple": 4,
    "mask_output": True,
    "offset_weight": 0.3,
    "lambda_gradient": 20,
    "gradient_scales": 3,
}
NEW_EACH_TIME = {
    "relightable": True,
    "light_augmentation": 0.5,
    "augmentation": "mirror",
    "similarity": 1,
    "photo_augmentation": {"blur": 1, "noise": 1, "jpeg": 1, "low_resolution": 1, "colour_cast": 1, "patches": 1},
}

RECIPES = {"paper": {}, "every term": EVERY_TERM, "every part, no adversary": EVERY_PART}
COMPOSED = "photos composed anew"  # by random numbers, which differ between backends: trained by JAX alone


def start(recipes: list[dict], distribution: str = "none", **environment: str) -> subprocess.Popen:
    search_path = os.pathsep.join(str(PROJECT / folder) for folder in ("", "src", "tests"))
    return subprocess.Popen(
        [sys.executable, str(SCRIPT), json.dumps(recipes), distribution],
        env={**os.environ, "PYTHONPATH": search_path, **environment},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def trainings_of(process: subprocess.Popen) -> list[list[dict]]:
    try:
        output, errors = process.communicate(timeout=240)
    finally:
        process.kill()
    assert process.returncode == 0, errors[-3000:]
    return json.loads(output.splitlines()[-1])["trainings"]


@pytest.fixture(scope="module")
def by_backend() -> dict[str, dict[str, list[dict]]]:
    """Losses of each recipe; a process a backend trains by all of them, since importing takes longer than training."""
    recipes = {"tensorflow": RECIPES, "jax": {**RECIPES, COMPOSED: NEW_EACH_TIME}}
    processes = {backend: start(list(those.values()), KERAS_BACKEND=backend) for backend, those in recipes.items()}
    return {
        backend: dict(zip(recipes[backend], trainings_of(process), strict=True))
        for backend, process in processes.items()
    }


@pytest.fixture(scope="module")
def one_device(by_backend) -> list[dict]:
    return by_backend["tensorflow"]["paper"]


@pytest.mark.parametrize("recipe", RECIPES)
def test_jax_and_tensorflow_give_the_same_losses_from_the_same_weights(by_backend, recipe):
    ours, theirs = (by_backend[backend][recipe] for backend in ("tensorflow", "jax"))
    assert len(ours) == len(theirs) == 2
    assert ours[0] == pytest.approx(theirs[0], rel=1e-3, abs=1e-3)
    assert ours[1] == pytest.approx(theirs[1], rel=1e-2, abs=1e-2)


def test_jax_trains_from_photos_composed_anew(by_backend):
    epochs = by_backend["jax"][COMPOSED]
    assert all(math.isfinite(value) for epoch in epochs for value in epoch.values())
    assert epochs[1]["generator_loss"] < epochs[0]["generator_loss"]


def test_two_devices_give_the_losses_of_one(one_device):
    (two,) = trainings_of(start([{}], "mirrored"))
    for first, second in zip(one_device, two, strict=True):
        assert first == pytest.approx(second, rel=1e-3)


def test_two_workers_give_the_losses_of_one_device(one_device):
    ports = []
    for _ in range(2):
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            ports.append(free.getsockname()[1])
    cluster = {"worker": [f"127.0.0.1:{port}" for port in ports]}
    workers = [
        start(
            [{}], "multi_worker", TF_CONFIG=json.dumps({"cluster": cluster, "task": {"type": "worker", "index": index}})
        )
        for index in range(2)
    ]
    try:
        results = [trainings_of(process)[0] for process in workers]
    finally:
        for process in workers:
            process.kill()
            process.communicate()
    for worker in results:
        for first, second in zip(one_device, worker, strict=True):
            assert first == pytest.approx(second, rel=1e-3)
