"""GLB (binary glTF 2.0) files as bytes: metres, with the photo as texture.

Source: Khronos glTF 2.0 specification: section 3.4 (metres, +y up, +z forward), section 3.9
(materials), section 3.12 and "extras" (application data).
"""

import io
from collections.abc import Mapping
from typing import Any

import numpy as np
import trimesh
from PIL import Image

from facedepth_pipeline.mesh.mesh import Mesh, vertex_normals

METRES_PER_MM = 0.001
JPEG_QUALITY = 92


class JpegBytes:
    """A picture that is encoded already: trimesh asks for an image and would encode it again, at a lower quality."""

    format = "JPEG"

    def __init__(self, content: bytes) -> None:
        self.content = content

    def save(self, file: io.BytesIO, **_: Any) -> None:
        """Write the file as it is."""
        file.write(self.content)

    def copy(self) -> "JpegBytes":
        """The bytes do not change, so a copy is the same."""
        return self


def encode_texture(texture: np.ndarray) -> bytes:
    """A JPEG file of (H, W, 3) uint8 RGB, full chroma: half of it would smear lips and eyes."""
    data = io.BytesIO()
    Image.fromarray(texture).save(data, format="JPEG", quality=JPEG_QUALITY, subsampling=0)
    return data.getvalue()


def encode_mesh(mesh: Mesh, texture_jpeg: bytes, provenance: Mapping[str, str]) -> bytes:
    """A GLB file with triangles, normals, texture coordinates and the photo.

    Args:
        mesh: Millimetres, with texture coordinates.
        texture_jpeg: Of :func:`encode_texture`, covering the rectangle that ``mesh.uv`` refers to.
        provenance: Names and values that go into the ``extras`` of the scene, beside the unit.

    Raises:
        ValueError: If the mesh has no texture coordinates.
    """
    content: bytes = face_scene(mesh, texture_jpeg, provenance).export(file_type="glb")
    return content


def face_scene(mesh: Mesh, texture_jpeg: bytes, provenance: Mapping[str, str]) -> trimesh.Scene:
    """The scene that :func:`encode_mesh` writes; arguments and errors as there."""
    if mesh.uv is None:
        raise ValueError("The mesh has no texture coordinates (uv is None); a GLB needs them for the photo.")
    # Skin does not shine like metal, and glTF's default does: it would come out almost black.
    material = trimesh.visual.material.PBRMaterial(
        name="photo", baseColorTexture=JpegBytes(texture_jpeg), metallicFactor=0.0, roughnessFactor=1.0
    )
    face = trimesh.Trimesh(
        vertices=mesh.vertices.astype(np.float64) * METRES_PER_MM,
        faces=mesh.triangles,
        vertex_normals=vertex_normals(mesh.vertices, mesh.triangles),
        visual=trimesh.visual.TextureVisuals(uv=mesh.uv, material=material),
        process=False,
    )
    scene = trimesh.Scene(metadata={**provenance, "unit": "metre"})
    scene.add_geometry(face, geom_name="face")
    return scene
