"""The table that ends a run."""

from collections.abc import Mapping
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from facedepth_pipeline.jobs.record import JobRecord


def print_summary(
    metrics: Mapping[str, Any] | None,
    promotion: Mapping[str, Any] | None,
    job: JobRecord | None,
    places: Mapping[str, str],
) -> None:
    """Print metrics of the held-out subjects, what became of photos, and where everything lies.

    Args:
        metrics: ``depth_metrics``, or None if this run did not evaluate.
        promotion: Whether the generator became champion, or None if this run did not decide.
        job: What became of the photos, or None if this run did not reconstruct.
        places: Path of each thing to look at, or the command that shows it, by its title.
    """
    console = Console()
    if metrics is not None:
        console.print(_metrics_table(metrics))
    if promotion is not None:
        outcome = "[bold]promoted[/bold]" if promotion["promoted"] else "not promoted"
        console.print(f"Champion: {outcome}. {promotion['reason']}", highlight=False)
    if job is not None:
        console.print(_job_table(job))
        if job.handled:
            rate = f"{job.handled / job.seconds:.1f} photos/s, {job.seconds_per_photo:.2f} s a photo"
            console.print(f"{job.seconds:.0f} s with {job.workers} processes, their start included: {rate}")
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


def _job_table(job: JobRecord) -> Table:
    which = "" if job.num_shards == 1 else f", shard {job.shard} of {job.num_shards}"
    title = f"{job.listed:,} photos{which}, {job.to_do:,} of them new, by {job.model_uri}"
    table = Table(title=title, title_justify="left")
    table.add_column("what became of them")
    table.add_column("photos", justify="right")
    table.add_column("", overflow="fold")
    table.add_row("reconstructed", f"[bold]{job.done:,}[/bold]", f"{job.faces:,} faces reconstructed")
    for code, count in job.rejected.most_common():
        table.add_row(f"rejected: {code.replace('_', ' ')}", f"{count:,}", Text(job.examples[code][0]))
    if job.found:
        table.add_row("found", f"{job.found:,}", "made before, by a job that was killed or under another name")
    table.add_row("skipped", f"{job.skipped:,}", "done by earlier jobs")
    left = job.to_do - job.handled - job.found
    if left:
        table.add_row("[bold]not done[/bold]", f"{left:,}", Text(job.stopped_by or ""))
    if job.retries:
        table.add_row("tried again", f"{job.retries:,}", "after a failure, each time counted")
    return table
