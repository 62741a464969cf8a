"""Orthographic rendering by ray casting: depth exact at pixel centres, colours anti-aliased at edges."""

from typing import NamedTuple

import numpy as np

from facedepth_pipeline.data.texas.fiducials import NOSE_TIP
from facedepth_pipeline.depth import (
    FRAME_HEIGHT_PX,
    FRAME_PITCH,
    FRAME_WIDTH_PX,
    MM_PER_GREY_LEVEL,
    range_from_depth,
)
from facedepth_pipeline.synthetic.appearance.hair import brow_weight
from facedepth_pipeline.synthetic.appearance.paint import (
    Paint,
    PaintedPoints,
    material_at,
    paint_subject,
    painted_vertices,
)
from facedepth_pipeline.synthetic.head.hair_curtain import NO_CURTAIN, Curtain, hang_curtain
from facedepth_pipeline.synthetic.head.head_model import HeadModel
from facedepth_pipeline.synthetic.head.surface import Surface, build_surface
from facedepth_pipeline.synthetic.imaging.backdrop import paint_backdrop
from facedepth_pipeline.synthetic.imaging.camera import develop
from facedepth_pipeline.synthetic.imaging.scanner import scan
from facedepth_pipeline.synthetic.lighting.illumination import illuminate, illuminate_hair
from facedepth_pipeline.synthetic.lighting.light import Shading, highlight, normalized
from facedepth_pipeline.synthetic.lighting.raycasting import Hits, Scene, interpolate
from facedepth_pipeline.synthetic.people.captures import Capture
from facedepth_pipeline.synthetic.people.subjects import Subject

FRAME = (FRAME_HEIGHT_PX, FRAME_WIDTH_PX)
NOSE_REACH_MM = 15.0  # the nose tip is the nearest point within this distance of its landmark
EDGE_STEP_MM = 2.0
CHUNK_POINTS = 16_384  # shaded at a time: as much as a core's cache holds
METERED_PX = (slice(150, 520), slice(100, 400))  # of the frame: mostly face
# Offsets in pixels, x and y: a rotated grid.
SUBPIXELS = np.array([[-0.125, -0.375], [0.375, -0.125], [0.125, 0.375], [-0.375, 0.125]], np.float32)


class RenderedPair(NamedTuple):
    """(751, 501, 3) uint8 RGB, (751, 501) uint8 Texas grey levels, (25, 2) float64 x and y in pixels."""

    portrait: np.ndarray
    range_grey: np.ndarray
    fiducials_px: np.ndarray


class HeadRenderer:
    """Renders takes of one head model; keeps the subdivided mesh, which no take changes."""

    def __init__(self, head_model: HeadModel) -> None:
        self.head_model = head_model
        self.surface: Surface = build_surface(head_model)
        self._last_paint: Paint | None = None

    def render(self, subject: Subject, capture: Capture) -> RenderedPair:
        """Portrait, range image and fiducials of one take."""
        paint = self._paint(subject)
        body = _Body(self.head_model, self.surface, paint, capture)
        row, column = (grid.ravel() for grid in np.mgrid[:FRAME_HEIGHT_PX, :FRAME_WIDTH_PX].astype(np.float32))
        backdrop = paint_backdrop(capture.backdrop, FRAME)
        hits = body.scene.cast(column, row)
        linear = backdrop.reshape(-1, 3).copy()
        linear[hits.hit] = body.colours(hits)
        hit, depth_mm = hits.hit.reshape(FRAME), hits.depth_mm.reshape(FRAME)
        edge = np.flatnonzero(_edges(hit, depth_mm))
        linear[edge] = _antialiased(body, backdrop, column[edge], row[edge])
        face = np.zeros(FRAME, dtype=bool)
        face[METERED_PX] = hit[METERED_PX]
        if capture.scanner is not None:
            depth_mm, hit = scan(
                depth_mm, hit & (depth_mm > 0), *_scanned(hits, body.attributes_at(hits)), capture.scanner
            )
        return RenderedPair(
            develop(linear.reshape(*FRAME, 3), face, capture.camera),
            range_from_depth(depth_mm, hit),
            _project(body.vertices[self.surface.landmarks]),
        )

    def _paint(self, subject: Subject) -> Paint:
        """The subject's colours; those of the last subject are kept, for takes come one after the other."""
        if self._last_paint is None or self._last_paint.subject != subject:
            self._last_paint = paint_subject(self.surface, subject)
        return self._last_paint


