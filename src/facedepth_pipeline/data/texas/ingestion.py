"""List the portrait/range pairs of a Texas tree, each one checked."""

import csv
import hashlib
import io
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping
from pathlib import PurePosixPath
from typing import Any, Protocol

import pandas as pd

from facedepth_pipeline.data.texas.fiducials import parse_fiducials
from facedepth_pipeline.data.texas.images import decode_portrait, decode_range
from facedepth_pipeline.data.texas.names import Kind, PairName, parse_file_name
from facedepth_pipeline.depth import FRAME_HEIGHT_PX, FRAME_WIDTH_PX

IMAGE_FOLDERS = (PurePosixPath("PreprocessedImages"), PurePosixPath("."))
METADATA_FILE = "metadata.csv"
METADATA_COLUMNS = ("sex", "age", "ethnicity", "expression", "source", "tone")
MANIFEST_COLUMNS = (
    "image_id",
    "subject_id",
    "captured_at",
    "portrait_path",
    "range_path",
    "fiducials_path",
    "width_px",
    "height_px",
    "portrait_sha256",
    "range_sha256",
    *METADATA_COLUMNS,
)

Progress = Callable[[Iterable[PairName]], Iterable[PairName]]


class TexasSource(Protocol):
    """A tree of files, wherever it lies."""

    def paths(self) -> list[str]:
        """Sorted paths of all files, relative to the root, with forward slashes."""

    def read(self, path: str) -> bytes:
        """Content of one of them."""


def list_pairs(source: TexasSource, progress: Progress = iter) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Find the pairs of a tree and check each of them.

    Images lie in the root or in ``PreprocessedImages/``; other files are left alone. A pair needs
    both images, decodable and of the frame's size, a range image as
    :func:`~facedepth_pipeline.data.texas.images.decode_range` accepts it, and an image id of its own.

    Args:
        source: The tree.
        progress: Wraps the iterable of pairs, for a progress bar.

    Returns:
        ``pair_manifest`` with MANIFEST_COLUMNS, sorted by image_id, and ``rejected_pairs`` with
        ``path`` and ``reason``.
    """
    paths = source.paths()
    halves, rejected = _pair_up(paths)
    fiducials = {
        PurePosixPath(path).name[:30]: path for path in paths if "fiducial" in PurePosixPath(path).name.lower()
    }
    metadata = _read_metadata(source.read(METADATA_FILE)) if METADATA_FILE in paths else {}
    image_ids = Counter(name.image_id for name in halves)
    rows = []
    for name in progress(sorted(halves)):
        found = halves[name]
        some_path = next(iter(found.values()))
        try:
            if image_ids[name.image_id] > 1:
                raise ValueError(f"the image id {name.image_id} is used by {image_ids[name.image_id]} pairs")
            row = _check_pair(source, found)
            row["fiducials_path"] = _check_fiducials(source, fiducials.get(name.prefix))
        except ValueError as error:
            rejected.append((some_path, str(error)))
            continue
        row |= {
            "image_id": name.image_id,
            "subject_id": name.subject_id,
            "captured_at": name.captured_at,
            **metadata.get(name.image_id, {}),
        }
        rows.append(row)
    manifest = pd.DataFrame(rows, columns=MANIFEST_COLUMNS)
    manifest["captured_at"] = pd.to_datetime(manifest["captured_at"])
    return manifest, pd.DataFrame(sorted(rejected), columns=["path", "reason"])


def _pair_up(paths: list[str]) -> tuple[dict[PairName, dict[Kind, str]], list[tuple[str, str]]]:
    """Group image paths by pair name; files with a wrong name or that come twice are rejected."""
    halves: dict[PairName, dict[Kind, str]] = defaultdict(dict)
    rejected = []
    for folder in IMAGE_FOLDERS:
        for path in paths:
            parsed_path = PurePosixPath(path)
            if parsed_path.parent != folder or parsed_path.suffix.lower() != ".png":
                continue
            try:
                name, kind = parse_file_name(parsed_path.name)
            except ValueError as error:
                rejected.append((path, str(error)))
                continue
            if kind in halves[name]:
                rejected.append((path, f"the same file name lies at {halves[name][kind]} already"))
            else:
                halves[name][kind] = path
    return halves, rejected


def _check_pair(source: TexasSource, found: Mapping[Kind, str]) -> dict[str, Any]:
    missing = {"Portrait", "Range"} - set(found)
    if missing:
        raise ValueError(f"its {missing.pop().lower()} image is missing")
    portrait_bytes, range_bytes = source.read(found["Portrait"]), source.read(found["Range"])
    portrait, range_grey = decode_portrait(portrait_bytes), decode_range(range_bytes)
    for what, image in (("portrait", portrait), ("range image", range_grey)):
        if image.shape[:2] != (FRAME_HEIGHT_PX, FRAME_WIDTH_PX):
            raise ValueError(
                f"the {what} is {image.shape[1]} x {image.shape[0]} pixels; "
                f"expected {FRAME_WIDTH_PX} x {FRAME_HEIGHT_PX}"
            )
    return {
        "portrait_path": found["Portrait"],
        "range_path": found["Range"],
        "width_px": portrait.shape[1],
        "height_px": portrait.shape[0],
        "portrait_sha256": hashlib.sha256(portrait_bytes).hexdigest(),
        "range_sha256": hashlib.sha256(range_bytes).hexdigest(),
    }


def _check_fiducials(source: TexasSource, path: str | None) -> str | None:
    """Fiducials are optional; a file that is there must be readable."""
    if path is not None:
        try:
            parse_fiducials(source.read(path).decode("utf-8"))
        except ValueError as error:
            raise ValueError(f"its fiducials file {path} cannot be read: {error}") from error
    return path


def _read_metadata(data: bytes) -> dict[str, dict[str, str]]:
    table = csv.DictReader(io.StringIO(data.decode("utf-8")))
    if "image_id" not in (table.fieldnames or ()):
        raise ValueError(f"{METADATA_FILE} needs a column image_id; received {table.fieldnames}.")
    return {row["image_id"]: {c: row[c] for c in METADATA_COLUMNS if row.get(c)} for row in table}


def accept_manifest(manifest: pd.DataFrame, rejected: pd.DataFrame, max_rejected_fraction: float) -> pd.DataFrame:
    """Hand the manifest on if enough of the database is good.

    Raises:
        ValueError: If no pair is left, or more than ``max_rejected_fraction`` of the entries was
            rejected; the message counts the reasons.
    """
    total = len(manifest) + len(rejected)
    reasons = "; ".join(f"{path}: {reason}" for path, reason in rejected.head(3).itertuples(index=False))
    if manifest.empty:
        raise ValueError(
            "The database holds no usable pair: expected Clean_…_Portrait.png with its Clean_…_Range.png in the "
            f"root or in PreprocessedImages/. {len(rejected)} files were rejected. {reasons}"
        )
    if len(rejected) > max_rejected_fraction * total:
        raise ValueError(
            f"{len(rejected)} of {total} entries were rejected, more than ingest.max_rejected_fraction = "
            f"{max_rejected_fraction}. All are listed in rejected_pairs.csv; the first: {reasons}"
        )
    return manifest
