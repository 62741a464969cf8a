"""Orthographic rendering by ray casting: depth exact at pixel centres, colours anti-aliased at edges."""

from typing import NamedTuple

import numpy as np
from scipy.ndimage import uniform_filter

from facedepth_pipeline.depth import (
    FRAME_HEIGHT_PX,
    FRAME_PITCH,
    FRAME_WIDTH_PX,
    MM_PER_GREY_LEVEL,
    range_from_depth,
)
from facedepth_pipeline.open3d_import import o3d
from facedepth_pipeline.synthetic.appearance import Paint, material_at, paint_subject
from facedepth_pipeline.synthetic.captures import Capture
from facedepth_pipeline.synthetic.head_model import HeadModel
from facedepth_pipeline.synthetic.light import shade, srgb_from_linear
from facedepth_pipeline.synthetic.subjects import Subject
from facedepth_pipeline.synthetic.surface import Surface, build_surface
from facedepth_pipeline.texas.fiducials import NOSE_TIP

RAY_START_MM = 500.0  # in front of everything
NOSE_REACH_MM = 15.0  # the nose tip is the nearest point within this distance of its landmark
EDGE_STEP_MM = 2.0
OCCLUSION = ((13, 0.28), (61, 0.13))  # window in pixels, share of light lost per millimetre of depth
# Offsets in pixels, x and y: a rotated grid.
SUBPIXELS = np.array([[-0.125, -0.375], [0.375, -0.125], [0.125, 0.375], [-0.375, 0.125]], np.float32)


class Hits(NamedTuple):
    """Where N rays meet the surface.

    Attributes:
        hit: (N,) bool.
        depth_mm: (N,) float32, z of the point; 0 without a hit.
        corners: (H, 3) int32 vertex numbers of the triangle hit, for the rays that hit alone.
        shares: (H, 3) float32 barycentric weights of those vertices.
    """

    hit: np.ndarray
    depth_mm: np.ndarray
    corners: np.ndarray
    shares: np.ndarray


class RenderedPair(NamedTuple):
    """(751, 501, 3) uint8 RGB, (751, 501) uint8 Texas grey levels, (25, 2) float64 x and y in pixels."""

    portrait: np.ndarray
    range_grey: np.ndarray
    fiducials_px: np.ndarray


class OrthographicCaster:
    """Casts rays along -z at a triangle mesh in frame coordinates (mm, origin at the frame's centre)."""

    def __init__(self, vertices: np.ndarray, triangles: np.ndarray) -> None:
        self.triangles = triangles
        self._scene = o3d.t.geometry.RaycastingScene(nthreads=1)
        self._scene.add_triangles(
            o3d.core.Tensor.from_numpy(np.ascontiguousarray(vertices, dtype=np.float32)),
            o3d.core.Tensor.from_numpy(np.ascontiguousarray(triangles, dtype=np.uint32)),
        )

    def cast(self, column: np.ndarray, row: np.ndarray) -> Hits:
        """Cast rays through positions in pixels of the 501x751 frame; pixel centres are whole numbers."""
        rays = np.zeros((len(column), 6), dtype=np.float32)
        rays[:, 0] = (column - (FRAME_WIDTH_PX - 1) / 2) * FRAME_PITCH.x_mm
        rays[:, 1] = ((FRAME_HEIGHT_PX - 1) / 2 - row) * FRAME_PITCH.y_mm
        rays[:, 2] = RAY_START_MM
        rays[:, 5] = -1
        answer = self._scene.cast_rays(o3d.core.Tensor.from_numpy(rays), nthreads=1)
        distance = answer["t_hit"].numpy()
        hit = np.isfinite(distance)
        depth_mm = np.where(hit, RAY_START_MM - np.where(hit, distance, 0), 0).astype(np.float32)
        second_third = answer["primitive_uvs"].numpy()[hit]
        shares = np.concatenate([1 - second_third.sum(axis=1, keepdims=True), second_third], axis=1)
        return Hits(hit, depth_mm, self.triangles[answer["primitive_ids"].numpy()[hit]], shares)


