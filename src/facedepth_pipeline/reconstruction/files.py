"""What became of a photo, as files in a folder. One of the modules that open files.

The folder of a photo holds ``result.json``, and for its face (further ones in ``face_2/`` and so on):

* ``depth.png``: 16 bit, 0.01 mm a level, 0 = no surface; ``depth.npy``: float32 mm, NaN = no surface;
* ``doubt.png``: standard deviation of the depth likewise, where samples were drawn;
* ``depth.json``: unit and pitch of both;
* ``preview.png``: photo, depth in colours, and the mesh from three sides;
* of ``mesh.glb``, ``mesh.ply``, ``mesh.obj`` (with ``mesh.mtl`` and ``mesh.jpg``), ``mesh.stl``, ``mesh.html``,
  ``point_cloud.ply`` and ``wireframe.ply`` those that were asked for.
"""

import io
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from facedepth_pipeline import __version__
from facedepth_pipeline.depth import MM_PER_PNG_LEVEL, DepthMap, depth_to_png_levels
from facedepth_pipeline.mesh import export, glb
from facedepth_pipeline.mesh.preview import preview
from facedepth_pipeline.photo.refusal import PhotoRefused
from facedepth_pipeline.reconstruction.build import ReconstructedFace
from facedepth_pipeline.reconstruction.provenance import MadeBy
from facedepth_pipeline.reconstruction.reconstruct import PhotoResult
from facedepth_pipeline.reconstruction.record import PREVIEW_FILE, RECORD_FILE, Stamp
from facedepth_pipeline.storage.whole_files import write_atomically

PNG_EFFORT = 3  # of 9; 6, the default, takes two and a half times as long to save a sixteenth of the bytes


def write_result(folder: Path, result: PhotoResult, stamp: Stamp) -> dict[str, Any]:
    """Write everything of one photo, ``result.json`` last.

    Args:
        folder: Exists and is empty.
        result: What became of the photo.
        stamp: When, and by which job.

    Returns:
        What ``result.json`` says; :func:`~facedepth_pipeline.reconstruction.record.face_rows` makes rows of it.
    """
    faces = []
    for number, outcome in enumerate(result.outcomes, start=1):
        below = "" if number == 1 else f"face_{number}"
        (folder / below).mkdir(exist_ok=True)
        if isinstance(outcome, ReconstructedFace):
            _write_files(
                folder / below, outcome, provenance(result.photo_sha256, result.made_by, outcome), result.made_by
            )
        faces.append({"face": number, **_face_record(outcome), "folder": below})
    record = {
        "photo_id": result.photo_id,
        "result_key": result.made_by.result_key,
        "file_name": result.file_name,
        "photo_sha256": result.photo_sha256,
        "model_uri": result.made_by.model_uri,
        "run_id": result.made_by.run_id,
        "job_id": stamp.job_id,
        "parameters": result.made_by.parameters.model_dump(mode="json"),
        "finished_at": stamp.finished_at.isoformat(timespec="milliseconds"),
        "size_bytes": stamp.size_bytes,
        "modified": stamp.modified,
        "faces": faces,
    }
    write_atomically(folder / RECORD_FILE, json.dumps(record, indent=2).encode())
    return record


def provenance(photo_sha256: str, made_by: MadeBy, face: ReconstructedFace) -> dict[str, str]:
    """What each file of a face says about where it comes from.

    Args:
        photo_sha256: Of the photo's bytes.
        made_by: Model and parameters.
        face: What was made of it.
    """
    pitch = face.depth_map.pitch
    return {
        "photo_sha256": photo_sha256,
        "model": made_by.model_uri,
        "run_id": made_by.run_id or "none",
        "result_key": made_by.result_key,
        "generator": f"facedepth_pipeline {__version__}",
        "parameters": made_by.shaping,
        "scale": face.prepared.scale,
        "pitch_mm": f"{pitch.x_mm} {pitch.y_mm}",
    }


