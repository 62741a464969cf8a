"""The 25 manually marked points of a portrait, one text file each.

A row is ``x<TAB>y`` in pixels of the 501x751 frame, x along columns, y down rows. Of the meaning of
the rows only these are known from public code that reads the database (1-based there, 0-based here):
4 and 7 the inner eye corners, 14 and 15 the mouth corners, 18 the nose tip (pronasale).
"""

import numpy as np

FIDUCIAL_COUNT = 25
INNER_EYE_CORNERS = (4, 7)
MOUTH_CORNERS = (14, 15)
NOSE_TIP = 18


def parse_fiducials(text: str) -> np.ndarray:
    """Read a fiducials file.

    Returns:
        (25, 2) float64, x and y in pixels.

    Raises:
        ValueError: If there are not 25 rows of two finite numbers.
    """
    rows = [line.split() for line in text.splitlines() if line.strip()]
    if len(rows) != FIDUCIAL_COUNT or any(len(row) != 2 for row in rows):
        lengths = sorted({len(row) for row in rows})
        raise ValueError(f"Expected {FIDUCIAL_COUNT} rows of x and y; received {len(rows)} rows of {lengths} numbers.")
    points = np.array(rows, dtype=np.float64)
    if not np.isfinite(points).all():
        raise ValueError("Expected finite pixel positions; received NaN or inf.")
    return points


def format_fiducials(points_px: np.ndarray) -> str:
    """Text of a fiducials file from a (25, 2) array of x and y in pixels."""
    if points_px.shape != (FIDUCIAL_COUNT, 2):
        raise ValueError(f"Expected an array of shape (25, 2); received {points_px.shape}.")
    return "".join(f"{x:.2f}\t{y:.2f}\n" for x, y in points_px)
