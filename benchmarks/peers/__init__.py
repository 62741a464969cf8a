"""Recipes of others, timed beside ours in the same run; each script prints its time as a JSON object."""

import json
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
import trimesh
from PIL import Image

from facedepth_pipeline.depth import MM_PER_PNG_LEVEL, DepthMap, depth_to_png_levels

FOLDER = Path(__file__).parent
TORCH_PYTHON = FOLDER.parents[1] / ".venv-torch" / "bin" / "python"


def tensorflow_recipe(*arguments: str) -> float:
    """Seconds an image of the recipe of TensorFlow's pix2pix tutorial."""
    return _seconds_per_image(Path(sys.executable), "pix2pix_tf_recipe.py", *arguments)


def pytorch(*arguments: str) -> float | None:
    """Seconds an image of PyTorch's pix2pix; None where there is no PyTorch (``make peers``)."""
    return _seconds_per_image(TORCH_PYTHON, "pix2pix_torch.py", *arguments) if TORCH_PYTHON.exists() else None


def open3d_recipe(depth_map: DepthMap) -> tuple[float, np.ndarray]:
    """Seconds of the usual script from a depth image to a Poisson mesh, and its (V, 3) vertices in our millimetres."""
    height, width = depth_map.valid.shape
    pitch = depth_map.pitch
    with tempfile.TemporaryDirectory() as folder:
        image, mesh = Path(folder) / "depth.png", Path(folder) / "mesh.ply"
        Image.fromarray(depth_to_png_levels(depth_map)).save(image)
        scale = ("--pitch", str(pitch.x_mm), str(pitch.y_mm), "--scale", str(MM_PER_PNG_LEVEL))
        arguments = ("--depth-image", str(image), "--out", str(mesh), *scale)
        seconds = _run(Path(sys.executable), "open3d_poisson_recipe.py", *arguments)["seconds"]
        vertices = np.asarray(trimesh.load_mesh(mesh, process=False).vertices)
    # its origin is the first pixel, ours the middle of the image
    return float(seconds), vertices + np.array([-(width - 1) / 2 * pitch.x_mm, (height - 1) / 2 * pitch.y_mm, 0])


def _seconds_per_image(python: Path, script: str, *arguments: str) -> float:
    return float(_run(python, script, *arguments)["seconds_per_image"])


def _run(python: Path, script: str, *arguments: str) -> dict[str, float]:
    run = subprocess.run([str(python), str(FOLDER / script), *arguments], capture_output=True, text=True, check=False)
    if run.returncode:
        raise RuntimeError(f"{script} failed: {run.stderr[-2000:]}")
    printed: dict[str, float] = json.loads(run.stdout.splitlines()[-1])
    return printed