class _Body:
    """Head and hair of one take in the frame, lit and coloured at every vertex.

    Attributes:
        vertices: (V, 3) float32 mm, frame coordinates: the head's W, then those of long hair.
        scene: What rays meet.
        _attributes: (V, C) float32: normal, the columns of ``PaintedPoints``, irradiance, openness, lean of the
            light in x and y, visibility of each lamp.
    """

    def __init__(self, head_model: HeadModel, surface: Surface, paint: Paint, capture: Capture) -> None:
        self._surface, self._paint, self._capture = surface, paint, capture
        subject = paint.subject
        self._beard_mm = subject.beard_mm * capture.beard_growth
        upright = self._shaped_head(head_model)
        turn = rotation(capture.pose_deg).astype(np.float32)
        head = _turned(upright, turn)
        shift = self._shift(head)
        head += shift
        curtain = self._curtain(upright)
        hair, hair_normals = _turned(curtain.vertices, turn) + shift, _turned(curtain.normals, turn)
        # The camera sees the inside of the sheet, and strands shine whichever way the sheet faces: lean forward.
        hair_normals *= np.where(hair_normals[:, 2:] < 0, -1, 1)
        hair_normals = normalized(hair_normals + np.array([0, 0, 1], np.float32))
        self.vertices = np.concatenate([head, hair])
        self.scene = Scene(self.vertices, np.concatenate([surface.triangles, curtain.triangles + len(head)]))
        normals, skin = surface.normals(head), painted_vertices(paint, surface)
        strands = _hair_points(curtain, np.array(subject.hair_colour, np.float32))
        on_head = illuminate(surface, self.scene, head, normals, skin.albedo, capture.lighting)
        on_hair = illuminate_hair(self.scene, hair, hair_normals, strands.albedo, capture.lighting)
        self._attributes = np.concatenate(
            [
                np.concatenate([normals, skin.stacked(), on_head.stacked()], axis=1),
                np.concatenate([hair_normals, strands.stacked(), on_hair.stacked()], axis=1),
            ]
        ).astype(np.float32)

    def colours(self, hits: Hits) -> np.ndarray:
        """(H, 3) float32 linear RGB of the points that rays hit."""
        starts = range(0, len(hits.corners), CHUNK_POINTS)
        parts = [self._colours(self.attributes_at(hits, slice(start, start + CHUNK_POINTS))) for start in starts]
        return np.concatenate([np.zeros((0, 3), np.float32), *parts])

    def attributes_at(self, hits: Hits, part: slice = slice(None)) -> np.ndarray:
        """(H, C) float32 attributes of the points hit, or of some of them."""
        return interpolate(hits.corners[part], hits.shares[part], self._attributes)

    def _colours(self, attributes: np.ndarray) -> np.ndarray:
        capture = self._capture
        normals = normalized(attributes[:, :3])
        material = material_at(
            self._paint,
            self._surface,
            PaintedPoints.unstacked(attributes[:, 3:13]),
            np.array(capture.skin_gains, np.float32),
            np.array(capture.shirt_colour, np.float32),
            self._beard_mm,
        )
        shading = Shading.unstacked(attributes[:, 13:])
        # Pores: the light that a small tilt adds or takes away, to first order.
        tilt = np.clip(1 + np.einsum("ij,ij->i", shading.lean, material.bump), 0.3, 1.7)
        normals[:, :2] += material.bump
        glint = highlight(normalized(normals), material.gloss, material.wet, capture.lighting, shading)
        return material.albedo * shading.irradiance * tilt[:, None] + glint

    def _shaped_head(self, head_model: HeadModel) -> np.ndarray:
        """(W, 3) float32 mm: shape, expression, creases and hair, before the pose."""
        surface, paint, capture = self._surface, self._paint, self._capture
        fine = surface.refine @ head_model.shape(paint.subject.shape | capture.face_units)
        relief_mm = paint.creases_mm + paint.subject.hair_mm * capture.hair_growth * paint.hair_relief
        if self._beard_mm > 1:
            relief_mm = relief_mm + self._beard_mm * paint.beard_relief
        return (fine + surface.normals(fine) * relief_mm[:, None]).astype(np.float32)

    def _curtain(self, upright: np.ndarray) -> Curtain:
        """Long hair, before the pose; none has no vertices."""
        subject, capture = self._paint.subject, self._capture
        if subject.hair_length_mm == 0:
            return NO_CURTAIN
        length_mm = subject.hair_length_mm * capture.hair_growth
        return hang_curtain(self._surface, upright, length_mm, 0.25 * subject.hair_mm, subject.texture_seed)

    def _shift(self, turned: np.ndarray) -> np.ndarray:
        """(3,) float32: moves the nose tip to where the take says."""
        tip = turned[self._surface.landmarks[NOSE_TIP]]
        near_tip = np.sum((turned - tip) ** 2, axis=1) < NOSE_REACH_MM**2
        column, row = self._capture.nose_tip_px
        target = [
            (column - (FRAME_WIDTH_PX - 1) / 2) * FRAME_PITCH.x_mm,
            ((FRAME_HEIGHT_PX - 1) / 2 - row) * FRAME_PITCH.y_mm,
            self._capture.nose_tip_grey * MM_PER_GREY_LEVEL,
        ]
        return (np.array(target) - [tip[0], tip[1], turned[near_tip, 2].max()]).astype(np.float32)


