import csv
import io

import numpy as np
import pytest

from facedepth_pipeline.synthetic.sheets import (
    DPI,
    GAP_PX,
    LABEL_PX,
    TILE_HEIGHT_PX,
    TILE_WIDTH_PX,
    TITLE_PX,
    Shot,
    choose_groups,
    choose_people,
    draw_sheet,
    list_rendered,
    read_shots,
)
from faces import FRAME, dome, pair_name, png_bytes

GREEN = (20, 200, 20)
LIGHTS = ("studio", "window", "studio", "studio", "window", "lamp")


class TreeInMemory:
    """Six pairs of three people; image 4 is green, the others grey."""

    def __init__(self):
        names = [pair_name(image, (image + 1) // 2) for image in range(1, 7)]
        self.files = {}
        for name in names:
            colour = GREEN if name.image_id == "0004" else (90, 90, 90)
            folder = "PreprocessedImages/"
            self.files[folder + name.file_name("Portrait")] = png_bytes(np.full((*FRAME, 3), colour, np.uint8))
            self.files[folder + name.file_name("Range")] = png_bytes(dome(150, 200))
        table = io.StringIO()
        writer = csv.DictWriter(table, ["image_id", "sex", "light"])
        writer.writeheader()
        writer.writerows(
            {"image_id": name.image_id, "sex": "female", "light": light} for name, light in zip(names, LIGHTS)
        )
        self.files["metadata.csv"] = table.getvalue().encode()

    def paths(self):
        return sorted(self.files)

    def read(self, path):
        return self.files[path]


@pytest.fixture(scope="module")
def tree():
    return TreeInMemory()


def pixels(figure):
    from matplotlib.backends.backend_agg import FigureCanvasAgg

    canvas = FigureCanvasAgg(figure)
    canvas.draw()
    return np.asarray(canvas.buffer_rgba())[..., :3]


def test_the_list_joins_metadata_and_names(tree):
    rendered = list_rendered(tree)
    assert rendered["image_id"].tolist() == ["0001", "0002", "0003", "0004", "0005", "0006"]
    assert rendered["subject_id"].tolist() == ["001", "001", "002", "002", "003", "003"]
    assert rendered["light"].tolist() == list(LIGHTS)
    assert all("_0004_" in path for path in rendered.loc[3, ["portrait_path", "range_path"]])


def test_people_are_chosen_once_each_and_spread_over_the_list(tree):
    rendered = list_rendered(tree)
    assert choose_people(rendered, 2)["image_id"].tolist() == ["0001", "0005"]
    assert choose_people(rendered, 24)["image_id"].tolist() == ["0001", "0003", "0005"]


def test_groups_show_the_most_frequent_first_and_other_people_before_other_takes(tree):
    groups = choose_groups(list_rendered(tree), "light", columns=1)
    assert list(groups) == ["studio (3 of 6)", "window (2 of 6)", "lamp (1 of 6)"]
    assert groups["studio (3 of 6)"]["image_id"].tolist() == ["0001", "0003"]  # 2 rows of 1, of two people
    assert groups["lamp (1 of 6)"]["image_id"].tolist() == ["0006"]


def test_a_sheet_shows_each_pair_beside_its_range_image_at_its_place(tree):
    shots = read_shots(tree, list_rendered(tree), "abcdef")
    assert [shot.label for shot in shots] == list("abcdef")
    figure = draw_sheet("six pairs", {"": shots}, columns=3)
    image = pixels(figure)
    assert image.shape[:2] == tuple((figure.get_size_inches()[::-1] * DPI).round().astype(int))
    rows, columns = np.nonzero((image == GREEN).all(axis=2))  # image 4: first in the second row
    assert rows.min() == TITLE_PX + TILE_HEIGHT_PX + LABEL_PX
    assert columns.min() == GAP_PX
    assert len(rows) == TILE_HEIGHT_PX * TILE_WIDTH_PX


def test_headings_take_room_and_no_group_is_lost():
    shot = Shot(np.zeros((*FRAME, 3), np.uint8), np.zeros(FRAME, np.uint8), "001")
    one = draw_sheet("title", {"": [shot, shot]}, columns=2)
    two = draw_sheet("title", {"smile": [shot], "talk": [shot]}, columns=2)
    assert two.get_size_inches()[1] > one.get_size_inches()[1] + 2.76
    texts = [text.get_text() for text in two.axes[0].texts]
    assert texts == ["title", "smile", "001", "talk", "001"]
