"""Pictures of a result, without a display or a graphics card."""

import matplotlib
import numpy as np
from PIL import Image, ImageDraw, ImageFont

from facedepth_pipeline.depth import DepthMap
from facedepth_pipeline.mesh.mesh import Mesh, vertex_normals
from facedepth_pipeline.runtime.open3d_import import o3d

VIEW_SIZE_PX, VIEW_WIDTH_PX = 320, 250  # a face is higher than it is wide
CAPTION_PX = 24
MARGIN_PX = 4
LIGHT = np.array([0.35, 0.45, 0.82])
AMBIENT = 0.35
CLAY = 205.0
YAWS_DEG = (0.0, 35.0, 80.0)


def preview(photo: np.ndarray, depth_map: DepthMap, mesh: Mesh, uncertainty_mm: np.ndarray | None = None) -> np.ndarray:
    """Side by side: photo, depth in colours, uncertainty where there is one, textured mesh, and clay from three sides.

    Args:
        photo: (H, W, 3) uint8 RGB, what the generator saw.
        depth_map: (H, W) depth.
        mesh: In millimetres.
        uncertainty_mm: (H, W) standard deviation of the depth, or None.

    Returns:
        (344, N, 3) uint8 RGB, a line of words above each picture.
    """
    seen = depth_map.depth_mm[depth_map.valid]
    near, far = float(seen.max()), float(seen.min())
    tiles = {
        "photo": _upright(photo, depth_map),
        f"depth, {far:.0f} to {near:.0f} mm": _upright(
            _coloured(depth_map.depth_mm, depth_map.valid, far, near), depth_map
        ),
    }
    if uncertainty_mm is not None:
        most = max(float(np.quantile(uncertainty_mm[depth_map.valid], 0.99)), 1e-6)
        tiles[f"uncertainty, 0 to {most:.1f} mm"] = _upright(
            _coloured(uncertainty_mm, depth_map.valid, 0, most), depth_map
        )
    views = _Views(mesh)
    tiles["mesh with photo"] = views.shade(0.0, textured=True)
    tiles["front, three quarters, profile"] = np.hstack([views.shade(angle, textured=False) for angle in YAWS_DEG])
    return np.hstack([captioned(tile, words) for words, tile in tiles.items()])


def _coloured(values: np.ndarray, valid: np.ndarray, low: float, high: float) -> np.ndarray:
    """(H, W, 3) uint8: dark blue is low, yellow is high, white is no surface."""
    share = (values - low) / max(high - low, 1e-9)
    colours = matplotlib.colormaps["viridis"](share, bytes=True)[..., :3]
    return np.where(valid[..., None], colours, np.uint8(255))


def _upright(picture: np.ndarray, depth_map: DepthMap) -> np.ndarray:
    """As high as a view, and as wide as the pitch says: 256x256 pixels need not be square."""
    height, width = picture.shape[:2]
    shape_mm = width * depth_map.pitch.x_mm / (height * depth_map.pitch.y_mm)
    size = (round(VIEW_SIZE_PX * shape_mm), VIEW_SIZE_PX)
    return np.asarray(Image.fromarray(picture).resize(size, Image.Resampling.LANCZOS))


def captioned(tile: np.ndarray, words: str) -> np.ndarray:
    """A picture, (H, W, 3) uint8 RGB, with a line of words above it: (H + 24, W + 8, 3)."""
    canvas = Image.new("RGB", (tile.shape[1] + 2 * MARGIN_PX, tile.shape[0] + CAPTION_PX), "white")
    canvas.paste(Image.fromarray(tile), (MARGIN_PX, CAPTION_PX))
    font = ImageFont.load_default(size=14)
    ImageDraw.Draw(canvas).text((canvas.width / 2, CAPTION_PX / 2), words, "black", font=font, anchor="mm")
    return np.asarray(canvas)


