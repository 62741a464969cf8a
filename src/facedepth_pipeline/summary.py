"""The table that ends a run."""

from collections.abc import Mapping
from typing import Any

import pandas as pd
from rich.console import Console
from rich.table import Table

from facedepth_pipeline.manifest import newest_results


def print_summary(metrics: Mapping[str, Any] | None, manifest: pd.DataFrame | None, places: Mapping[str, str]) -> None:
    """Print metrics of the held-out subjects, the number of meshes, and where everything lies.

    Args:
        metrics: ``depth_metrics``, or None if this run did not evaluate.
        manifest: ``reconstruction_manifest``, or None if this run did not reconstruct.
        places: Path of each thing to look at, or the command that shows it, by its title.
    """
    console = Console()
    if metrics is not None:
        console.print(_metrics_table(metrics))
    if manifest is not None:
        newest = newest_results(manifest)
        done = int((newest["status"] == "done").sum())
        rejected = len(newest) - done
        console.print(f"Meshes: [bold]{done}[/bold] faces reconstructed, {rejected} photos rejected")
    for title, place in places.items():
        console.print(f"{title:>14}: {place}", soft_wrap=True, highlight=False)


def _metrics_table(metrics: Mapping[str, Any]) -> Table:
    title = f"{metrics['subjects']} held-out subjects, {metrics['images']} images"
    table = Table("", "MAE (mm)", "RMSE (mm)", title=title, title_justify="left")
    low, high = metrics["mae_mm_ci95"]
    table.add_row("generator", f"{metrics['mae_mm']:.2f}  [{low:.2f}, {high:.2f}]", f"{metrics['rmse_mm']:.2f}")
    for name, baseline in metrics["baselines"].items():
        low, high = baseline["mae_mm_ci95"]
        table.add_row(
            name.replace("_", " "),
            f"{baseline['mae_mm']:.2f}  [{low:.2f}, {high:.2f}]",
            f"{baseline['rmse_mm']:.2f}",
        )
    return table
