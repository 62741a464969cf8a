"""File names: ``Clean_NNNN_SSS_YYYYMMDDHHMMSS_{Portrait,Range}.png``."""

import re
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

Kind = Literal["Portrait", "Range"]

PATTERN = re.compile(r"Clean_(?P<image>\d{4})_(?P<subject>\d{3})_(?P<time>\d{14})_(?P<kind>Portrait|Range)\.png")


@dataclass(frozen=True, order=True)
class PairName:
    """What the name of a portrait/range pair says.

    Attributes:
        image_id: Four digits, unique in the database.
        subject_id: Three digits, one person.
        captured_at: Local time of the capture, to the second.
    """

    image_id: str
    subject_id: str
    captured_at: datetime

    @property
    def prefix(self) -> str:
        """The 30 characters that a portrait and its range image share."""
        return f"Clean_{self.image_id}_{self.subject_id}_{self.captured_at:%Y%m%d%H%M%S}_"

    def file_name(self, kind: Kind) -> str:
        """Name of the portrait or of the range image."""
        return f"{self.prefix}{kind}.png"

    @property
    def fiducials_file_name(self) -> str:
        """Name of the text file with the 25 fiducial points."""
        return f"{self.prefix}Fiducial.txt"


def parse_file_name(file_name: str) -> tuple[PairName, Kind]:
    """Read a file name.

    Raises:
        ValueError: If the name does not follow the pattern or its time is no date.
    """
    match = PATTERN.fullmatch(file_name)
    if match is None:
        raise ValueError(
            f"Received the file name {file_name!r}; expected "
            "Clean_<4 digits>_<3 digits>_<14 digits>_Portrait.png or …_Range.png."
        )
    try:
        captured_at = datetime.strptime(match["time"], "%Y%m%d%H%M%S")
    except ValueError as error:
        raise ValueError(f"Received {match['time']!r} as capture time in {file_name!r}: {error}.") from error
    kind: Kind = "Portrait" if match["kind"] == "Portrait" else "Range"
    return PairName(match["image"], match["subject"], captured_at), kind
