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
    "yaw_deg",
    "pitch_deg",
    "pitch_x_mm",
    "pitch_y_mm",
    "width_mm",
    "height_mm",
    "depth_mm",
    "doubt_mm",
    "vertices",
    "triangles",
    "folder",
)


@dataclass(frozen=True)
class Stamp:
    """Around a result; none of it changes what is in the other files.

    Attributes:
        finished_at: With a time zone.
        job_id: Of the batch job that made it.
        size_bytes: Of the photo's file.
        modified: When its file was written, as its storage says it; a later job takes a file of the same name, size
            and time for the same photo.
    """

    finished_at: datetime
    job_id: str | None = None
    size_bytes: int | None = None
    modified: str | None = None


def face_rows(record: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Rows of the manifest, one a face, from what a ``result.json`` says; ``folder`` is below that of all results."""
    photo = {name: record.get(name) for name in PHOTO_COLUMNS}
    if photo["photo_id"] is None:  # set aside: there is no result
        return [{**photo, **face} for face in record["faces"]]
    folder = f"{record['photo_id']}/{record['result_key']}"
    return [{**photo, **face, "folder": f"{folder}/{face['folder']}".rstrip("/")} for face in record["faces"]]
