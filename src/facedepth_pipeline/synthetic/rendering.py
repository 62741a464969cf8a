"""Rendering by ray casting: portrait and range image of a take, or the layers that photos are composed of."""

from typing import NamedTuple

import numpy as np

from facedepth_pipeline.data.layers import GLOSS_OF_SKIN, LIGHT_SIZE_PX, Layers, lobe_directions
from facedepth_pipeline.depth import (
    FRAME_HEIGHT_PX,
    FRAME_WIDTH_PX,
    IMAGE_SIZE_PX,
    DepthMap,
    fitted_pitch,
    range_from_depth,
    unfit_points,
)
from facedepth_pipeline.parameters import Fit
from facedepth_pipeline.synthetic.appearance.hair import brow_weight
from facedepth_pipeline.synthetic.appearance.paint import Paint, paint_subject
from facedepth_pipeline.synthetic.body import Body
from facedepth_pipeline.synthetic.head.head_model import HeadModel
from facedepth_pipeline.synthetic.head.surface import Surface, build_surface
from facedepth_pipeline.synthetic.imaging.backdrop import paint_backdrop
from facedepth_pipeline.synthetic.imaging.camera import develop
from facedepth_pipeline.synthetic.imaging.scanner import scan
from facedepth_pipeline.synthetic.lighting.illumination import RAY_OFFSET_MM
from facedepth_pipeline.synthetic.lighting.raycasting import Hits
from facedepth_pipeline.synthetic.people.captures import Capture
from facedepth_pipeline.synthetic.people.subjects import Subject

FRAME = (FRAME_HEIGHT_PX, FRAME_WIDTH_PX)
EDGE_STEP_MM = 2.0
METERED_PX = (slice(150, 520), slice(100, 400))  # of the frame: mostly face
# Offsets in pixels, x and y: a rotated grid.
SUBPIXELS = np.array([[-0.125, -0.375], [0.375, -0.125], [0.125, 0.375], [-0.375, 0.125]], np.float32)
HALVES = np.array([[-0.25, 0.25], [0.25, -0.25]], np.float32)  # of the larger pixels of the layers: two points do
ALBEDO_GAMMA = 1 / 2.2
LENS_GLOSS = 230.0


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
        body = Body(self.head_model, self.surface, self._paint(subject), capture)
        row, column = (grid.ravel() for grid in np.mgrid[:FRAME_HEIGHT_PX, :FRAME_WIDTH_PX].astype(np.float32))
        backdrop = paint_backdrop(capture.backdrop, FRAME)
        hits = body.scene.cast(column, row)
        seen = hits if body.photographed is body.scene else body.hits(column, row)
        linear = backdrop.reshape(-1, 3).copy()
        linear[seen.hit] = body.colours(seen)
        hit, depth_mm = hits.hit.reshape(FRAME), hits.depth_mm.reshape(FRAME)
        edge = np.flatnonzero(_edges(seen.hit.reshape(FRAME), seen.depth_mm.reshape(FRAME)))
        linear[edge] = _antialiased(body, backdrop, column[edge], row[edge])
        if body.lenses is not None:
            behind, passing = body.lenses.passing(column, row)
            linear[behind] *= passing
        face = np.zeros(FRAME, dtype=bool)
        face[METERED_PX] = hit[METERED_PX]
        if capture.scanner is not None:
            depth_mm, hit = scan(depth_mm, hit & (depth_mm > 0), *_scanned(hits, body), capture.scanner)
        return RenderedPair(
            develop(linear.reshape(*FRAME, 3), face, capture.camera),
            range_from_depth(depth_mm, hit),
            body.landmarks_px(),
        )

    def render_layers(self, subject: Subject, capture: Capture, fit: Fit) -> tuple[Layers, DepthMap]:
        """Layers and depth of one take, 256x256: the light, the camera and the backdrop of the take are left out."""
        body = Body(self.head_model, self.surface, self._paint(subject), capture)
        column, row = _points_of(IMAGE_SIZE_PX, fit, HALVES)
        seen = body.hits(column, row)
        albedo, surface = _paint_layers(body, seen, column, row)
        hits = seen if body.photographed is body.scene else body.scene.cast(column, row)
        return Layers(albedo, surface, _visibility(body, fit)), _depth(hits, fit)

    def _paint(self, subject: Subject) -> Paint:
        """The subject's colours; those of the last subject are kept, for takes come one after the other."""
        if self._last_paint is None or self._last_paint.subject != subject:
            self._last_paint = paint_subject(self.surface, subject)
        return self._last_paint


