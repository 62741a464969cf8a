"""From a photo to depth, point cloud, wireframe and mesh: one way for batch nodes, CLI and UI.

``reconstruct_photo`` does it for one photo. A batch calls its three steps itself, so that many
photos share a pass of the generator: :func:`prepare_faces`, :func:`~.prediction.predict_depth_and_doubt`,
:func:`build_geometry`.
"""

import hashlib
from dataclasses import dataclass

import numpy as np

from facedepth_pipeline.depth import FRAME_HEIGHT_PX, FRAME_PITCH, FRAME_WIDTH_PX, DepthMap, fit_photo
from facedepth_pipeline.generator.prediction import DepthGenerator, predict_depth_and_doubt
from facedepth_pipeline.generator.sidecar import GeneratorSidecar
from facedepth_pipeline.mesh.finish import close_back, finish_surface
from facedepth_pipeline.mesh.grid import grid_mesh
from facedepth_pipeline.mesh.mesh import LineSet, Mesh
from facedepth_pipeline.mesh.point_cloud import PointCloud, point_cloud
from facedepth_pipeline.mesh.poisson import poisson_mesh
from facedepth_pipeline.mesh.rim import trim_rim
from facedepth_pipeline.mesh.texture import paint_background, texture_from_frame, textured_mesh
from facedepth_pipeline.mesh.wireframe import wireframe
from facedepth_pipeline.parameters import ReconstructionParameters
from facedepth_pipeline.photo.alignment import (
    AlignedPhoto,
    align_face,
    is_database_portrait,
    require_frontal,
    require_whole,
)
from facedepth_pipeline.photo.detection import DetectedFace, FaceDetector, choose_faces, require_size
from facedepth_pipeline.photo.loading import decode_photo
from facedepth_pipeline.photo.refusal import PhotoRefused, RefusalReason

MIN_FACE_PIXELS = 500  # of 65 536; a face fills a third of them


@dataclass(frozen=True, eq=False)
class PreparedFace:
    """A face of a photo, ready for the generator.

    Attributes:
        photo_256: (256, 256, 3) uint8 RGB, what the generator sees.
        texture: uint8 RGB, the same rectangle in the photo's resolution.
        alignment: How the face got into the 751x501 frame.
        scale: Where its millimetres come from, in words.
    """

    photo_256: np.ndarray
    texture: np.ndarray
    alignment: AlignedPhoto
    scale: str


@dataclass(frozen=True, eq=False)
class Reconstruction:
    """Everything made from one face; geometry in millimetres.

    Attributes:
        prepared: What the generator saw.
        depth_map: (256, 256) depth.
        doubt_mm: (256, 256) float32 standard deviation of the depth, 0 outside of the face; None if not asked for.
        texture: uint8 RGB, what the mesh's texture coordinates refer to.
        point_cloud: A point a pixel.
        wireframe: Lines of the thinned lattice.
        mesh: By the mesher that was asked for, finished as asked for.
    """

    prepared: PreparedFace
    depth_map: DepthMap
    doubt_mm: np.ndarray | None
    texture: np.ndarray
    point_cloud: PointCloud
    wireframe: LineSet
    mesh: Mesh


def photo_checksum(photo: bytes | np.ndarray) -> str:
    """SHA-256 of the file, or of the pixels where an array was given; hexadecimal."""
    return hashlib.sha256(photo if isinstance(photo, bytes) else photo.tobytes()).hexdigest()


def prepare_faces(
    photo: bytes | np.ndarray,
    file_name: str,
    sidecar: GeneratorSidecar,
    detector: FaceDetector,
    parameters: ReconstructionParameters,
) -> list[PreparedFace | PhotoRefused]:
    """Decode a photo, and align and fit each face in it that is asked for.

    Args:
        photo: The bytes of an image file, or (H, W, 3) uint8 RGB.
        file_name: Without folders; tells portraits of the database from other photos.
        sidecar: Of the generator that will see the photo.
        detector: Not used (and its network not loaded) where nothing is to be aligned.
        parameters: Those of the photo matter here.

    Returns:
        The faces, largest first, or why one of several cannot be used. Where only one is asked for it can be used.

    Raises:
        PhotoRefused: If the photo cannot be decoded, or none of its faces can be used.
    """
    pixels = decode_photo(photo) if isinstance(photo, bytes) else photo
    if lies_in_frame(file_name, pixels, parameters):
        return [prepare_in_frame(pixels, sidecar)]
    outcomes: list[PreparedFace | PhotoRefused] = []
    for face in choose_faces(detector.detect(pixels), parameters.several_faces):
        try:
            outcomes.append(prepare_face(pixels, face, sidecar, parameters))
        except PhotoRefused as refusal:
            outcomes.append(refusal)
    refusals = [outcome for outcome in outcomes if isinstance(outcome, PhotoRefused)]
    if len(refusals) == len(outcomes):
        raise refusals[0]
    return outcomes


