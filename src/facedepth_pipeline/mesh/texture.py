"""Where on the photo a point of the surface lies: colours and texture coordinates.

The view is orthographic, so x and y alone decide. Photo and depth map cover the same rectangle of
millimetres around the origin, whatever their numbers of pixels.
"""

import numpy as np
from PIL import Image
from scipy import ndimage

from facedepth_pipeline.depth import DepthMap, PixelPitch
from facedepth_pipeline.mesh.mesh import Mesh


def check_photo(depth_map: DepthMap, photo: np.ndarray) -> None:
    """Refuse a photo that does not lie pixel on pixel over the depth map.

    Raises:
        ValueError: If it is not (H, W, 3) uint8 with the H and W of the depth map.
    """
    expected = (*depth_map.depth_mm.shape, 3)
    if photo.shape != expected or photo.dtype != np.uint8:
        raise ValueError(
            f"photo must be uint8 {expected} to match the depth map; received {photo.dtype} {photo.shape}."
        )


def pixels_of_points(points: np.ndarray, shape: tuple[int, ...], pitch: PixelPitch) -> np.ndarray:
    """Rows and columns, with fractions, over which points lie: back-projection the other way.

    Args:
        points: (N, 3) millimetres.
        shape: (rows, columns) of the image.
        pitch: Of the image.

    Returns:
        (2, N) float64, rows then columns, whole numbers at pixel centres.
    """
    x_mm, y_mm = points[:, 0].astype(np.float64), points[:, 1].astype(np.float64)
    return np.stack([(shape[0] - 1) / 2 - y_mm / pitch.y_mm, (shape[1] - 1) / 2 + x_mm / pitch.x_mm])


def sample_colours(photo: np.ndarray, points: np.ndarray, pitch: PixelPitch) -> np.ndarray:
    """(N, 3) uint8 colours of the photo at the x and y of points, between pixels bilinear.

    Args:
        photo: (H, W, 3) uint8 RGB.
        points: (N, 3) millimetres.
        pitch: Millimetres per pixel of the photo.
    """
    pixels = pixels_of_points(points, photo.shape, pitch)
    channels = [
        ndimage.map_coordinates(photo[..., channel].astype(np.float32), pixels, order=1, mode="nearest")
        for channel in range(3)
    ]
    return np.rint(np.stack(channels, axis=1)).astype(np.uint8)


def texture_coordinates(points: np.ndarray, shape: tuple[int, ...], pitch: PixelPitch) -> np.ndarray:
    """(N, 2) float32 in [0, 1]: u from the left edge of the photo, v from its lower edge.

    Args:
        points: (N, 3) millimetres.
        shape: (rows, columns) of an image that covers the same rectangle as the texture.
        pitch: Of that image.
    """
    size_mm = np.array([shape[1] * pitch.x_mm, shape[0] * pitch.y_mm])
    return (points[:, :2] / size_mm + 0.5).astype(np.float32)


def textured_mesh(vertices: np.ndarray, triangles: np.ndarray, photo: np.ndarray, pitch: PixelPitch) -> Mesh:
    """Give a surface the colours and texture coordinates that follow from its x and y.

    Args:
        vertices: (V, 3) float32, millimetres.
        triangles: (F, 3) int32.
        photo: (H, W, 3) uint8 RGB.
        pitch: Of the photo.
    """
    colours = sample_colours(photo, vertices, pitch)
    return Mesh(vertices, triangles, colours, texture_coordinates(vertices, photo.shape, pitch))


def paint_background(texture: np.ndarray, photo: np.ndarray, valid: np.ndarray) -> np.ndarray:
    """Give everything beside the face the colour of the nearest face pixel.

    No other person and no room travels with the mesh, and no background shines through at the rim of a face that is
    looked at from afar, where viewers average over texture pixels.

    Args:
        texture: (H, W, 3) uint8 RGB, finer than the photo or as fine.
        photo: (h, w, 3) uint8 RGB of the same rectangle.
        valid: (h, w) bool, where the face is.

    Returns:
        (H, W, 3) uint8 RGB; the texture itself where ``valid`` is, and a pixel beyond.
    """
    rows, columns = ndimage.distance_transform_edt(
        ~ndimage.binary_erosion(valid, iterations=2), return_distances=False, return_indices=True
    )
    size = texture.shape[1::-1]
    filled = Image.fromarray(photo[rows, columns]).resize(size, Image.Resampling.BILINEAR)
    face = Image.fromarray(ndimage.binary_dilation(valid)).resize(size, Image.Resampling.NEAREST)
    filled.paste(Image.fromarray(texture), mask=face)
    return np.asarray(filled)
