"""Contact sheets of a rendered database: portraits beside their range images, with who and what they show."""

import csv
import io
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from math import ceil

import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from PIL import Image

from facedepth_pipeline.data.texas.images import decode_portrait, decode_range
from facedepth_pipeline.data.texas.ingestion import METADATA_FILE, TexasSource
from facedepth_pipeline.data.texas.names import parse_file_name

DPI = 100
TILE_WIDTH_PX, TILE_HEIGHT_PX = 184, 276
GAP_PX = 22  # between pairs
LABEL_PX = 48  # two lines of text below each pair
HEADING_PX = 40  # above a group
TITLE_PX = 64
FEWEST_ROWS = 4  # of a sheet by groups, as long as there are takes


@dataclass(frozen=True, eq=False)
class Shot:
    """One pair of a sheet.

    Attributes:
        portrait: (H, W, 3) uint8 RGB.
        range_grey: (H, W) uint8, near is bright.
        label: One or two lines of text.
    """

    portrait: np.ndarray
    range_grey: np.ndarray
    label: str


def list_rendered(source: TexasSource) -> pd.DataFrame:
    """The metadata table of a stand-in with where its pairs lie; no image is read.

    Returns:
        A row for each pair, sorted by image id: ``subject_id``, ``portrait_path`` and ``range_path`` beside
        the columns of ``metadata.csv``, all of them texts.
    """
    rows = {row["image_id"]: row for row in csv.DictReader(io.StringIO(source.read(METADATA_FILE).decode("utf-8")))}
    for path in source.paths():
        if path.startswith("PreprocessedImages/Clean_"):
            name, kind = parse_file_name(path.rpartition("/")[2])
            rows[name.image_id] |= {"subject_id": name.subject_id, f"{kind.lower()}_path": path}
    return pd.DataFrame(list(rows.values())).sort_values("image_id", ignore_index=True)


def choose_people(rendered: pd.DataFrame, count: int) -> pd.DataFrame:
    """The first take of people spread evenly over the list; all of them if there are no more than ``count``."""
    return _spread(rendered.drop_duplicates("subject_id"), count)


def choose_groups(rendered: pd.DataFrame, column: str, columns: int) -> dict[str, pd.DataFrame]:
    """Some takes for each value of a column, the most frequent value first, of as many people as possible.

    Args:
        rendered: From :func:`list_rendered`.
        column: What to group by.
        columns: Takes in a row of the sheet; each group fills one, and more if there are few groups.
    """
    sizes = rendered[column].value_counts()
    rows = ceil(FEWEST_ROWS / len(sizes))
    chosen = {}
    for value in sorted(sizes.index, key=lambda value: (-sizes[value], value)):
        takes = rendered[rendered[column] == value]
        people = choose_people(takes, rows * columns)
        others = _spread(takes.drop(people.index), rows * columns - len(people))
        chosen[f"{value} ({sizes[value]:,} of {len(rendered):,})"] = pd.concat([people, others]).sort_values("image_id")
    return chosen


def read_shots(source: TexasSource, rendered: pd.DataFrame, labels: Iterable[str]) -> list[Shot]:
    """Decode the pairs of some rows."""
    return [
        Shot(decode_portrait(source.read(portrait)), decode_range(source.read(range_image)), label)
        for portrait, range_image, label in zip(rendered["portrait_path"], rendered["range_path"], labels, strict=True)
    ]


def draw_sheet(title: str, groups: Mapping[str, Sequence[Shot]], columns: int) -> Figure:
    """Portraits and range images on a grid of pixels, so that at 100 dots an inch no pixel is resampled twice.

    Args:
        title: Above all.
        groups: Shots by the heading above them; an empty heading takes no room.
        columns: Pairs in a row.
    """
    pair_width, row_height = 2 * TILE_WIDTH_PX + GAP_PX, TILE_HEIGHT_PX + LABEL_PX
    width = columns * pair_width + GAP_PX
    rows = sum(ceil(len(shots) / columns) for shots in groups.values())
    height = TITLE_PX + HEADING_PX * sum(map(bool, groups)) + row_height * rows
    figure = Figure(figsize=(width / DPI, height / DPI), dpi=DPI)
    axis = figure.add_axes((0, 0, 1, 1))
    axis.set_axis_off()
    axis.set(xlim=(0, width), ylim=(height, 0), autoscale_on=False)
    axis.text(GAP_PX, TITLE_PX / 2, title, fontsize=17, va="center")
    top = TITLE_PX
    for heading, shots in groups.items():
        if heading:
            axis.text(GAP_PX, top + HEADING_PX - 10, heading, fontsize=14, weight="bold", va="bottom")
            top += HEADING_PX
        for slot, shot in enumerate(shots):
            x, y = GAP_PX + slot % columns * pair_width, top + slot // columns * row_height
            for place, image in enumerate((shot.portrait, shot.range_grey)):
                left = x + place * TILE_WIDTH_PX
                extent = (left, left + TILE_WIDTH_PX, y + TILE_HEIGHT_PX, y)
                # one by one: a whole sheet at once would take half a gigabyte in matplotlib
                axis.imshow(_shrink(image), extent=extent, interpolation="none", aspect="auto")
            axis.text(x, y + TILE_HEIGHT_PX + 5, shot.label, fontsize=11, va="top", linespacing=1.25)
        top += row_height * ceil(len(shots) / columns)
    return figure


def _spread(table: pd.DataFrame, count: int) -> pd.DataFrame:
    return table.iloc[np.linspace(0, len(table) - 1, min(count, len(table))).round().astype(int)]


def _shrink(image: np.ndarray) -> np.ndarray:
    """(TILE_HEIGHT_PX, TILE_WIDTH_PX, 3) uint8."""
    size = (TILE_WIDTH_PX, TILE_HEIGHT_PX)
    return np.asarray(Image.fromarray(image).resize(size, Image.Resampling.LANCZOS).convert("RGB"))
