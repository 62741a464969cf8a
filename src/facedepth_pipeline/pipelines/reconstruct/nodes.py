"""Nodes of ``reconstruct``."""

from collections.abc import Iterator
from typing import Any

import pandas as pd
from matplotlib.figure import Figure
from tqdm import tqdm

from facedepth_pipeline import batch
from facedepth_pipeline.datasets.photos import PhotosOnDisk
from facedepth_pipeline.datasets.reconstructions import ReconstructionsOnDisk
from facedepth_pipeline.evaluation.figures import draw_reconstructions
from facedepth_pipeline.manifest import accept_newest, newest_results
from facedepth_pipeline.parameters import ReconstructionParameters
from facedepth_pipeline.prediction import DepthGenerator
from facedepth_pipeline.tracking.runs import active_run_id


def reconstruct_photos(
    photos: PhotosOnDisk,
    champion_generator: tuple[DepthGenerator, str],
    parameters: ReconstructionParameters,
    promotion: dict[str, Any] | None = None,  # not read: it makes this node wait for it
) -> Iterator[batch.PhotoResult]:
    """Reconstruct each photo as it is saved; a bad one becomes a result with a reason."""
    generator, model_uri = champion_generator
    progress = tqdm(photos, desc="reconstructing", unit="photo", total=len(photos))
    return batch.reconstruct_photos(progress, generator, batch.MadeBy(model_uri, parameters, active_run_id()))


def list_reconstructions(reconstructions: ReconstructionsOnDisk) -> pd.DataFrame:
    """List every result there is, of this run and of earlier ones."""
    return reconstructions.records()


def draw_sheet(reconstruction_manifest: pd.DataFrame, reconstructions: ReconstructionsOnDisk) -> Figure:
    """Draw the newest results, one below the other."""
    done = newest_results(reconstruction_manifest).query("status == 'done'").tail(12)
    records = done[["file_name", "folder"]].to_dict("records")
    return draw_reconstructions({row["file_name"]: reconstructions.preview(row["folder"]) for row in records})


def accept_reconstructions(reconstruction_manifest: pd.DataFrame, parameters: ReconstructionParameters) -> None:
    """Fail the run, after everything is written, if too many photos were rejected."""
    accept_newest(reconstruction_manifest, parameters.max_rejected_fraction)
