"""Recipes of others, timed beside ours in the same run; each script prints its time as a JSON object."""

import json
import subprocess
import sys
from pathlib import Path

FOLDER = Path(__file__).parent
TORCH_PYTHON = FOLDER.parents[1] / ".venv-torch" / "bin" / "python"


def tensorflow_recipe(*arguments: str) -> float:
    """Seconds an image of the recipe of TensorFlow's pix2pix tutorial."""
    return _seconds_per_image(Path(sys.executable), "pix2pix_tf_recipe.py", *arguments)


def pytorch(*arguments: str) -> float | None:
    """Seconds an image of PyTorch's pix2pix; None where there is no PyTorch (``make peers``)."""
    return _seconds_per_image(TORCH_PYTHON, "pix2pix_torch.py", *arguments) if TORCH_PYTHON.exists() else None


def _seconds_per_image(python: Path, script: str, *arguments: str) -> float:
    run = subprocess.run([str(python), str(FOLDER / script), *arguments], capture_output=True, text=True, check=False)
    if run.returncode:
        raise RuntimeError(f"{script} failed: {run.stderr[-2000:]}")
    return float(json.loads(run.stdout.splitlines()[-1])["seconds_per_image"])
