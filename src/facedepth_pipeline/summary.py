"""The table that ends a run."""

from collections.abc import Mapping
from typing import Any

import pandas as pd
from rich.console import Console
from rich.table import Table

from facedepth_pipeline.manifest import newest_results


def print_summary(
    metrics: Mapping[str, Any] | None,
    promotion: Mapping[str, Any] | None,
    manifest: pd.DataFrame | None,
    places: Mapping[str, str],
) -> None:
    """Print metrics of the held-out subjects, the number of meshes, and where everything lies.

    Args:
        metrics: ``depth_metrics``, or None if this run did not evaluate.
        promotion: Whether the generator became champion, or None if this run did not decide.
        manifest: ``reconstruction_manifest``, or None if this run did not reconstruct.
        places: Path of each thing to look at, or the command that shows it, by its title.
    """
    console = Console()
    if metrics is not None:
        console.print(_metrics_table(metrics))
    if promotion is not None:
        outcome = "[bold]promoted[/bold]" if promotion["promoted"] else "not promoted"
        console.print(f"Champion: {outcome}. {promotion['reason']}", highlight=False)
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
    for name, figures in {"generator": metrics, **metrics["baselines"]}.items():
        interval = figures["mae_mm_ci95"]
        around = f"  [{interval[0]:.2f}, {interval[1]:.2f}]" if interval else ""
        table.add_row(name.replace("_", " "), f"{figures['mae_mm']:.2f}{around}", f"{figures['rmse_mm']:.2f}")
    return table
