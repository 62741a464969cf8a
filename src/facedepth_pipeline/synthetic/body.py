"""Head, hair and what is worn, of one take, in the frame: lit and coloured at every vertex."""

from typing import NamedTuple

import numpy as np

from facedepth_pipeline.data.texas.fiducials import MOUTH_CORNERS, NOSE_TIP
from facedepth_pipeline.depth import MM_PER_GREY_LEVEL
from facedepth_pipeline.synthetic.accessories.accessory import Accessory
from facedepth_pipeline.synthetic.accessories.strands import hang_strands
from facedepth_pipeline.synthetic.accessories.wearing import wear_glasses
from facedepth_pipeline.synthetic.appearance.paint import (
    Material,
    Paint,
    PaintedPoints,
    clothes,
    material_at,
    painted_vertices,
)
from facedepth_pipeline.synthetic.head.hair_curtain import NO_CURTAIN, Curtain, hang_curtain
from facedepth_pipeline.synthetic.head.head_model import HeadModel
from facedepth_pipeline.synthetic.head.surface import Surface
from facedepth_pipeline.synthetic.imaging.view import PARALLEL, View, frame_position_mm
from facedepth_pipeline.synthetic.lighting.illumination import illuminate, illuminate_hair
from facedepth_pipeline.synthetic.lighting.light import Shading, highlight, normalized
from facedepth_pipeline.synthetic.lighting.raycasting import Hits, Scene, interpolate
from facedepth_pipeline.synthetic.noise import smooth_step
from facedepth_pipeline.synthetic.people.captures import Capture
from facedepth_pipeline.synthetic.people.eyes import set_eyes, units_of

NOSE_REACH_MM = 15.0  # the nose tip is the nearest point within this distance of its landmark
CHUNK_POINTS = 16_384  # shaded at a time: as much as a core's cache holds
PAINT_COLUMNS = slice(3, 13)  # of a vertex's attributes: those of ``PaintedPoints``; light comes behind them
IN_THE_MOUTH = -0.5  # the paint has a beard of -1 there
BARE_MM = (0.0, 200.0, -100.0)  # canonical position of what is worn: no paint of the skin reaches there


class Mesh(NamedTuple):
    """(V, 3) float32 vertices and normals, (T, 3) int32 triangles."""

    vertices: np.ndarray
    normals: np.ndarray
    triangles: np.ndarray