def render_views(mesh: Mesh, yaw_deg: tuple[float, ...] = YAWS_DEG, textured: bool = False) -> np.ndarray:
    """Orthographic views side by side: the face turned about the vertical axis, in whole in each.

    Args:
        mesh: In millimetres.
        yaw_deg: One view an angle; positive turns the face to its left.
        textured: Vertex colours, or plain grey clay that shows the shape alone.

    Returns:
        (320, 250 * views, 3) uint8 RGB on white, every view at the same scale.
    """
    views = _Views(mesh)
    return np.hstack([views.shade(angle, textured) for angle in yaw_deg])


class _Views:
    """A mesh as it is seen from around; what takes long is done once for all pictures of it."""

    def __init__(self, mesh: Mesh) -> None:
        centre = (mesh.vertices.min(0) + mesh.vertices.max(0)) / 2
        from_centre = np.abs(mesh.vertices - centre)
        aside = float(np.hypot(from_centre[:, 0], from_centre[:, 2]).max())  # however it is turned
        self._radius = max(float(from_centre[:, 1].max()), aside * VIEW_SIZE_PX / VIEW_WIDTH_PX) * 1.02
        self._mesh = mesh
        vertices = (mesh.vertices - centre).astype(np.float32)
        self._normals = vertex_normals(vertices, mesh.triangles)
        self._scene = o3d.t.geometry.RaycastingScene()
        self._scene.add_triangles(
            o3d.core.Tensor.from_numpy(vertices), o3d.core.Tensor.from_numpy(mesh.triangles.astype(np.uint32))
        )
        self._hits: dict[float, tuple[np.ndarray, np.ndarray, np.ndarray]] = {}

    def shade(self, yaw_deg: float, textured: bool) -> np.ndarray:
        """(320, 250, 3) uint8 RGB."""
        if yaw_deg not in self._hits:
            self._hits[yaw_deg] = self._look(_turn(yaw_deg))
        seen, corners, weights = self._hits[yaw_deg]
        image = np.full((*seen.shape, 3), 255, np.uint8)
        if textured:
            image[seen] = np.clip((self._mesh.colours[corners] * weights).sum(1), 0, 255)
            return image
        normals = (self._normals[corners] * weights).sum(1) @ _turn(yaw_deg).T
        normals /= np.maximum(np.linalg.norm(normals, axis=1, keepdims=True), 1e-9)
        light = AMBIENT + (1 - AMBIENT) * np.clip(normals @ (LIGHT / np.linalg.norm(LIGHT)), 0, 1)
        image[seen] = np.clip(CLAY * light[:, None] * 1.15, 0, 255)
        return image

    def _look(self, turn: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Which pixels see the mesh; of each of these the corners of its triangle, and their weights."""
        radius = self._radius
        down = ((np.arange(VIEW_SIZE_PX) + 0.5) / VIEW_SIZE_PX * 2 - 1) * radius
        right = ((np.arange(VIEW_WIDTH_PX) + 0.5) / VIEW_WIDTH_PX * 2 - 1) * radius * VIEW_WIDTH_PX / VIEW_SIZE_PX
        x, y = np.meshgrid(right, -down)
        origins = np.stack([x, y, np.full_like(x, 4 * radius)], axis=-1) @ turn  # the eye goes round, not the mesh
        rays = np.concatenate([origins, np.broadcast_to(np.array([0.0, 0.0, -1.0]) @ turn, origins.shape)], axis=-1)
        hit = self._scene.cast_rays(o3d.core.Tensor.from_numpy(rays.astype(np.float32)))
        seen = np.isfinite(hit["t_hit"].numpy())
        corners = self._mesh.triangles[hit["primitive_ids"].numpy()[seen]]
        uv = hit["primitive_uvs"].numpy()[seen]
        return seen, corners, np.concatenate([1 - uv.sum(1, keepdims=True), uv], axis=1)[..., None]


def _turn(yaw_deg: float) -> np.ndarray:
    yaw = np.deg2rad(yaw_deg)
    return np.array([[np.cos(yaw), 0, np.sin(yaw)], [0, 1, 0], [-np.sin(yaw), 0, np.cos(yaw)]])