def _face_record(outcome: ReconstructedFace | PhotoRefused) -> dict[str, Any]:
    if isinstance(outcome, PhotoRefused):
        return {"status": "rejected", "reason_code": str(outcome.reason_code), "reason": outcome.sentence}
    alignment, pitch = outcome.prepared.alignment, outcome.depth_map.pitch
    width, height, depth = (round(float(side), 2) for side in np.ptp(outcome.mesh.vertices, axis=0))
    return {
        "status": "done",
        "alignment": alignment.method,
        "scale": outcome.prepared.scale,
        "mm_per_photo_px": round(alignment.mm_per_photo_px, 5),
        "yaw_deg": None if alignment.pose is None else round(alignment.pose.yaw_deg, 1),
        "pitch_deg": None if alignment.pose is None else round(alignment.pose.pitch_deg, 1),
        "pitch_x_mm": pitch.x_mm,
        "pitch_y_mm": pitch.y_mm,
        "width_mm": width,
        "height_mm": height,
        "depth_mm": depth,
        "doubt_mm": (
            None if outcome.doubt_mm is None else round(float(outcome.doubt_mm[outcome.depth_map.valid].mean()), 3)
        ),
        "vertices": len(outcome.mesh.vertices),
        "triangles": len(outcome.mesh.triangles),
    }


def _write_files(folder: Path, reconstruction: ReconstructedFace, origin: Mapping[str, str], made_by: MadeBy) -> None:
    depth_map, mesh = reconstruction.depth_map, reconstruction.mesh
    _write_depth(folder, depth_map, reconstruction.doubt_mm)
    formats = set(made_by.parameters.formats)
    if "point_cloud" in formats:
        export.write_point_cloud_ply(folder / "point_cloud.ply", reconstruction.point_cloud, origin)
    if "wireframe" in formats:
        export.write_line_set_ply(folder / "wireframe.ply", reconstruction.wireframe, origin)
    if "ply" in formats:
        export.write_mesh_ply(folder / "mesh.ply", mesh, origin)
    if "stl" in formats:
        export.write_mesh_stl(folder / "mesh.stl", mesh, origin)
    if formats & {"glb", "obj", "html"}:
        texture_jpeg = glb.encode_texture(reconstruction.texture)
    if "glb" in formats:
        export.write_mesh_glb(folder / "mesh.glb", mesh, texture_jpeg, origin)
    if "obj" in formats:
        export.write_mesh_obj(folder / "mesh.obj", mesh, texture_jpeg, origin)
    if "html" in formats:
        export.write_mesh_html(folder / "mesh.html", mesh, reconstruction.wireframe, texture_jpeg, origin)
    picture = Image.fromarray(preview(reconstruction.prepared.photo_256, depth_map, mesh, reconstruction.doubt_mm))
    write_atomically(folder / PREVIEW_FILE, _png(picture))


def _write_depth(folder: Path, depth_map: DepthMap, doubt_mm: np.ndarray | None) -> None:
    write_depth_png(folder / "depth.png", depth_map)
    if doubt_mm is not None:
        doubt = DepthMap(doubt_mm, depth_map.valid, depth_map.pitch)
        write_atomically(folder / "doubt.png", _png(Image.fromarray(depth_to_png_levels(doubt))))
    values = io.BytesIO()
    np.save(values, np.where(depth_map.valid, depth_map.depth_mm, np.float32("nan")))
    write_atomically(folder / "depth.npy", values.getvalue())


def write_depth_png(path: Path, depth_map: DepthMap) -> None:
    """Write a 16-bit PNG of 0.01 mm a level, 0 = no surface, and a ``.json`` beside it that says unit and pitch."""
    write_atomically(path, _png(Image.fromarray(depth_to_png_levels(depth_map))))
    sidecar = {
        "unit": "mm",
        "mm_per_level": MM_PER_PNG_LEVEL,
        "pitch_x_mm": depth_map.pitch.x_mm,
        "pitch_y_mm": depth_map.pitch.y_mm,
    }
    write_atomically(path.with_suffix(".json"), json.dumps(sidecar, indent=2).encode())


def _png(image: Image.Image) -> bytes:
    data = io.BytesIO()
    image.save(data, format="PNG", compress_level=PNG_EFFORT)
    return data.getvalue()
