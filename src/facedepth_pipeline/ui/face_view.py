"""A reconstruction as the window draws it; runs in the worker."""

import contourpy
import matplotlib
import numpy as np
from PIL import Image

from facedepth_pipeline.depth import unfit_points
from facedepth_pipeline.mesh.mesh import referenced, vertex_normals
from facedepth_pipeline.parameters import Fit
from facedepth_pipeline.photo.alignment import AlignedPhoto
from facedepth_pipeline.reconstruction.build import ReconstructedFace
from facedepth_pipeline.reconstruction.provenance import Provenance
from facedepth_pipeline.ui.messages import DrawnPart, FaceView

# A face fills half of its texture's width. More pixels than these take OpenGL in software longer than a frame.
MAX_TEXTURE_HEIGHT_PX, MAX_TEXTURE_WIDTH_PX = 2048, 1024
MAX_PART_VERTICES = 65_536


def face_view(
    face: ReconstructedFace, fit: Fit, photo_shape: tuple[int, ...], provenance: Provenance, seconds: float
) -> FaceView:
    """Everything that the window shows of a face.

    Args:
        face: What was made of the photo.
        fit: Of the generator.
        photo_shape: (rows, columns) of the photo.
        provenance: Model and parameters.
        seconds: That it took.
    """
    depth_map = face.depth_map
    seen = depth_map.depth_mm[depth_map.valid]
    far_mm, near_mm = float(seen.min()), float(seen.max())
    colours = matplotlib.colormaps["viridis"]
    share = (depth_map.depth_mm - far_mm) / max(near_mm - far_mm, 1e-9)
    depth_picture = colours(share, bytes=True)
    depth_picture[..., 3] = np.where(depth_map.valid, 255, 0)
    mesh = face.mesh
    normals = vertex_normals(mesh.vertices, mesh.triangles)
    uv = np.zeros((len(mesh.vertices), 2)) if mesh.uv is None else mesh.uv
    lines = face.wireframe
    width, height, depth = (float(side) for side in np.ptp(mesh.vertices, axis=0))
    return FaceView(
        outlines=face_outlines(depth_map.valid, face.prepared.alignment, fit, photo_shape),
        depth_mm=depth_map.depth_mm,
        valid=depth_map.valid,
        pitch_mm=(depth_map.pitch.x_mm, depth_map.pitch.y_mm),
        depth_picture=depth_picture,
        colour_scale=colours(np.linspace(0, 1, 256), bytes=True)[:, :3].copy(),
        near_mm=near_mm,
        far_mm=far_mm,
        texture=power_of_two(face.texture),
        surface=drawn_parts(np.hstack([mesh.vertices, normals, uv * [1, -1] + [0, 1]]), mesh.triangles),
        lattice=drawn_parts(np.hstack([lines.points, np.zeros((len(lines.points), 5))]), lines.edges),
        size_mm=(width, height, depth),
        triangles=len(mesh.triangles),
        mesher=provenance.parameters.mesher,
        scale=str(face.prepared.scale),
        scale_is_measured=face.prepared.scale.is_known,
        model_uri=provenance.model_uri,
        seconds=seconds,
    )


def face_outlines(
    valid: np.ndarray, alignment: AlignedPhoto, fit: Fit, photo_shape: tuple[int, ...]
) -> list[np.ndarray]:
    """Where the rim of a predicted face lies in the photo it was predicted from.

    Args:
        valid: (256, 256) bool.
        alignment: How the photo got into the frame.
        fit: How the frame became the image.
        photo_shape: (rows, columns) of the photo.

    Returns:
        Closed lines, (N, 2) shares of width and height from the upper left corner.
    """
    framed = np.pad(valid.astype(np.float32), 1)  # so that a face at the edge has a rim there too
    outlines = []
    for line_px in contourpy.contour_generator(z=framed).lines(0.5):
        in_photo = unfit_points(np.asarray(line_px) - 1, fit)
        if alignment.similarity is not None:
            in_photo = alignment.similarity.apply_inverse(in_photo)
        outlines.append(in_shares(in_photo, photo_shape))
    return outlines


def in_shares(points_px: np.ndarray, photo_shape: tuple[int, ...]) -> np.ndarray:
    """(N, 2) float32 shares of width and height, of (N, 2) pixel centres in a photo of (rows, columns)."""
    return ((points_px + 0.5) / np.array(photo_shape[1::-1])).astype(np.float32)


def drawn_parts(vertices: np.ndarray, indices: np.ndarray) -> list[DrawnPart]:
    """Divide triangles or lines so that no part has more vertices than 16 bits can number.

    Args:
        vertices: (V, 8).
        indices: (F, 3) or (E, 2) integers; their order is kept, and neighbours in it share vertices in our meshes.

    Returns:
        Parts; a vertex that two of them use is in both.
    """
    parts = []
    waiting = [indices] if len(indices) else []
    while waiting:
        piece = waiting.pop()
        kept, renumbered = referenced(piece)
        if len(kept) > MAX_PART_VERTICES:
            middle = len(piece) // 2
            waiting += [piece[middle:], piece[:middle]]
            continue
        parts.append(DrawnPart(vertices[kept].astype(np.float32), renumbered.astype(np.uint16)))
    return parts


def power_of_two(texture: np.ndarray) -> np.ndarray:
    """A texture, (H, W, 3) uint8 RGB, with sides that are powers of two: OpenGL ES 2 makes no mipmaps of others."""
    limits = (MAX_TEXTURE_HEIGHT_PX, MAX_TEXTURE_WIDTH_PX)
    height, width = (min(1 << (n - 1).bit_length(), most) for n, most in zip(texture.shape[:2], limits, strict=True))
    return np.asarray(Image.fromarray(texture).resize((width, height), Image.Resampling.BICUBIC))
