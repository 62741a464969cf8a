"""Long hair: a sheet that hangs from under the hair of the head, round the back and past the ears."""

from typing import NamedTuple

import numpy as np

from facedepth_pipeline.synthetic.head.surface import Surface, vertex_normals
from facedepth_pipeline.synthetic.noise import smooth_step

COLUMNS, ROWS = 121, 40
TOP_MM = 62.0  # canonical height at which it leaves the hair of the head
HALF_TURN_DEG = 76.0  # from the back of the head to its front edge, behind the ear


class Curtain(NamedTuple):
    """(N, 3) float32 vertices and normals before the head is posed, (T, 3) int32 triangles."""

    vertices: np.ndarray
    normals: np.ndarray
    triangles: np.ndarray


NO_CURTAIN = Curtain(np.zeros((0, 3), np.float32), np.zeros((0, 3), np.float32), np.zeros((0, 3), np.int32))


def hang_curtain(surface: Surface, head: np.ndarray, length_mm: float, wave_mm: float, seed: int) -> Curtain:
    """Hair down to ``length_mm`` below the eyes.

    Args:
        surface: The head's mesh.
        head: (W, 3) float32, its vertices with the hair of the head on, before the pose.
        length_mm: From the height of the eyes down.
        wave_mm: How far locks stand out.
        seed: Of the locks.
    """
    rng = np.random.default_rng([seed, 5])
    x, y = surface.canonical[:, 0], surface.canonical[:, 1]
    sides = (np.abs(x) > 55) & (np.abs(y - 45) < 12) & (surface.region_weights["scalp"] > 0.5)
    half_width = float(np.quantile(np.abs(head[sides, 0]), 0.9))
    ears = surface.region_weights["ear"] > 0.5
    middle_z = float(np.median(head[ears, 2]))
    depth = middle_z - float(head[:, 2][(np.abs(y - 30) < 15)].min())
    down, around = (grid.astype(np.float32) for grid in np.mgrid[0 : 1 : ROWS * 1j, -1 : 1 : COLUMNS * 1j])
    angle = np.deg2rad(HALF_TURN_DEG) * around
    ragged = 4 * np.sin(5 * angle + rng.uniform(0, 6)) + 1.2 * np.sin(37 * angle + rng.uniform(0, 6))
    height = TOP_MM - down * (TOP_MM + length_mm + ragged)
    # Under the cap at first, then a little outside the ears, then falling in toward the neck.
    over_ears = max(float(np.quantile(np.abs(head[ears, 0]), 0.95)) - half_width, 3.0) - 3
    bulge = -5 + over_ears * smooth_step(0.0, 60.0, TOP_MM - height) - 0.09 * np.clip(-height - 40, 0, None)
    locks = np.zeros_like(angle)
    for frequency in (7, 13, 23):
        bend = rng.uniform(0.01, 0.03) * height * rng.choice([-1, 1])
        locks += np.sin(frequency * angle + bend + rng.uniform(0, 6)) / 3
    radius = bulge + wave_mm * locks * smooth_step(0.0, 30.0, TOP_MM - height)
    vertices = np.stack(
        [
            (half_width + radius) * np.sin(angle),
            height,
            middle_z - (depth + radius) * np.cos(angle),
        ],
        axis=-1,
    ).reshape(-1, 3)
    number = np.arange(ROWS * COLUMNS).reshape(ROWS, COLUMNS)
    a, b, c, d = number[:-1, :-1], number[1:, :-1], number[1:, 1:], number[:-1, 1:]
    # Both sides: the camera sees the inside of the front edges, and the outside beside the head.
    outside = np.concatenate([np.stack([a, b, c], -1).reshape(-1, 3), np.stack([a, c, d], -1).reshape(-1, 3)])
    triangles = np.concatenate([outside, outside[:, ::-1]]).astype(np.int32)
    normals = vertex_normals(vertices, outside)
    return Curtain(vertices.astype(np.float32), normals, triangles)
