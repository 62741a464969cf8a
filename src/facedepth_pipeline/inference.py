"""From a photo to depth, point cloud, wireframe and mesh: one way for batch nodes, CLI and UI.

``reconstruct_photo`` does it for one photo. A batch calls its three steps itself, so that many
photos share a pass of the generator: :func:`prepare_photo`, :func:`predict_depth_maps`,
:func:`build_geometry`.
"""

import hashlib
from dataclasses import dataclass

import numpy as np

from facedepth_pipeline.depth import (
    FRAME_HEIGHT_PX,
    FRAME_PITCH,
    FRAME_WIDTH_PX,
    DepthMap,
    fit_photo,
)
from facedepth_pipeline.mesh.grid import grid_mesh
from facedepth_pipeline.mesh.mesh import LineSet, Mesh
from facedepth_pipeline.mesh.point_cloud import PointCloud, point_cloud
from facedepth_pipeline.mesh.poisson import poisson_mesh
from facedepth_pipeline.mesh.texture import texture_from_frame
from facedepth_pipeline.mesh.wireframe import wireframe
from facedepth_pipeline.parameters import ReconstructionParameters
from facedepth_pipeline.photo.alignment import AlignedPhoto, align_face, is_database_portrait
from facedepth_pipeline.photo.detection import FaceDetector
from facedepth_pipeline.photo.loading import decode_photo
from facedepth_pipeline.photo.refusal import PhotoRefused, RefusalReason
from facedepth_pipeline.prediction import DepthGenerator, predict_depth_maps
from facedepth_pipeline.sidecar import GeneratorSidecar

MIN_FACE_PIXELS = 500  # of 65 536; a face fills a third of them


@dataclass(frozen=True, eq=False)
class PreparedPhoto:
    """A photo ready for the generator.

    Attributes:
        photo_256: (256, 256, 3) uint8 RGB, what the generator sees.
        texture: uint8 RGB, the same rectangle of the aligned photo in full resolution.
        alignment: The photo in the 751x501 frame, and how it got there.
        sha256: Of the file, or of the pixels where an array was given; hexadecimal.
    """

    photo_256: np.ndarray
    texture: np.ndarray
    alignment: AlignedPhoto
    sha256: str


@dataclass(frozen=True, eq=False)
class Reconstruction:
    """Everything made from one photo; geometry in millimetres."""

    prepared: PreparedPhoto
    depth_map: DepthMap
    point_cloud: PointCloud
    wireframe: LineSet
    mesh: Mesh


def prepare_photo(
    photo: bytes | np.ndarray,
    file_name: str,
    sidecar: GeneratorSidecar,
    detector: FaceDetector,
    parameters: ReconstructionParameters,
) -> PreparedPhoto:
    """Decode, align and fit a photo.

    Args:
        photo: The bytes of an image file, or (H, W, 3) uint8 RGB.
        file_name: Without folders; tells portraits of the database from other photos.
        sidecar: Of the generator that will see the photo.
        detector: Not used (and its network not loaded) where nothing is to be aligned.
        parameters: ``alignment`` and ``interocular_mm`` matter here.

    Raises:
        PhotoRefused: If the photo cannot be decoded or aligned.
    """
    pixels = decode_photo(photo) if isinstance(photo, bytes) else photo
    in_frame = parameters.alignment == "none" or (
        parameters.alignment == "auto" and is_database_portrait(file_name, pixels.shape)
    )
    if in_frame:
        alignment = _photo_in_frame(pixels)
    else:
        face = detector.detect_one(pixels)
        alignment = align_face(pixels, face, sidecar, parameters.interocular_mm)
    return PreparedPhoto(
        photo_256=fit_photo(alignment.frame, sidecar.fit),
        texture=texture_from_frame(alignment.frame, sidecar.fit),
        alignment=alignment,
        sha256=hashlib.sha256(photo if isinstance(photo, bytes) else photo.tobytes()).hexdigest(),
    )


def _photo_in_frame(pixels: np.ndarray) -> AlignedPhoto:
    if pixels.shape[:2] != (FRAME_HEIGHT_PX, FRAME_WIDTH_PX):
        raise PhotoRefused(
            RefusalReason.NOT_ALIGNED,
            f"The photo has {pixels.shape[0]} rows x {pixels.shape[1]} columns; without alignment it must "
            f"lie in the frame of {FRAME_HEIGHT_PX} x {FRAME_WIDTH_PX}. Set alignment to detect.",
        )
    return AlignedPhoto(pixels, "none", FRAME_PITCH.x_mm)


def build_geometry(
    prepared: PreparedPhoto, depth_map: DepthMap, parameters: ReconstructionParameters
) -> Reconstruction:
    """Point cloud, wireframe and mesh of a predicted depth map.

    Args:
        prepared: The photo the depth was predicted from.
        depth_map: (256, 256) depth.
        parameters: Mesher and its knobs.

    Raises:
        PhotoRefused: ``no_surface``, if hardly anything was predicted as face.
    """
    face_pixels = int(depth_map.valid.sum())
    if face_pixels < MIN_FACE_PIXELS:
        raise PhotoRefused(
            RefusalReason.NO_SURFACE,
            f"The generator saw a surface on {face_pixels} of {depth_map.valid.size} pixels; at least "
            f"{MIN_FACE_PIXELS} are needed. Use a frontal, evenly lit photo of one face.",
        )
    photo = prepared.photo_256
    if parameters.mesher == "poisson":
        mesh = poisson_mesh(
            depth_map,
            photo,
            octree_depth=parameters.poisson_depth,
            max_density_drop=parameters.max_density_drop,
            max_distance_mm=parameters.max_distance_mm,
        )
    else:
        mesh = grid_mesh(depth_map, photo, parameters.max_depth_jump_mm)
    return Reconstruction(
        prepared=prepared,
        depth_map=depth_map,
        point_cloud=point_cloud(depth_map, photo),
        wireframe=wireframe(depth_map, parameters.max_depth_jump_mm, parameters.wireframe_stride),
        mesh=mesh,
    )


def reconstruct_photo(
    photo: bytes | np.ndarray,
    file_name: str,
    generator: DepthGenerator,
    detector: FaceDetector,
    parameters: ReconstructionParameters,
) -> Reconstruction:
    """One photo, all the way.

    Args:
        photo: The bytes of an image file, or (H, W, 3) uint8 RGB.
        file_name: Without folders.
        generator: Network and sidecar.
        detector: Keep one for many photos: it loads its network once.
        parameters: Every knob.

    Raises:
        PhotoRefused: If the photo shows no usable face.
    """
    prepared = prepare_photo(photo, file_name, generator.sidecar, detector, parameters)
    depth_map = predict_depth_maps(generator, prepared.photo_256[None], parameters.batch_size)[0]
    return build_geometry(prepared, depth_map, parameters)