class Body:
    """One take in frame coordinates (mm, origin at the frame's centre, z toward the camera).

    Attributes:
        view: How the camera looks at it.
        vertices: (V, 3) float32 mm: the head's W, then those of long hair, then those of what is worn.
        scene: Head and hair, whose depth is the truth.
        photographed: Head, hair and what is worn.
        lenses: Panes in front of the eyes, or None.
    """

    def __init__(self, head_model: HeadModel, surface: Surface, paint: Paint, capture: Capture) -> None:
        self._surface, self._paint, self._capture = surface, paint, capture
        self._beard_mm = paint.subject.beard_mm * capture.beard_growth
        upright = self._shaped_head(head_model)
        turn = rotation(capture.pose_deg).astype(np.float32)
        turned = _turned(upright, turn)
        self.view, shift = _placed(turned, surface, capture)
        worn, lenses = self._worn(upright)
        turned += shift
        curtain = self._curtain(upright)
        parts = [
            Mesh(turned, surface.normals(turned), surface.triangles),
            _leaning_forward(_posed(curtain, turn, shift)),
            *(_posed(part, turn, shift) for part in worn),
        ]
        self._parts = parts
        self._worn_parts = worn
        self.vertices = np.concatenate([part.vertices for part in parts])
        triangles = _numbered(parts)
        self.scene = Scene(self.vertices, np.concatenate(triangles[:2]), self.view)
        self.photographed = Scene(self.vertices, np.concatenate(triangles), self.view) if worn else self.scene
        self.lenses = None if lenses is None else Panes(_posed(lenses, turn, shift), lenses, self.view)
        strands = np.array(paint.subject.hair_colour, np.float32)
        skin, hair = painted_vertices(paint, surface), _hair_points(curtain.vertices, strands)
        self._painted = np.concatenate([skin.stacked(), hair.stacked(), *(_worn_points(part) for part in worn)])
        self._worn_gloss = np.concatenate(
            [np.full(len(skin.position) + len(hair.position), -1.0), *(part.gloss for part in worn)]
        ).astype(np.float32)[:, None]
        self._attributes: np.ndarray | None = None

    def hits(self, column: np.ndarray, row: np.ndarray) -> Hits:
        """What the camera sees through positions in pixels of the frame."""
        return self.photographed.cast(column, row)

    def colours(self, hits: Hits) -> np.ndarray:
        """(H, 3) float32 linear RGB of the points that rays hit, under the light of the take."""
        if self._attributes is None:
            self._attributes = self._lit_attributes()
        parts = [self._colours(*self._at(hits, part, self._attributes)) for part in _chunks(len(hits.corners))]
        return np.concatenate([np.zeros((0, 3), np.float32), *parts])

    def materials(self, hits: Hits) -> tuple[Material, np.ndarray]:
        """What light meets at the points that rays hit, and (H,) float32 the share of skin in each."""
        parts = []
        for part in _chunks(len(hits.corners)):
            painted, worn_gloss = self._at(hits, part, self._painted)
            parts.append(self._material(PaintedPoints.unstacked(painted), worn_gloss))
        if not parts:
            parts = [self._material(PaintedPoints.unstacked(np.zeros((0, 10), np.float32)), np.zeros(0, np.float32))]
        materials, skin = zip(*parts, strict=True)
        return Material(*(np.concatenate(field) for field in zip(*materials, strict=True))), np.concatenate(skin)

    def painted_at(self, hits: Hits) -> PaintedPoints:
        """Paint of the points that rays hit."""
        return PaintedPoints.unstacked(interpolate(hits.corners, hits.shares, self._painted))

    def normals_at(self, hits: Hits) -> np.ndarray:
        """(H, 3) float32 unit normals of the points that rays hit."""
        normals = np.concatenate([part.normals for part in self._parts])
        return normalized(interpolate(hits.corners, hits.shares, normals))

    def landmarks_px(self) -> np.ndarray:
        """(25, 2) float64 column and row of the landmarks."""
        return self.view.project(self.vertices[self._surface.landmarks])

    def _at(self, hits: Hits, part: slice, attributes: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Attributes and the gloss of what is worn (-1 elsewhere) at some of the points hit."""
        corners, shares = hits.corners[part], hits.shares[part]
        if not self._worn_parts:
            return interpolate(corners, shares, attributes), np.full(len(corners), -1, np.float32)
        return interpolate(corners, shares, attributes), interpolate(corners, shares, self._worn_gloss)[:, 0]

    def _lit_attributes(self) -> np.ndarray:
        """(V, C) float32: normal, paint, irradiance, openness, lean of the light, visibility of each lamp."""
        lighting = self._capture.lighting
        head, *others = self._parts
        painted = np.split(self._painted, np.cumsum([len(part.vertices) for part in self._parts])[:-1])
        light = [
            illuminate(self._surface, self.scene, head.vertices, head.normals, painted[0][:, 3:6], lighting),
            *(
                illuminate_hair(self.scene, part.vertices, part.normals, paint[:, 3:6], lighting)
                for part, paint in zip(others, painted[1:], strict=True)
            ),
        ]
        return np.concatenate(
            [
                np.concatenate([part.normals, paint, lit.stacked()], axis=1)
                for part, paint, lit in zip(self._parts, painted, light, strict=True)
            ]
        ).astype(np.float32)

    def _colours(self, attributes: np.ndarray, worn_gloss: np.ndarray) -> np.ndarray:
        normals = normalized(attributes[:, :3])
        material, _ = self._material(PaintedPoints.unstacked(attributes[:, PAINT_COLUMNS]), worn_gloss)
        shading = Shading.unstacked(attributes[:, PAINT_COLUMNS.stop :])
        # Pores: the light that a small tilt adds or takes away, to first order.
        tilt = np.clip(1 + np.einsum("ij,ij->i", shading.lean, material.bump), 0.3, 1.7)
        normals[:, :2] += material.bump
        glint = highlight(normalized(normals), material.gloss, material.wet, self._capture.lighting, shading)
        return material.albedo * shading.irradiance * tilt[:, None] + glint

    def _material(self, points: PaintedPoints, worn_gloss: np.ndarray) -> tuple[Material, np.ndarray]:
        capture = self._capture
        material = material_at(
            self._paint,
            self._surface,
            points,
            np.array(capture.skin_gains, np.float32),
            np.array(capture.shirt_colour, np.float32),
            self._beard_mm,
        )
        worn = worn_gloss > -0.5
        skin = (1 - smooth_step(0.25, 0.75, points.hair)) * (points.eyes.max(axis=1, initial=0) < 0.5)
        skin = skin * (points.beard > IN_THE_MOUTH) * (1 - clothes(points.position))
        skin = np.where(worn, 0, skin).astype(np.float32)
        if worn.any():
            material.albedo[worn] = points.albedo[worn]
            material.gloss[worn] = worn_gloss[worn]
            material.bump[worn] = 0
        return material, skin

    def _shaped_head(self, head_model: HeadModel) -> np.ndarray:
        """(W, 3) float32 mm: shape, expression, creases and hair, before the pose."""
        surface, paint, capture = self._surface, self._paint, self._capture
        shape = paint.subject.shape
        fine = surface.refine @ head_model.shape(shape | units_of(head_model, shape, capture.face_units))
        fine = set_eyes(head_model, surface, fine, capture.face_units)
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

    def _worn(self, upright: np.ndarray) -> tuple[list[Accessory], Accessory | None]:
        """The frame of the glasses and single strands of hair, and the lenses, before the pose."""
        capture, subject = self._capture, self._paint.subject
        worn: list[Accessory] = []
        lenses = None
        if capture.glasses is not None:
            frame, lenses = wear_glasses(self._surface, upright, capture.glasses)
            worn.append(frame)
        if capture.strands is not None and subject.hair_mm:
            worn.append(hang_strands(self._surface, upright, capture.strands, subject.hair_colour, subject.hairline_mm))
        return worn, lenses


class Panes:
    """Lenses in front of the eyes."""

    def __init__(self, mesh: Mesh, lenses: Accessory, view: View) -> None:
        self._scene = Scene(mesh.vertices, mesh.triangles, view)
        self._passing = lenses.albedo

    def passing(self, column: np.ndarray, row: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """(N,) bool which pixels lie behind a lens, and (H, 3) float32 the share of light that passes there."""
        hits = self._scene.cast(column, row)
        return hits.hit, interpolate(hits.corners, hits.shares, self._passing)


def _placed(turned: np.ndarray, surface: Surface, capture: Capture) -> tuple[View, np.ndarray]:
    """The camera, and the (3,) float32 shift that brings the face to where the take says.

    A camera without perspective finds the nose tip at its place. One with perspective finds the middle of eyes, nose
    and mouth corners where that of a frontal face would be, as alignment by these five points does.
    """
    tip = turned[surface.landmarks[NOSE_TIP]]
    near_tip = np.sum((turned - tip) ** 2, axis=1) < NOSE_REACH_MM**2
    height = capture.nose_tip_grey * MM_PER_GREY_LEVEL - turned[near_tip, 2].max()
    target = np.array(frame_position_mm(capture.nose_tip_px))
    if capture.camera_distance_mm is None:
        return PARALLEL, np.array([*(target - tip[:2]), height]).astype(np.float32)
    frontal = five_points(surface.canonical, surface)
    target = target + (frontal.mean(axis=0) - surface.canonical[surface.landmarks[NOSE_TIP]])[:2]
    points = five_points(turned, surface)
    plane_z_mm = float(points[:2, 2].mean() + height)
    eye_z_mm = plane_z_mm + capture.camera_distance_mm
    scale = capture.camera_distance_mm / (eye_z_mm - points[:, 2] - height)
    flat = target - np.average(points[:, :2], axis=0, weights=scale)
    view = View((float(target[0]), float(target[1]), eye_z_mm), plane_z_mm)
    return view, np.array([*flat, height]).astype(np.float32)


def five_points(vertices: np.ndarray, surface: Surface) -> np.ndarray:
    """(5, 3) float64: centres of the eyes, nose tip, mouth corners, as alignment finds them in a photo."""
    eyes = [
        np.average(vertices, axis=0, weights=surface.region_weights[name] + 1e-9) for name in ("right_eye", "left_eye")
    ]
    return np.stack([*eyes, *(vertices[surface.landmarks[k]] for k in (NOSE_TIP, *MOUTH_CORNERS))]).astype(np.float64)


def rotation(pose_deg: tuple[float, float, float]) -> np.ndarray:
    """(3, 3) float64: roll about z, then pitch about x, then yaw about y."""
    (cy, cp, cr), (sy, sp, sr) = np.cos(np.deg2rad(pose_deg)), np.sin(np.deg2rad(pose_deg))
    yaw = np.array([[cy, 0, sy], [0, 1, 0], [-sy, 0, cy]])
    pitch = np.array([[1, 0, 0], [0, cp, -sp], [0, sp, cp]])
    roll = np.array([[cr, -sr, 0], [sr, cr, 0], [0, 0, 1]])
    return np.einsum("ij,jk,kl->il", yaw, pitch, roll)


def _turned(vectors: np.ndarray, turn: np.ndarray) -> np.ndarray:
    """(N, 3) float32; not by BLAS, whose threads would fight with those of the other workers."""
    return np.einsum("ij,kj->ik", vectors, turn)


def _posed(mesh: Mesh | Curtain | Accessory, turn: np.ndarray, shift: np.ndarray) -> Mesh:
    return Mesh(_turned(mesh.vertices, turn) + shift, _turned(mesh.normals, turn), mesh.triangles)


def _leaning_forward(hair: Mesh) -> Mesh:
    """The camera sees the inside of the sheet, and strands shine whichever way the sheet faces: lean forward."""
    facing = hair.normals * np.where(hair.normals[:, 2:] < 0, -1, 1)
    return hair._replace(normals=normalized(facing + np.array([0, 0, 1], np.float32)))


def _numbered(parts: list[Mesh]) -> list[np.ndarray]:
    """Triangles of each part, by the numbers of all vertices together."""
    starts = np.cumsum([0, *(len(part.vertices) for part in parts)])
    return [part.triangles + start for part, start in zip(parts, starts[:-1].tolist(), strict=True)]


def _hair_points(position: np.ndarray, colour: np.ndarray) -> PaintedPoints:
    count = len(position)
    return PaintedPoints(
        position=position,
        albedo=np.broadcast_to(colour, (count, 3)),
        hair=np.ones(count, np.float32),
        beard=np.zeros(count, np.float32),
        eyes=np.zeros((count, 2), np.float32),
    )


def _worn_points(part: Accessory) -> np.ndarray:
    count = len(part.vertices)
    return PaintedPoints(
        position=np.broadcast_to(np.array(BARE_MM, np.float32), (count, 3)),
        albedo=part.albedo,
        hair=np.zeros(count, np.float32),
        beard=np.zeros(count, np.float32),
        eyes=np.zeros((count, 2), np.float32),
    ).stacked()


def _chunks(count: int) -> list[slice]:
    return [slice(start, start + CHUNK_POINTS) for start in range(0, count, CHUNK_POINTS)]
