"""Results of photos: a folder each, whole or not there."""

import json
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from kedro.io import AbstractDataset
from PIL import Image

from facedepth_pipeline.batch import PhotoResult
from facedepth_pipeline.datasets.files import replace_folder
from facedepth_pipeline.depth import MM_PER_PNG_LEVEL, depth_to_png_levels
from facedepth_pipeline.inference import Reconstruction
from facedepth_pipeline.mesh import export
from facedepth_pipeline.mesh.preview import render_views
from facedepth_pipeline.photo.refusal import PhotoRefused

RECORD_FILE = "result.json"
PREVIEW_FILE = "preview.png"
COLUMNS = (
    "photo_id",
    "result_key",
    "file_name",
    "photo_sha256",
    "model_uri",
    "finished_at",
    "status",
    "reason_code",
    "reason",
    "alignment",
    "pitch_x_mm",
    "pitch_y_mm",
    "width_mm",
    "height_mm",
    "depth_mm",
    "vertices",
    "triangles",
    "folder",
)


class ReconstructionsOnDisk:
    """Results below a folder: ``<photo_id>/<result_key>/``."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def records(self) -> pd.DataFrame:
        """One row a result with COLUMNS, oldest first; ``folder`` is its path below the root."""
        records = [
            {
                "folder": path.parent.relative_to(self._folder).as_posix(),
                **json.loads(path.read_text("utf-8")),
            }
            for path in sorted(self._folder.glob(f"*/*/{RECORD_FILE}"))
            if not path.parent.name.startswith(".")
        ]
        return pd.DataFrame(records, columns=COLUMNS).sort_values(["finished_at", "file_name"], ignore_index=True)

    def preview(self, folder: str) -> np.ndarray:
        """(H, W, 3) uint8 picture of one result."""
        with Image.open(self._folder / folder / PREVIEW_FILE) as image:
            return np.asarray(image.convert("RGB"))


class ReconstructionsDataset(AbstractDataset[Iterable[PhotoResult], ReconstructionsOnDisk]):
    """Folder of results. Saving takes them one at a time; each appears whole, beside earlier ones.

    A result holds ``depth.png`` (16 bit, 0.01 mm a level, 0 = no surface), ``point_cloud.ply``,
    ``wireframe.ply`` and the mesh as ``mesh.ply`` (millimetres) and ``mesh.glb`` (metres, with the
    photo as texture), ``preview.png`` and ``result.json``; a refused photo has the last alone.

    Args:
        filepath: The folder (``meshes_root``).
        metadata: For Kedro-Viz; not used here.
    """

    def __init__(self, *, filepath: str, metadata: dict[str, Any] | None = None) -> None:
        self._filepath = Path(filepath)
        self.metadata = metadata

    def load(self) -> ReconstructionsOnDisk:
        """Open the folder."""
        return ReconstructionsOnDisk(self._filepath)

    def save(self, data: Iterable[PhotoResult]) -> None:
        """Write results as they come."""
        for result in data:
            with replace_folder(self._filepath / result.photo_id / result.result_key) as folder:
                record = _record(result)
                if isinstance(result.outcome, Reconstruction):
                    _write_files(folder, result, result.outcome)
                (folder / RECORD_FILE).write_text(json.dumps(record, indent=2), encoding="utf-8")

    def _exists(self) -> bool:
        return self._filepath.is_dir()

    def _describe(self) -> dict[str, Any]:
        return {"filepath": str(self._filepath)}


def _record(result: PhotoResult) -> dict[str, Any]:
    record: dict[str, Any] = {
        "photo_id": result.photo_id,
        "result_key": result.result_key,
        "file_name": result.file_name,
        "photo_sha256": result.photo_sha256,
        "model_uri": result.model_uri,
        "finished_at": datetime.now(UTC).isoformat(),
    }
    if isinstance(result.outcome, PhotoRefused):
        return record | {
            "status": "rejected",
            "reason_code": str(result.outcome.reason_code),
            "reason": result.outcome.sentence,
        }
    reconstruction = result.outcome
    width, height, depth = np.ptp(reconstruction.mesh.vertices, axis=0).round(2).tolist()
    return record | {
        "status": "done",
        "alignment": reconstruction.prepared.alignment.method,
        "pitch_x_mm": reconstruction.depth_map.pitch.x_mm,
        "pitch_y_mm": reconstruction.depth_map.pitch.y_mm,
        "width_mm": width,
        "height_mm": height,
        "depth_mm": depth,
        "vertices": len(reconstruction.mesh.vertices),
        "triangles": len(reconstruction.mesh.triangles),
    }


def _write_files(folder: Path, result: PhotoResult, reconstruction: Reconstruction) -> None:
    pitch = reconstruction.depth_map.pitch
    provenance = {
        "generator": "facedepth_pipeline",
        "photo_sha256": result.photo_sha256,
        "model": result.model_uri,
        "result_key": result.result_key,
        "pitch_mm": f"{pitch.x_mm:.6f} {pitch.y_mm:.6f}",
    }
    levels = Image.fromarray(depth_to_png_levels(reconstruction.depth_map))
    levels.save(folder / "depth.png")
    sidecar = {
        "unit": "mm",
        "mm_per_level": MM_PER_PNG_LEVEL,
        "pitch_x_mm": pitch.x_mm,
        "pitch_y_mm": pitch.y_mm,
    }
    (folder / "depth.json").write_text(json.dumps(sidecar, indent=2), encoding="utf-8")
    mesh, texture = reconstruction.mesh, reconstruction.prepared.texture
    export.write_point_cloud_ply(folder / "point_cloud.ply", reconstruction.point_cloud, provenance)
    export.write_line_set_ply(folder / "wireframe.ply", reconstruction.wireframe, provenance)
    export.write_mesh_ply(folder / "mesh.ply", mesh, provenance)
    export.write_mesh_glb(folder / "mesh.glb", mesh, texture, provenance)
    views = np.hstack([render_views(mesh, (0.0,), textured=True), render_views(mesh)])
    Image.fromarray(views).save(folder / PREVIEW_FILE)
