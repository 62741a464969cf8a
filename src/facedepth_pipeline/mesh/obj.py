"""Wavefront OBJ files with their material, as bytes: millimetres, with the photo as texture.

Source: Wavefront Technologies, "Object Files (.obj)" and "Material Library File (.mtl)", appendices B1 and B2 of the
Advanced Visualizer manual.
"""

from collections.abc import Mapping

import trimesh
from PIL import Image

from facedepth_pipeline.mesh.mesh import Mesh

MATERIAL = "photo"
DIGITS = 4  # a tenth of a micrometre


def encode_mesh(mesh: Mesh, material_file: str, provenance: Mapping[str, str]) -> bytes:
    """An OBJ file with vertices, normals, texture coordinates and triangles.

    Args:
        mesh: Millimetres, with texture coordinates.
        material_file: Name of the MTL file beside it.
        provenance: Names and values that become comments, beside the unit.
    """
    # trimesh names the material in the file; the picture of one pixel makes it do so
    visual = trimesh.visual.TextureVisuals(
        uv=mesh.uv, material=trimesh.visual.material.SimpleMaterial(name=MATERIAL, image=Image.new("RGB", (1, 1)))
    )
    surface = trimesh.Trimesh(mesh.vertices, mesh.triangles, visual=visual, process=False)
    text, _ = trimesh.exchange.obj.export_obj(
        surface,
        include_normals=True,
        return_texture=True,
        write_texture=False,
        mtl_name=material_file,
        header=_comments({"unit": "millimetre", **provenance}),
        digits=DIGITS,
    )
    content: bytes = text.encode("utf-8")
    return content


def encode_material(texture_file: str, provenance: Mapping[str, str]) -> bytes:
    """An MTL file: the photo as it is, without shine.

    Args:
        texture_file: Name of the picture beside it.
        provenance: Names and values that become comments.
    """
    lines = (
        "# " + _comments(provenance),
        f"newmtl {MATERIAL}",
        "Ka 1 1 1",
        "Kd 1 1 1",
        "Ks 0 0 0",
        "illum 1",
        f"map_Kd {texture_file}",
        "",
    )
    return "\n".join(lines).encode("utf-8")


def _comments(provenance: Mapping[str, str]) -> str:
    """Lines of ASCII, whatever the values; without the mark of the first, which trimesh sets."""
    return "\n# ".join(f"{name}: {value}".encode("unicode_escape").decode() for name, value in provenance.items())
