"""A shaded picture of a mesh, without a display or a graphics card."""

import numpy as np

from facedepth_pipeline.mesh.mesh import Mesh
from facedepth_pipeline.open3d_import import o3d

VIEW_SIZE_PX = 320
LIGHT = np.array([0.35, 0.45, 0.82])
AMBIENT = 0.35


def render_views(mesh: Mesh, yaw_deg: tuple[float, ...] = (0.0, 35.0, 80.0), textured: bool = False) -> np.ndarray:
    """Orthographic views side by side: the face turned about the vertical axis.

    Args:
        mesh: In millimetres.
        yaw_deg: One view an angle; positive turns the face to its left.
        textured: Vertex colours, or plain grey clay that shows the shape alone.

    Returns:
        (320, 320 * views, 3) uint8 RGB on white, every view at the same scale.
    """
    centre = (mesh.vertices.min(0) + mesh.vertices.max(0)) / 2
    radius = float(np.linalg.norm(mesh.vertices - centre, axis=1).max())
    return np.hstack([_render(mesh, centre, radius, np.deg2rad(angle), textured) for angle in yaw_deg])


def _render(mesh: Mesh, centre: np.ndarray, radius: float, yaw: float, textured: bool) -> np.ndarray:
    turn = np.array([[np.cos(yaw), 0, np.sin(yaw)], [0, 1, 0], [-np.sin(yaw), 0, np.cos(yaw)]])
    vertices = ((mesh.vertices - centre) @ turn.T).astype(np.float32)
    scene = o3d.t.geometry.RaycastingScene()
    scene.add_triangles(
        o3d.core.Tensor.from_numpy(vertices), o3d.core.Tensor.from_numpy(mesh.triangles.astype(np.uint32))
    )
    steps = (np.arange(VIEW_SIZE_PX) + 0.5) / VIEW_SIZE_PX * 2 - 1
    x, y = np.meshgrid(steps * radius, -steps * radius)
    origins = np.stack([x, y, np.full_like(x, 2 * radius)], axis=-1)
    rays = np.concatenate([origins, np.broadcast_to([0.0, 0.0, -1.0], origins.shape)], axis=-1)
    hit = scene.cast_rays(o3d.core.Tensor.from_numpy(rays.astype(np.float32)))
    seen = np.isfinite(hit["t_hit"].numpy())
    corners = mesh.triangles[hit["primitive_ids"].numpy()[seen]]
    uv = hit["primitive_uvs"].numpy()[seen]
    weights = np.concatenate([1 - uv.sum(1, keepdims=True), uv], axis=1)[..., None]
    normals = (_vertex_normals(vertices, mesh.triangles)[corners] * weights).sum(1)
    normals /= np.maximum(np.linalg.norm(normals, axis=1, keepdims=True), 1e-9)
    light = AMBIENT + (1 - AMBIENT) * np.clip(normals @ (LIGHT / np.linalg.norm(LIGHT)), 0, 1)
    base = (mesh.colours[corners] * weights).sum(1) if textured else np.full((len(uv), 3), 205.0)
    image = np.full((VIEW_SIZE_PX, VIEW_SIZE_PX, 3), 255, np.uint8)
    image[seen] = np.clip(base if textured else base * light[:, None] * 1.15, 0, 255)
    return image


def _vertex_normals(vertices: np.ndarray, triangles: np.ndarray) -> np.ndarray:
    a, b, c = (vertices[triangles[:, corner]] for corner in range(3))
    weighted = np.cross(b - a, c - a)
    normals = np.zeros_like(vertices)
    for corner in range(3):
        np.add.at(normals, triangles[:, corner], weighted)
    return normals
