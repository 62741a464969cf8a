"""Where a pixel looks: along the axis of the scanner, or from a camera at a finite distance.

Frame coordinates are millimetres: x right, y up, z toward the camera. The origin of x and y is the centre of the
751x501 frame.
"""

from dataclasses import dataclass

import numpy as np

from facedepth_pipeline.depth import FRAME_HEIGHT_PX, FRAME_PITCH, FRAME_WIDTH_PX

RAY_START_MM = 500.0  # height above the frame's zero at which orthographic rays start: in front of everything


@dataclass(frozen=True)
class View:
    """How points of the frame become pixels.

    Attributes:
        eye_mm: Position of a pinhole camera, or None for parallel rays along -z.
        plane_z_mm: Plane whose pixels are 0.32 mm wide; of no effect for parallel rays.
    """

    eye_mm: tuple[float, float, float] | None = None
    plane_z_mm: float = 0.0

    def rays(self, column: np.ndarray, row: np.ndarray) -> np.ndarray:
        """(N, 6) float32 origins and unit directions of rays through pixels; pixel centres are whole numbers."""
        rays = np.zeros((len(column), 6), dtype=np.float32)
        x = (column - (FRAME_WIDTH_PX - 1) / 2) * FRAME_PITCH.x_mm
        y = ((FRAME_HEIGHT_PX - 1) / 2 - row) * FRAME_PITCH.y_mm
        if self.eye_mm is None:
            rays[:, 0], rays[:, 1], rays[:, 2], rays[:, 5] = x, y, RAY_START_MM, -1
            return rays
        eye = np.array(self.eye_mm, np.float32)
        rays[:, :3] = eye
        rays[:, 3], rays[:, 4], rays[:, 5] = x - eye[0], y - eye[1], self.plane_z_mm - eye[2]
        rays[:, 3:] /= np.linalg.norm(rays[:, 3:], axis=1, keepdims=True)
        return rays

    def project(self, points: np.ndarray) -> np.ndarray:
        """(N, 2) float64 column and row of (N, 3) points."""
        flat = points[:, :2]
        if self.eye_mm is not None:
            eye = np.array(self.eye_mm)
            flat = eye[:2] + (flat - eye[:2]) * ((eye[2] - self.plane_z_mm) / (eye[2] - points[:, 2:]))
        column = flat[:, 0] / FRAME_PITCH.x_mm + (FRAME_WIDTH_PX - 1) / 2
        row = (FRAME_HEIGHT_PX - 1) / 2 - flat[:, 1] / FRAME_PITCH.y_mm
        return np.stack([column, row], axis=1).astype(np.float64)


PARALLEL = View()


def frame_position_mm(pixel: tuple[float, float]) -> tuple[float, float]:
    """The x and y in millimetres of a column and a row of the frame, for parallel rays."""
    column, row = pixel
    x_mm = (column - (FRAME_WIDTH_PX - 1) / 2) * FRAME_PITCH.x_mm
    return x_mm, ((FRAME_HEIGHT_PX - 1) / 2 - row) * FRAME_PITCH.y_mm
