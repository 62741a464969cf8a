"""Tables of results: ``reconstruction_manifest``, and the parts it is compacted from."""

from collections.abc import Collection, Iterable

import pandas as pd

from facedepth_pipeline.jobs.plan import SET_ASIDE
from facedepth_pipeline.reconstruction.record import FACE_COLUMNS, FORMER_COLUMNS, PHOTO_COLUMNS

COLUMNS = (*PHOTO_COLUMNS, *FACE_COLUMNS)
NUMBERS = (
    "mm_per_photo_px", "head_yaw_deg", "head_pitch_deg", "pixel_pitch_x_mm", "pixel_pitch_y_mm",
    "extent_x_mm", "extent_y_mm", "extent_z_mm", "uncertainty_mm",
)  # fmt: skip
WHOLE_NUMBERS = ("size_bytes", "face", "vertices", "triangles")
ATTEMPTED = ("file_name", "photo_id", "result_key")  # what a group of rows is about; its rows are faces


def as_table(rows: Iterable[dict[str, object]] | pd.DataFrame) -> pd.DataFrame:
    """Rows of :func:`~facedepth_pipeline.reconstruction.record.face_rows` as a table of fixed columns and types.

    Columns of earlier versions get their present names.
    """
    table = rows.rename(columns=FORMER_COLUMNS) if isinstance(rows, pd.DataFrame) else pd.DataFrame(list(rows))
    table = table.reindex(columns=list(COLUMNS))
    return table.astype(
        dict.fromkeys(COLUMNS, "string") | dict.fromkeys(NUMBERS, "Float64") | dict.fromkeys(WHOLE_NUMBERS, "Int64")
    )


def compacted(tables: Iterable[pd.DataFrame]) -> pd.DataFrame:
    """One table of many: the newest rows of each photo file, content, model and parameters, oldest first.

    That a photo was set aside is forgotten when it was done later.
    """
    rows = pd.concat([as_table([]), *map(as_table, tables)], ignore_index=True)
    groups = rows.groupby(list(ATTEMPTED), dropna=False)["finished_at"]
    rows = rows[rows["finished_at"] == groups.transform("max")]
    rows = rows.drop_duplicates([*ATTEMPTED, "face"], keep="last")
    aside, attempt = is_set_aside(rows), pd.MultiIndex.from_frame(rows[["file_name", "result_key"]])
    superseded = aside & attempt.isin(attempt[~aside])
    return rows[~superseded].sort_values(["finished_at", "file_name", "face"], ignore_index=True)


def is_set_aside(rows: pd.DataFrame) -> pd.Series:
    """Rows of photos that a job could not do though nothing is known to be wrong with them."""
    aside: pd.Series = rows["reason_code"].isin([*SET_ASIDE, "unreadable"]).astype(bool)
    return aside


def known_files(manifest: pd.DataFrame, result_keys: Collection[str], redo: str) -> set[tuple[str, int, str]]:
    """Name, size and time of the photo files that a job need not look at.

    Args:
        manifest: Rows of earlier jobs.
        result_keys: Keys of the model and parameters in question.
        redo: ``none``; ``set_aside``: photos that failed are not known; ``all``: none is.
    """
    if redo == "all":
        return set()
    rows = manifest[manifest["result_key"].isin(list(result_keys))].dropna(subset=["size_bytes", "modified"])
    again = is_set_aside(rows) if redo == "set_aside" else rows["reason_code"].eq("unreadable").fillna(False)
    rows = rows[~again.astype(bool)]
    return set(zip(rows["file_name"], rows["size_bytes"].astype(int), rows["modified"], strict=True))


def newest_results(manifest: pd.DataFrame) -> pd.DataFrame:
    """Rows made by the model version and parameters that were used last."""
    return manifest[manifest["result_key"] == manifest["result_key"].iloc[-1]] if len(manifest) else manifest