def visible_triangles(vertices: np.ndarray, triangles: np.ndarray) -> np.ndarray:
    """Those of (T, 3) triangles that face the camera and reach into the frame: a third, on a head."""
    x, y = vertices[:, 0][triangles], vertices[:, 1][triangles]
    twice_area = (x[:, 1] - x[:, 0]) * (y[:, 2] - y[:, 0]) - (x[:, 2] - x[:, 0]) * (y[:, 1] - y[:, 0])
    half_width, half_height = FRAME_WIDTH_PX / 2 * FRAME_PITCH.x_mm, FRAME_HEIGHT_PX / 2 * FRAME_PITCH.y_mm
    beside = (np.abs(x).min(axis=1) > half_width) | (np.abs(y).min(axis=1) > half_height)
    return triangles[(twice_area > 0) & ~beside]


def interpolate(hits: Hits, attributes: np.ndarray) -> np.ndarray:
    """(H, C) float32 at the points hit, from (W, C) float32 at the vertices."""
    value = attributes[hits.corners[:, 0]] * hits.shares[:, :1]
    value += attributes[hits.corners[:, 1]] * hits.shares[:, 1:2]
    value += attributes[hits.corners[:, 2]] * hits.shares[:, 2:]
    return value


class HeadRenderer:
    """Renders takes of one head model; keeps the subdivided mesh, which no take changes."""

    def __init__(self, head_model: HeadModel) -> None:
        self.head_model = head_model
        self.surface: Surface = build_surface(head_model)
        self._last_paint: Paint | None = None

    def render(self, subject: Subject, capture: Capture) -> RenderedPair:
        """Portrait, range image and fiducials of one take."""
        paint = self._paint(subject)
        vertices = self._frame_vertices(subject, capture, paint)
        caster = OrthographicCaster(vertices, visible_triangles(vertices, self.surface.triangles))
        painter = _Painter(self.surface, paint, self.surface.normals(vertices), capture)
        shape = (FRAME_HEIGHT_PX, FRAME_WIDTH_PX)
        row, column = (grid.ravel() for grid in np.mgrid[:FRAME_HEIGHT_PX, :FRAME_WIDTH_PX].astype(np.float32))
        hits = caster.cast(column, row)
        linear = painter.colours(hits, row)
        depth_mm = hits.depth_mm.reshape(shape)
        is_edge = _edges(hits.hit.reshape(shape), depth_mm).ravel()
        fine_column = (column[is_edge] + SUBPIXELS[:, :1]).ravel()
        fine_row = (row[is_edge] + SUBPIXELS[:, 1:]).ravel()
        finer = painter.colours(caster.cast(fine_column, fine_row), fine_row)
        linear[is_edge] = finer.reshape(len(SUBPIXELS), -1, 3).mean(axis=0)
        reach = ambient_occlusion(depth_mm, hits.hit.reshape(shape)).ravel()
        linear *= np.where(hits.hit, reach, 1)[:, None]
        return RenderedPair(
            _develop(linear.reshape(*shape, 3), capture),
            range_from_depth(depth_mm, hits.hit.reshape(shape)),
            _project(vertices[self.surface.landmarks]),
        )

    def _paint(self, subject: Subject) -> Paint:
        """The subject's colours; those of the last subject are kept, for takes come one after the other."""
        if self._last_paint is None or self._last_paint.subject != subject:
            self._last_paint = paint_subject(self.surface, subject)
        return self._last_paint

    def _frame_vertices(self, subject: Subject, capture: Capture, paint: Paint) -> np.ndarray:
        """(W, 3) float32 mm: shaped, posed, and moved so that the nose tip lies where the take says."""
        coarse = self.head_model.shape(subject.shape | capture.face_units)
        fine = self.surface.refine @ coarse
        fine += self.surface.normals(fine) * paint.hair_displacement_mm[:, None]
        fine = np.einsum("ij,kj->ik", fine, rotation(capture.pose_deg)).astype(np.float32)
        tip = fine[self.surface.landmarks[NOSE_TIP]]
        near_tip = np.sum((fine - tip) ** 2, axis=1) < NOSE_REACH_MM**2
        column, row = capture.nose_tip_px
        target = [
            (column - (FRAME_WIDTH_PX - 1) / 2) * FRAME_PITCH.x_mm,
            ((FRAME_HEIGHT_PX - 1) / 2 - row) * FRAME_PITCH.y_mm,
            capture.nose_tip_grey * MM_PER_GREY_LEVEL,
        ]
        shift = np.array(target) - [tip[0], tip[1], fine[near_tip, 2].max()]
        return fine + shift.astype(np.float32)


