"""GLB (binary glTF 2.0) files as bytes: metres, with the photo as texture.

Source: Khronos glTF 2.0 specification: section 3.4 (metres, +y up, +z forward), section 3.9
(materials), section 3.12 and "extras" (application data).
"""

from collections.abc import Mapping

import numpy as np
import trimesh
from PIL import Image

from facedepth_pipeline.mesh.mesh import Mesh

METRES_PER_MM = 0.001


def encode_mesh(mesh: Mesh, texture: np.ndarray, provenance: Mapping[str, str]) -> bytes:
    """A GLB file with triangles, normals, texture coordinates and the photo as PNG.

    Args:
        mesh: Millimetres, with texture coordinates.
        texture: (H, W, 3) uint8 RGB, covering the rectangle that ``mesh.uv`` refers to.
        provenance: Names and values that go into the ``extras`` of the scene, beside the unit.

    Raises:
        ValueError: If the mesh has no texture coordinates.
    """
    if mesh.uv is None:
        raise ValueError("The mesh has no texture coordinates (uv is None); a GLB needs them for the photo.")
    # Skin does not shine like metal, and glTF's default does: it would come out almost black.
    material = trimesh.visual.material.PBRMaterial(
        name="photo", baseColorTexture=Image.fromarray(texture), metallicFactor=0.0, roughnessFactor=1.0
    )
    face = trimesh.Trimesh(
        vertices=mesh.vertices.astype(np.float64) * METRES_PER_MM,
        faces=mesh.triangles,
        visual=trimesh.visual.TextureVisuals(uv=mesh.uv, material=material),
        process=False,
    )
    scene = trimesh.Scene(metadata={**provenance, "unit": "metre"})
    scene.add_geometry(face, geom_name="face")
    content: bytes = scene.export(file_type="glb", include_normals=True)
    return content
