"""What became of a photo, as files in a folder. One of the modules that open files.

The folder of a photo holds ``result.json``, and for its face (further ones in ``face_2/`` and so on):

* ``depth.png``: 16 bit, 0.01 mm per level, 0 = no surface; ``depth.npy``: float32 mm, NaN = no surface;
* ``uncertainty.png``: standard deviation of the depth likewise, where samples were drawn;
* ``depth.json``: unit and pitch of both;
* ``preview.png``: photo, depth in colours, and the mesh from three sides;
* the formats that were asked for, see :mod:`facedepth_pipeline.mesh.formats`.
"""

import io
import json
from pathlib import Path

import numpy as np

from facedepth_pipeline import __version__
from facedepth_pipeline.depth import DepthMap
from facedepth_pipeline.mesh.formats import DEPTH_PNG, FORMATS, write_format
from facedepth_pipeline.mesh.pictures import depth_png, png
from facedepth_pipeline.mesh.preview import preview
from facedepth_pipeline.photo.refusal import PhotoRefused
from facedepth_pipeline.reconstruction.build import ReconstructedFace
from facedepth_pipeline.reconstruction.provenance import Provenance
from facedepth_pipeline.reconstruction.reconstruct import PhotoResult
from facedepth_pipeline.reconstruction.record import PREVIEW_FILE, RECORD_FILE, Record, Stamp
from facedepth_pipeline.storage.whole_files import write_atomically


def write_result(folder: Path, result: PhotoResult, stamp: Stamp) -> Record:
    """Write everything of one photo, ``result.json`` last.

    Args:
        folder: Folder that exists and is empty.
        result: What became of the photo.
        stamp: When it was made, and by which job.

    Returns:
        What ``result.json`` says; :func:`~facedepth_pipeline.reconstruction.record.face_rows` makes rows of it.
    """
    faces = []
    for number, outcome in enumerate(result.outcomes, start=1):
        below = "" if number == 1 else f"face_{number}"
        (folder / below).mkdir(exist_ok=True)
        if isinstance(outcome, ReconstructedFace):
            _write_face(folder / below, outcome, result)
        faces.append({"face": number, **_face_record(outcome), "folder": below})
    record = {
        "photo_id": result.photo_id,
        "result_key": result.provenance.result_key,
        "file_name": result.file_name,
        "photo_sha256": result.photo_sha256,
        "model_uri": result.provenance.model_uri,
        "run_id": result.provenance.run_id,
        "job_id": stamp.job_id,
        "parameters": result.provenance.parameters.model_dump(mode="json"),
        "finished_at": stamp.finished_at.isoformat(timespec="milliseconds"),
        "size_bytes": stamp.size_bytes,
        "modified": stamp.modified,
        "faces": faces,
    }
    write_atomically(folder / RECORD_FILE, json.dumps(record, indent=2).encode())
    return record


def provenance_fields(photo_sha256: str, provenance: Provenance, face: ReconstructedFace) -> dict[str, str]:
    """What each file of a face says about where it comes from.

    Args:
        photo_sha256: SHA-256 of the photo's bytes.
        provenance: Model and parameters.
        face: Face that was made of it.
    """
    pitch = face.depth_map.pitch
    return {
        "photo_sha256": photo_sha256,
        "model": provenance.model_uri,
        "run_id": provenance.run_id or "none",
        "result_key": provenance.result_key,
        "generator": f"facedepth_pipeline {__version__}",
        "parameters": json.dumps(provenance.shaping, separators=(",", ":")),
        "scale": str(face.prepared.scale),
        "pixel_pitch_mm": f"{pitch.x_mm} {pitch.y_mm}",
    }


def _face_record(outcome: ReconstructedFace | PhotoRefused) -> Record:
    if isinstance(outcome, PhotoRefused):
        return {"status": "rejected", "reason_code": str(outcome.reason_code), "reason": outcome.sentence}
    alignment, pitch = outcome.prepared.alignment, outcome.depth_map.pitch
    extent_x, extent_y, extent_z = (round(float(side), 2) for side in np.ptp(outcome.mesh.vertices, axis=0))
    uncertainty_mm, valid = outcome.uncertainty_mm, outcome.depth_map.valid
    return {
        "status": "done",
        "alignment": alignment.method,
        "scale": str(outcome.prepared.scale),
        "mm_per_photo_px": round(alignment.mm_per_photo_px, 5),
        "head_yaw_deg": None if alignment.pose is None else round(alignment.pose.yaw_deg, 1),
        "head_pitch_deg": None if alignment.pose is None else round(alignment.pose.pitch_deg, 1),
        "pixel_pitch_x_mm": pitch.x_mm,
        "pixel_pitch_y_mm": pitch.y_mm,
        "extent_x_mm": extent_x,
        "extent_y_mm": extent_y,
        "extent_z_mm": extent_z,
        "uncertainty_mm": None if uncertainty_mm is None else round(float(uncertainty_mm[valid].mean()), 3),
        "vertices": len(outcome.mesh.vertices),
        "triangles": len(outcome.mesh.triangles),
    }


def _write_face(folder: Path, face: ReconstructedFace, result: PhotoResult) -> None:
    fields = provenance_fields(result.photo_sha256, result.provenance, face)
    depth_map = face.depth_map
    for name in (DEPTH_PNG, *dict.fromkeys(result.provenance.parameters.formats)):
        row = FORMATS[name]
        write_format(name, folder / f"{row.stem}{row.suffix}", face, fields)
    if face.uncertainty_mm is not None:
        uncertainty = DepthMap(face.uncertainty_mm, depth_map.valid, depth_map.pitch)
        write_atomically(folder / "uncertainty.png", depth_png(uncertainty))
    values = io.BytesIO()
    np.save(values, np.where(depth_map.valid, depth_map.depth_mm, np.float32("nan")))
    write_atomically(folder / "depth.npy", values.getvalue())
    picture = preview(face.prepared.photo_256, depth_map, face.mesh, face.uncertainty_mm)
    write_atomically(folder / PREVIEW_FILE, png(picture))