class _Painter:
    """Colours of the points that rays hit, for one take."""

    def __init__(self, surface: Surface, paint: Paint, normals: np.ndarray, capture: Capture) -> None:
        self._surface, self._paint, self._capture = surface, paint, capture
        eyes = [surface.region_weights[name][:, None] for name in ("right_eye", "left_eye")]
        columns = [normals, surface.canonical, paint.albedo, paint.hair[:, None], *eyes]
        self._attributes = np.concatenate(columns, axis=1).astype(np.float32)

    def colours(self, hits: Hits, row: np.ndarray) -> np.ndarray:
        """(N, 3) float32 linear RGB; rays that miss see the backdrop, a little darker toward the floor."""
        backdrop = np.array(self._capture.backdrop, np.float32)
        linear = backdrop * (1.15 - 0.3 * row / FRAME_HEIGHT_PX)[:, None].astype(np.float32)
        attributes = interpolate(hits, self._attributes)
        normals = attributes[:, :3]
        normals /= np.sqrt(np.einsum("ij,ij->i", normals, normals))[:, None] + np.float32(1e-6)
        material = material_at(self._paint, self._surface, attributes[:, 3:])
        linear[hits.hit] = shade(material.albedo, normals, material.gloss, material.wet, self._capture.lighting)
        return linear


def rotation(pose_deg: tuple[float, float, float]) -> np.ndarray:
    """(3, 3) float64: roll about z, then pitch about x, then yaw about y."""
    (cy, cp, cr), (sy, sp, sr) = np.cos(np.deg2rad(pose_deg)), np.sin(np.deg2rad(pose_deg))
    yaw = np.array([[cy, 0, sy], [0, 1, 0], [-sy, 0, cy]])
    pitch = np.array([[1, 0, 0], [0, cp, -sp], [0, sp, cp]])
    roll = np.array([[cr, -sr, 0], [sr, cr, 0], [0, 0, 1]])
    return np.einsum("ij,jk,kl->il", yaw, pitch, roll)


def ambient_occlusion(depth_mm: np.ndarray, hit: np.ndarray) -> np.ndarray:
    """(H, W) float32 in [0.45, 1]: how much light reaches pixels that lie deeper than those around them.

    A cheap stand-in for the shadows of eye sockets, nostrils and the sides of the nose: depth against
    its own mean over squares of 4 and 20 mm.
    """
    depth_mm = np.where(hit, depth_mm, depth_mm.min())  # the wall behind shades nothing
    lost = np.zeros_like(depth_mm)
    for size_px, per_mm in OCCLUSION:
        lost += per_mm * np.clip(uniform_filter(depth_mm, size_px, mode="nearest") - depth_mm, 0, 6)
    return np.clip(1 - lost, 0.45, 1)


def _edges(hit: np.ndarray, depth_mm: np.ndarray) -> np.ndarray:
    """(H, W) bool: pixels beside a silhouette or a step in depth."""
    edge = np.zeros(hit.shape, dtype=bool)
    for axis in (0, 1):
        here = (slice(None, -1), slice(None)) if axis == 0 else (slice(None), slice(None, -1))
        there = (slice(1, None), slice(None)) if axis == 0 else (slice(None), slice(1, None))
        step = (hit[here] != hit[there]) | (np.abs(depth_mm[here] - depth_mm[there]) > EDGE_STEP_MM)
        edge[here] |= step
        edge[there] |= step
    return edge


def _develop(linear: np.ndarray, capture: Capture) -> np.ndarray:
    """(H, W, 3) uint8 from linear light, with the camera's noise."""
    rng = np.random.default_rng(capture.noise_seed)
    noise = rng.standard_normal(linear.shape, dtype=np.float32) * np.float32(capture.noise_grey)
    return np.clip(np.rint(255 * srgb_from_linear(linear) + noise), 0, 255).astype(np.uint8)


def _project(points: np.ndarray) -> np.ndarray:
    """(N, 2) float64 column and row of points in frame coordinates."""
    column = points[:, 0] / FRAME_PITCH.x_mm + (FRAME_WIDTH_PX - 1) / 2
    row = (FRAME_HEIGHT_PX - 1) / 2 - points[:, 1] / FRAME_PITCH.y_mm
    return np.stack([column, row], axis=1).astype(np.float64)
