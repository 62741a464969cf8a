"""The eye that looks at a face, and what it sees under a point of the view. Knows nothing of Kivy."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from facedepth_pipeline.ui.messages import DrawnPart

FIELD_OF_VIEW_DEG = 30.0  # of the view's height: about that of a portrait lens
MAX_PITCH_DEG = 89.0
NEAREST, FURTHEST = 0.15, 4.0  # zoom, times the distance that shows the whole face
MARGIN = 1.12


@dataclass(frozen=True, eq=False)
class Camera:
    """A camera that turns about a target; millimetres and degrees.

    Attributes:
        target: (3,) what it looks at.
        whole_mm: Distance from which everything is seen.
        yaw_deg: To the right of the face, as the viewer moves; 0 is in front.
        pitch_deg: Above the face.
        zoom: Distance in shares of ``whole_mm``.
    """

    target: np.ndarray
    whole_mm: float
    yaw_deg: float = 0.0
    pitch_deg: float = 0.0
    zoom: float = 1.0

    def turned(self, yaw_deg: float, pitch_deg: float) -> "Camera":
        """Moved about the target; never over its top."""
        pitch = max(-MAX_PITCH_DEG, min(MAX_PITCH_DEG, self.pitch_deg + pitch_deg))
        return replace(self, yaw_deg=(self.yaw_deg + yaw_deg + 180) % 360 - 180, pitch_deg=pitch)

    def zoomed(self, factor: float) -> "Camera":
        """Nearer for factors above 1, within limits."""
        return replace(self, zoom=max(NEAREST, min(FURTHEST, self.zoom / factor)))

    def moved(self, right: float, up: float) -> "Camera":
        """Target and eye shifted across the view, in shares of its height."""
        seen_mm = 2 * self.distance_mm * math.tan(math.radians(FIELD_OF_VIEW_DEG / 2))
        return replace(self, target=self.target + self.rotation.T @ (np.array([right, up, 0.0]) * seen_mm))

    @property
    def distance_mm(self) -> float:
        """From the eye to the target."""
        return self.whole_mm * self.zoom

    @property
    def rotation(self) -> np.ndarray:
        """(3, 3) from axes of the face to axes of the eye: x right, y up, z toward the viewer."""
        yaw, pitch = math.radians(self.yaw_deg), math.radians(self.pitch_deg)
        about_y = np.array([[math.cos(yaw), 0, -math.sin(yaw)], [0, 1, 0], [math.sin(yaw), 0, math.cos(yaw)]])
        about_x = np.array([[1, 0, 0], [0, math.cos(pitch), -math.sin(pitch)], [0, math.sin(pitch), math.cos(pitch)]])
        return about_x @ about_y

    @property
    def modelview(self) -> np.ndarray:
        """(4, 4) from the face to the eye, for column vectors."""
        matrix = np.eye(4)
        matrix[:3, :3] = self.rotation
        matrix[:3, 3] = -self.rotation @ self.target - (0, 0, self.distance_mm)
        return matrix

    def projection(self, aspect: float) -> np.ndarray:
        """(4, 4) perspective as OpenGL wants it, for column vectors; aspect is width over height."""
        near, far = self.distance_mm * 0.05, self.distance_mm + 4 * self.whole_mm
        focal = 1 / math.tan(math.radians(FIELD_OF_VIEW_DEG / 2))
        return np.array(
            [
                [focal / aspect, 0, 0, 0],
                [0, focal, 0, 0],
                [0, 0, (far + near) / (near - far), 2 * far * near / (near - far)],
                [0, 0, -1, 0],
            ]
        )

    def project(self, points: np.ndarray, aspect: float) -> np.ndarray:
        """(N, 2) places in the view, -1 to 1 from lower left to upper right, of (N, 3) points of the face."""
        in_eye = np.hstack([points, np.ones((len(points), 1))]) @ self.modelview.T
        clip = in_eye @ self.projection(aspect).T
        return clip[:, :2] / clip[:, 3:]

    def ray(self, x: float, y: float, aspect: float) -> tuple[np.ndarray, np.ndarray]:
        """Where the eye is, and the unit direction in which it sees a place of the view (-1 to 1), of the face."""
        half = math.tan(math.radians(FIELD_OF_VIEW_DEG / 2))
        direction = self.rotation.T @ np.array([x * half * aspect, y * half, -1.0])
        eye = self.target + self.rotation.T @ np.array([0, 0, self.distance_mm])
        return eye, direction / np.linalg.norm(direction)


def camera_for(vertices: np.ndarray, aspect: float) -> Camera:
    """In front of a face, so that all of it is seen from every side.

    Args:
        vertices: (V, 3) millimetres.
        aspect: Width over height of the view.
    """
    low, high = vertices.min(0).astype(float), vertices.max(0).astype(float)
    target = (low + high) / 2
    half_width, half_height = float(np.hypot(*(high - low)[[0, 2]])) / 2, float(high[1] - low[1]) / 2
    half = max(half_height, half_width / max(aspect, 0.1)) * MARGIN
    return Camera(target, half / math.tan(math.radians(FIELD_OF_VIEW_DEG / 2)) + half_width / 2)


def pick(parts: Sequence[DrawnPart], origin: np.ndarray, direction: np.ndarray) -> np.ndarray | None:
    """The nearest point of a surface on a ray.

    Möller & Trumbore, "Fast, Minimum Storage Ray/Triangle Intersection", Journal of Graphics Tools 2(1), 1997, for all
    triangles at once.

    Args:
        parts: Triangles.
        origin: (3,) millimetres.
        direction: (3,) unit vector.

    Returns:
        (3,) float64 millimetres, or None if the ray misses everything.
    """
    nearest = math.inf
    for part in parts:
        a, b, c = (part.vertices[part.indices[:, corner], :3].astype(np.float64) for corner in range(3))
        along_b, along_c = b - a, c - a
        across = np.cross(direction, along_c)
        volume = np.einsum("ij,ij->i", along_b, across)
        with np.errstate(divide="ignore", invalid="ignore"):  # triangles seen edge on hide nothing
            from_a = origin - a
            u = np.einsum("ij,ij->i", from_a, across) / volume
            back = np.cross(from_a, along_b)
            v = back @ direction / volume
            distance = np.einsum("ij,ij->i", back, along_c) / volume
            hit = (u >= 0) & (v >= 0) & (u + v <= 1) & (distance > 0)
        if hit.any():
            nearest = min(nearest, float(distance[hit].min()))
    return None if math.isinf(nearest) else origin + nearest * direction