def _turned(vectors: np.ndarray, turn: np.ndarray) -> np.ndarray:
    """(N, 3) float32; not by BLAS, whose threads would fight with those of the other workers."""
    return np.einsum("ij,kj->ik", vectors, turn)


def _hair_points(curtain: Curtain, colour: np.ndarray) -> PaintedPoints:
    count = len(curtain.vertices)
    return PaintedPoints(
        position=curtain.vertices,
        albedo=np.broadcast_to(colour, (count, 3)),
        hair=np.ones(count, np.float32),
        beard=np.zeros(count, np.float32),
        eyes=np.zeros((count, 2), np.float32),
    )


def _antialiased(body: _Body, backdrop: np.ndarray, column: np.ndarray, row: np.ndarray) -> np.ndarray:
    """(N, 3) float32 linear RGB of pixels, each the mean of four points in it."""
    fine_column = (column + SUBPIXELS[:, :1]).ravel()
    fine_row = (row + SUBPIXELS[:, 1:]).ravel()
    hits = body.scene.cast(fine_column, fine_row)
    behind = backdrop[row.astype(int), column.astype(int)]
    linear = np.tile(behind, (len(SUBPIXELS), 1))
    linear[hits.hit] = body.colours(hits)
    return linear.reshape(len(SUBPIXELS), -1, 3).mean(axis=0)


def _scanned(hits: Hits, attributes: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """(H, W) how much hair there is, and (H, W) cosine of the slope."""
    points = PaintedPoints.unstacked(attributes[:, 3:13])
    hairiness, slope = np.zeros(FRAME, np.float32), np.zeros(FRAME, np.float32)
    brows = brow_weight(points.position)
    hairiness.ravel()[hits.hit] = np.maximum.reduce([points.hair, 0.25 * brows])
    slope.ravel()[hits.hit] = np.clip(attributes[:, 2], 0, 1)
    return hairiness, slope


def rotation(pose_deg: tuple[float, float, float]) -> np.ndarray:
    """(3, 3) float64: roll about z, then pitch about x, then yaw about y."""
    (cy, cp, cr), (sy, sp, sr) = np.cos(np.deg2rad(pose_deg)), np.sin(np.deg2rad(pose_deg))
    yaw = np.array([[cy, 0, sy], [0, 1, 0], [-sy, 0, cy]])
    pitch = np.array([[1, 0, 0], [0, cp, -sp], [0, sp, cp]])
    roll = np.array([[cr, -sr, 0], [sr, cr, 0], [0, 0, 1]])
    return np.einsum("ij,jk,kl->il", yaw, pitch, roll)


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


def _project(points: np.ndarray) -> np.ndarray:
    """(N, 2) float64 column and row of points in frame coordinates."""
    column = points[:, 0] / FRAME_PITCH.x_mm + (FRAME_WIDTH_PX - 1) / 2
    row = (FRAME_HEIGHT_PX - 1) / 2 - points[:, 1] / FRAME_PITCH.y_mm
    return np.stack([column, row], axis=1).astype(np.float64)