def _points_of(size: int, fit: Fit, offsets: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """(S * size * size,) float32 columns and rows in the frame of S points in each pixel of the fitted image."""
    step = IMAGE_SIZE_PX / size
    row, column = (grid.ravel() for grid in np.mgrid[:size, :size].astype(np.float64))
    x = ((column + 0.5 + offsets[:, :1]) * step - 0.5).ravel()
    y = ((row + 0.5 + offsets[:, 1:]) * step - 0.5).ravel()
    points = unfit_points(np.stack([x, y], axis=1), fit).astype(np.float32)
    return points[:, 0], points[:, 1]


def _paint_layers(body: Body, hits: Hits, column: np.ndarray, row: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """(256, 256, 3) uint8 albedo and (256, 256, 3) uint8 gloss, skin and coverage."""
    material, skin = body.materials(hits)
    values = np.zeros((len(column), 6), np.float32)
    values[hits.hit, :3] = material.albedo
    values[hits.hit, 3] = np.where(material.wet, 255, np.minimum(GLOSS_OF_SKIN * material.gloss, 250))
    values[hits.hit, 4], values[hits.hit, 5] = 255 * skin, 255
    if body.lenses is not None:
        behind, passing = body.lenses.passing(column, row)
        values[behind, :3] *= passing
        values[behind, 3] = np.maximum(values[behind, 3], LENS_GLOSS)
    mean = _mean_of_subpixels(values)
    covered = np.maximum(mean[..., 5:], 1e-3) / 255
    albedo = 255 * np.clip(mean[..., :3] / covered, 0, 1) ** ALBEDO_GAMMA
    levels = np.concatenate([mean[..., 3:5] / covered, mean[..., 5:]], axis=-1)
    return _levels(albedo), _levels(levels)


def _depth(hits: Hits, fit: Fit) -> DepthMap:
    """Depth of head and hair: the mean over the part of a pixel where there is a surface, if that is at least half."""
    seen = hits.hit & (hits.depth_mm > 0)
    mean = _mean_of_subpixels(np.stack([np.where(seen, hits.depth_mm, 0), seen], axis=1).astype(np.float32))
    valid = mean[..., 1] >= 0.5
    depth_mm = np.where(valid, mean[..., 0] / np.maximum(mean[..., 1], 0.5), 0).astype(np.float32)
    return DepthMap(depth_mm, valid, fitted_pitch(fit))


def _visibility(body: Body, fit: Fit) -> np.ndarray:
    """(128, 128, 16) uint8: which of the lobes of light each point sees."""
    hits = body.scene.cast(*_points_of(LIGHT_SIZE_PX, fit, np.zeros((1, 2))))
    position = body.scene.points(hits) + RAY_OFFSET_MM * body.normals_at(hits)
    levels = np.full((LIGHT_SIZE_PX**2, len(lobe_directions())), 255, np.uint8)
    levels[hits.hit] = 255 * body.scene.unblocked(position, lobe_directions())
    return levels.reshape(LIGHT_SIZE_PX, LIGHT_SIZE_PX, -1)


def _mean_of_subpixels(values: np.ndarray) -> np.ndarray:
    """(256, 256, C) float32 from (S * 256 * 256, C)."""
    return values.reshape(-1, IMAGE_SIZE_PX, IMAGE_SIZE_PX, values.shape[1]).mean(axis=0)


def _levels(values: np.ndarray) -> np.ndarray:
    return np.clip(np.rint(values), 0, 255).astype(np.uint8)


def _antialiased(body: Body, backdrop: np.ndarray, column: np.ndarray, row: np.ndarray) -> np.ndarray:
    """(N, 3) float32 linear RGB of pixels, each the mean of four points in it."""
    fine_column = (column + SUBPIXELS[:, :1]).ravel()
    fine_row = (row + SUBPIXELS[:, 1:]).ravel()
    hits = body.hits(fine_column, fine_row)
    behind = backdrop[row.astype(int), column.astype(int)]
    linear = np.tile(behind, (len(SUBPIXELS), 1))
    linear[hits.hit] = body.colours(hits)
    return linear.reshape(len(SUBPIXELS), -1, 3).mean(axis=0)


def _scanned(hits: Hits, body: Body) -> tuple[np.ndarray, np.ndarray]:
    """(H, W) how much hair there is, and (H, W) cosine of the slope."""
    points = body.painted_at(hits)
    hairiness, slope = np.zeros(FRAME, np.float32), np.zeros(FRAME, np.float32)
    brows = brow_weight(points.position)
    hairiness.ravel()[hits.hit] = np.maximum.reduce([points.hair, 0.25 * brows])
    slope.ravel()[hits.hit] = np.clip(body.normals_at(hits)[:, 2], 0, 1)
    return hairiness, slope


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
