"""Kedro as a user runs it: another process, the environment ``test``, everything below one folder."""

import os
import subprocess
import sys
from pathlib import Path

PROJECT = Path(__file__).parents[1]


def command(*arguments: str, root: Path, **runtime_params: str) -> list[str]:
    """A kedro command in the test environment with everything below ``root``."""
    params = {
        "data_root": root,
        "texas_root": root / "texas",
        "photos_root": root / "photos",
        "meshes_root": root / "meshes",
        "tracking_uri": f"sqlite:///{root}/mlflow.db",
        "artifact_root": root / "artifacts",
        **runtime_params,
    }
    listed = ",".join(f"{key}={value}" for key, value in params.items())
    return [sys.executable, "-m", "kedro", *arguments, "--env=test", f"--params={listed}"]


def kedro(*arguments: str, root: Path, **runtime_params: str) -> subprocess.CompletedProcess[str]:
    """Run kedro to its end."""
    return subprocess.run(
        command(*arguments, root=root, **runtime_params),
        cwd=PROJECT,
        env={**os.environ, "COLUMNS": "200"},
        capture_output=True,
        text=True,
        check=False,
    )