def lies_in_frame(file_name: str, pixels: np.ndarray, parameters: ReconstructionParameters) -> bool:
    """Whether a photo, (H, W, 3), is to be taken as it is, without looking for a face."""
    return parameters.alignment == "none" or (
        parameters.alignment == "auto" and is_database_portrait(file_name, pixels.shape)
    )


def prepare_in_frame(pixels: np.ndarray, sidecar: GeneratorSidecar) -> PreparedFace:
    """The face of a photo that lies in the frame of the database already.

    Args:
        pixels: (751, 501, 3) uint8 RGB.
        sidecar: Of the generator that will see it.

    Raises:
        PhotoRefused: ``not_aligned``, if it has another size.
    """
    return _fit(_photo_in_frame(pixels), sidecar, "0.32 mm a pixel, as portraits of the database are")


def prepare_face(
    pixels: np.ndarray, face: DetectedFace, sidecar: GeneratorSidecar, parameters: ReconstructionParameters
) -> PreparedFace:
    """Align and fit one face of a photo.

    Args:
        pixels: (H, W, 3) uint8 RGB.
        face: One that was detected in it.
        sidecar: Of the generator that will see it.
        parameters: Those of the photo matter here.

    Raises:
        PhotoRefused: ``too_small``, ``not_frontal`` or ``cut_off``.
    """
    require_size(face)
    aligned = align_face(pixels, face, sidecar, parameters.interocular_mm)
    require_frontal(aligned, parameters.max_yaw_deg, parameters.max_pitch_deg)
    require_whole(aligned, parameters.min_face_inside)
    return _fit(aligned, sidecar, _scale_of(sidecar, parameters))


def _fit(alignment: AlignedPhoto, sidecar: GeneratorSidecar, scale: str) -> PreparedFace:
    return PreparedFace(
        photo_256=fit_photo(alignment.frame, sidecar.fit),
        texture=texture_from_frame(alignment.texture, sidecar.fit),
        alignment=alignment,
        scale=scale,
    )


def _scale_of(sidecar: GeneratorSidecar, parameters: ReconstructionParameters) -> str:
    if parameters.interocular_mm is not None:
        return f"measured: eyes {parameters.interocular_mm:g} mm apart"
    return f"assumed: eyes {sidecar.interocular_mm:.1f} mm apart, the mean of the training portraits"


def _photo_in_frame(pixels: np.ndarray) -> AlignedPhoto:
    if pixels.shape[:2] != (FRAME_HEIGHT_PX, FRAME_WIDTH_PX):
        raise PhotoRefused(
            RefusalReason.NOT_ALIGNED,
            f"The photo has {pixels.shape[0]} rows x {pixels.shape[1]} columns; without alignment it must "
            f"lie in the frame of {FRAME_HEIGHT_PX} x {FRAME_WIDTH_PX}. Set alignment to detect.",
        )
    return AlignedPhoto(frame=pixels, texture=pixels, method="none", mm_per_photo_px=FRAME_PITCH.x_mm)


def build_geometry(
    prepared: PreparedFace, depth_map: DepthMap, doubt_mm: np.ndarray | None, parameters: ReconstructionParameters
) -> Reconstruction:
    """Point cloud, wireframe and mesh of a predicted depth map.

    Args:
        prepared: The photo the depth was predicted from.
        depth_map: (256, 256) depth.
        doubt_mm: (256, 256) its standard deviation, or None.
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
    return Reconstruction(
        prepared=prepared,
        depth_map=depth_map,
        doubt_mm=doubt_mm,
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


def reconstruct_photo(
    photo: bytes | np.ndarray,
    file_name: str,
    generator: DepthGenerator,
    detector: FaceDetector,
    parameters: ReconstructionParameters,
) -> Reconstruction:
    """One photo, all the way; of several faces the largest of those that were asked for.

    Args:
        photo: The bytes of an image file, or (H, W, 3) uint8 RGB.
        file_name: Without folders.
        generator: Network and sidecar.
        detector: Keep one for many photos: it loads its network once.
        parameters: Every knob.

    Raises:
        PhotoRefused: If the photo shows no usable face.
    """
    faces = prepare_faces(photo, file_name, generator.sidecar, detector, parameters)
    face = next(face for face in faces if isinstance(face, PreparedFace))
    photos = face.photo_256[None]
    ((depth_map, doubt_mm),) = predict_depth_and_doubt(generator, photos, parameters.doubt_samples, parameters.seed)
    return build_geometry(face, depth_map, doubt_mm, parameters)
