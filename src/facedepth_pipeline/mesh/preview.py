"""Pictures of a result, without a display or a graphics card."""

import matplotlib
import numpy as np
from PIL import Image, ImageDraw, ImageFont

from facedepth_pipeline.depth import DepthMap
from facedepth_pipeline.mesh.mesh import Mesh, vertex_normals
from facedepth_pipeline.open3d_import import o3d

VIEW_SIZE_PX, VIEW_WIDTH_PX = 320, 250  # a face is higher than it is wide
CAPTION_PX = 24
MARGIN_PX = 4
LIGHT = np.array([0.35, 0.45, 0.82])
AMBIENT = 0.35


def preview(photo: np.ndarray, depth_map: DepthMap, mesh: Mesh, doubt_mm: np.ndarray | None = None) -> np.ndarray:
    """Side by side: photo, depth in colours, doubt where there is one, textured mesh, and clay from three sides.

    Args:
        photo: (H, W, 3) uint8 RGB, what the generator saw.
        depth_map: (H, W) depth.
        mesh: In millimetres.
        doubt_mm: (H, W) standard deviation of the depth, or None.

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
    if doubt_mm is not None:
        most = max(float(np.quantile(doubt_mm[depth_map.valid], 0.99)), 1e-6)
        tiles[f"doubt, 0 to {most:.1f} mm"] = _upright(_coloured(doubt_mm, depth_map.valid, 0, most), depth_map)
    tiles["mesh with photo"] = render_views(mesh, (0.0,), textured=True)
    tiles["front, three quarters, profile"] = render_views(mesh)
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


def render_views(mesh: Mesh, yaw_deg: tuple[float, ...] = (0.0, 35.0, 80.0), textured: bool = False) -> np.ndarray:
    """Orthographic views side by side: the face turned about the vertical axis, in whole in each.

    Args:
        mesh: In millimetres.
        yaw_deg: One view an angle; positive turns the face to its left.
        textured: Vertex colours, or plain grey clay that shows the shape alone.

    Returns:
        (320, 250 * views, 3) uint8 RGB on white, every view at the same scale.
    """
    centre = (mesh.vertices.min(0) + mesh.vertices.max(0)) / 2
    from_centre = np.abs(mesh.vertices - centre)
    aside = float(np.hypot(from_centre[:, 0], from_centre[:, 2]).max())  # however it is turned
    radius = max(float(from_centre[:, 1].max()), aside * VIEW_SIZE_PX / VIEW_WIDTH_PX) * 1.02
    return np.hstack([_render(mesh, centre, radius, np.deg2rad(angle), textured) for angle in yaw_deg])


def _render(mesh: Mesh, centre: np.ndarray, radius: float, yaw: float, textured: bool) -> np.ndarray:
    turn = np.array([[np.cos(yaw), 0, np.sin(yaw)], [0, 1, 0], [-np.sin(yaw), 0, np.cos(yaw)]])
    vertices = ((mesh.vertices - centre) @ turn.T).astype(np.float32)
    scene = o3d.t.geometry.RaycastingScene()
    scene.add_triangles(
        o3d.core.Tensor.from_numpy(vertices), o3d.core.Tensor.from_numpy(mesh.triangles.astype(np.uint32))
    )
    down = ((np.arange(VIEW_SIZE_PX) + 0.5) / VIEW_SIZE_PX * 2 - 1) * radius
    right = ((np.arange(VIEW_WIDTH_PX) + 0.5) / VIEW_WIDTH_PX * 2 - 1) * radius * VIEW_WIDTH_PX / VIEW_SIZE_PX
    x, y = np.meshgrid(right, -down)
    origins = np.stack([x, y, np.full_like(x, 2 * radius + np.ptp(vertices[:, 2]))], axis=-1)
    rays = np.concatenate([origins, np.broadcast_to([0.0, 0.0, -1.0], origins.shape)], axis=-1)
    hit = scene.cast_rays(o3d.core.Tensor.from_numpy(rays.astype(np.float32)))
    seen = np.isfinite(hit["t_hit"].numpy())
    corners = mesh.triangles[hit["primitive_ids"].numpy()[seen]]
    uv = hit["primitive_uvs"].numpy()[seen]
    weights = np.concatenate([1 - uv.sum(1, keepdims=True), uv], axis=1)[..., None]
    normals = (vertex_normals(vertices, mesh.triangles)[corners] * weights).sum(1)
    normals /= np.maximum(np.linalg.norm(normals, axis=1, keepdims=True), 1e-9)
    light = AMBIENT + (1 - AMBIENT) * np.clip(normals @ (LIGHT / np.linalg.norm(LIGHT)), 0, 1)
    base = (mesh.colours[corners] * weights).sum(1) if textured else np.full((len(uv), 3), 205.0)
    image = np.full((*x.shape, 3), 255, np.uint8)
    image[seen] = np.clip(base if textured else base * light[:, None] * 1.15, 0, 255)
    return image
