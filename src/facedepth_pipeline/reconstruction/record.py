"""What ``result.json`` says of a photo, and the rows of the manifest that follow from it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

RECORD_FILE = "result.json"
PREVIEW_FILE = "preview.png"
PHOTO_COLUMNS = (
    "photo_id",
    "result_key",
    "file_name",
    "photo_sha256",
    "model_uri",
    "run_id",
    "job_id",
    "finished_at",
    "size_bytes",
    "modified",
)
FACE_COLUMNS = (
    "face",
    "status",
    "reason_code",
    "reason",
    "alignment",
    "scale",
    "mm_per_photo_px",
    "head_yaw_deg",
    "head_pitch_deg",
    "pixel_pitch_x_mm",
    "pixel_pitch_y_mm",
    "extent_x_mm",
    "extent_y_mm",
    "extent_z_mm",
    "uncertainty_mm",
    "vertices",
    "triangles",
    "folder",
)
FORMER_COLUMNS = {  # of results that were made before version 0.2
    "yaw_deg": "head_yaw_deg",
    "pitch_deg": "head_pitch_deg",
    "pitch_x_mm": "pixel_pitch_x_mm",
    "pitch_y_mm": "pixel_pitch_y_mm",
    "width_mm": "extent_x_mm",
    "height_mm": "extent_y_mm",
    "depth_mm": "extent_z_mm",
    "doubt_mm": "uncertainty_mm",
}

Record = dict[str, Any]  # of a photo, as in result.json


@dataclass(frozen=True)
class Stamp:
    """Notes around a result; none of them changes what is in the other files.

    Attributes:
        finished_at: Time with a time zone.
        job_id: Id of the batch job that made it.
        size_bytes: Size of the photo's file.
        modified: When its file was written, as its storage says it; a later job takes a file of the same name, size
            and time for the same photo.
    """

    finished_at: datetime
    job_id: str | None = None
    size_bytes: int | None = None
    modified: str | None = None


def face_rows(record: Mapping[str, Any]) -> list[Record]:
    """Rows of the manifest, one per face, from a record; ``folder`` is below that of all results."""
    photo = {name: record.get(name) for name in PHOTO_COLUMNS}
    faces = [{FORMER_COLUMNS.get(name, name): value for name, value in face.items()} for face in record["faces"]]
    if photo["photo_id"] is None:  # set aside: there is no result
        return [{**photo, **face} for face in faces]
    folder = f"{record['photo_id']}/{record['result_key']}"
    return [{**photo, **face, "folder": f"{folder}/{face['folder']}".rstrip("/")} for face in faces]
