"""Point cloud, wireframe and mesh of a face whose depth is predicted."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from facedepth_pipeline.depth import DepthMap
from facedepth_pipeline.mesh.finish import close_back, finish_surface
from facedepth_pipeline.mesh.glb import encode_texture
from facedepth_pipeline.mesh.grid import grid_mesh
from facedepth_pipeline.mesh.mesh import LineSet, Mesh
from facedepth_pipeline.mesh.point_cloud import PointCloud, point_cloud
from facedepth_pipeline.mesh.poisson import poisson_mesh
from facedepth_pipeline.mesh.rim import trim_rim
from facedepth_pipeline.mesh.texture import paint_background, textured_mesh
from facedepth_pipeline.mesh.wireframe import wireframe
from facedepth_pipeline.parameters import ReconstructionParameters
from facedepth_pipeline.photo.preparation import PreparedFace
from facedepth_pipeline.photo.refusal import PhotoRefused, RefusalReason

MIN_FACE_PIXELS = 500  # of 65 536; a face fills a third of them


@dataclass(frozen=True, eq=False)
class ReconstructedFace:
    """Everything made from one face; geometry in millimetres.

    Attributes:
        prepared: What the generator saw.
        depth_map: (256, 256) depth.
        uncertainty_mm: (256, 256) float32 standard deviation of the depth, 0 outside of the face; None where no
            samples were drawn.
        texture: uint8 RGB, what the mesh's texture coordinates refer to.
        point_cloud: One point per pixel of the face.
        wireframe: Lines of the thinned lattice.
        mesh: By the mesher that was asked for, finished as asked for.
    """

    prepared: PreparedFace
    depth_map: DepthMap
    uncertainty_mm: np.ndarray | None
    texture: np.ndarray
    point_cloud: PointCloud
    wireframe: LineSet
    mesh: Mesh

    @cached_property
    def texture_jpeg(self) -> bytes:
        """The texture as a JPEG file, encoded once for all formats that carry it."""
        return encode_texture(self.texture)


def build_geometry(
    prepared: PreparedFace, depth_map: DepthMap, uncertainty_mm: np.ndarray | None, parameters: ReconstructionParameters
) -> ReconstructedFace:
    """Point cloud, wireframe and mesh of a predicted depth map.

    Args:
        prepared: The photo the depth was predicted from.
        depth_map: (256, 256) depth.
        uncertainty_mm: (256, 256) its standard deviation, or None.
        parameters: Mesher and its knobs.

    Raises:
        PhotoRefused: ``no_surface``, if hardly anything was predicted as face, or nothing of it can be meshed.
    """
    face_pixels = int(depth_map.valid.sum())
    if face_pixels < MIN_FACE_PIXELS:
        raise PhotoRefused(
            RefusalReason.NO_SURFACE,
            f"The generator saw a surface on {face_pixels} of {depth_map.valid.size} pixels; at least "
            f"{MIN_FACE_PIXELS} are needed. Use a frontal, evenly lit photo of one face.",
        )
    photo, texture, trimmed = prepared.photo_256, prepared.texture, depth_map
    if parameters.max_rim_drop_mm is not None:
        trimmed = trim_rim(depth_map, parameters.max_rim_drop_mm)
        if int(trimmed.valid.sum()) < MIN_FACE_PIXELS:  # all rim and no face: better a fringe than nothing
            trimmed = depth_map
    try:
        mesh = build_mesh(trimmed, photo, parameters)
    except ValueError as error:  # of the mesher: what is left of the depth is not a surface
        raise PhotoRefused(RefusalReason.NO_SURFACE, str(error)) from error
    if parameters.background == "fill":
        texture = paint_background(texture, photo, depth_map.valid)
    return ReconstructedFace(
        prepared=prepared,
        depth_map=depth_map,
        uncertainty_mm=uncertainty_mm,
        texture=texture,
        point_cloud=point_cloud(depth_map, photo),
        wireframe=wireframe(trimmed, parameters.max_depth_jump_mm, parameters.wireframe_stride),
        mesh=mesh,
    )


def build_mesh(depth_map: DepthMap, photo: np.ndarray, parameters: ReconstructionParameters) -> Mesh:
    """The mesh that is asked for, finished as asked for.

    Args:
        depth_map: (256, 256) depth.
        photo: (256, 256, 3) uint8 RGB.
        parameters: Mesher and its knobs.
    """
    if parameters.mesher == "poisson":
        mesh = poisson_mesh(
            depth_map,
            photo,
            detail=parameters.poisson_detail,
            max_density_drop=parameters.max_density_drop,
            max_distance_mm=parameters.max_distance_mm,
            threads=parameters.poisson_threads,
        )
    else:
        mesh = grid_mesh(depth_map, photo, parameters.max_depth_jump_mm)
    vertices, triangles = finish_surface(
        mesh.vertices,
        mesh.triangles,
        parameters.fill_holes_mm,
        parameters.smoothing_iterations,
        parameters.max_triangles,
    )
    if parameters.back_mm is not None:
        vertices, triangles = close_back(vertices, triangles, parameters.back_mm)
    if vertices is mesh.vertices and triangles is mesh.triangles:
        return mesh  # nothing was asked for
    return textured_mesh(vertices, triangles, photo, depth_map.pitch)
