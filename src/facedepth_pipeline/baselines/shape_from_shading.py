"""Shape from shading: depth from one photo by its shading alone, learning nothing.

The paper describes it as related work A: albedo and illuminant from averages of the brightness and its derivatives, the
reflectance map of a Lambertian surface, normals from it by assuming a smooth surface, and their integration.
Sources of the steps, each named where it is used:

* Zheng and Chellappa, "Estimation of illuminant direction, albedo, and shape from shading", IEEE TPAMI 13(7), 1991, in
  the form of Zhang, Tsai, Cryer and Shah, "Shape from shading: a survey", IEEE TPAMI 21(8), 1999;
* Brooks and Horn, "Shape and source from shading", IJCAI 1985;
* Simchony, Chellappa and Shao, "Direct analytical methods for solving Poisson equations in computer vision problems",
  IEEE TPAMI 12(5), 1990, here on a mask and therefore by a sparse solver.

Directions are unit vectors, x right, y up, z toward the camera.
"""

from dataclasses import dataclass

import numpy as np
from scipy import ndimage, sparse
from scipy.sparse.linalg import spsolve

from facedepth_pipeline.depth import PixelPitch

SMOOTHNESS = 100.0  # normals agree over about 20 px, the square root of four times this
ITERATIONS = 200
RIM_PX = 2  # how far inside the region the surface turns away from the camera
MAX_SLOPE = 3.0  # 72 degrees; beyond, a pixel of error in the normal is a cliff
SMOOTHING_PX = 1.0  # of the photo: skin is not white


@dataclass(frozen=True)
class Illuminant:
    """One distant light and the albedo of the surface.

    Attributes:
        direction: Unit vector toward the light.
        albedo: Brightness of a surface that faces the light.
    """

    direction: tuple[float, float, float]
    albedo: float


def brightness(photo: np.ndarray) -> np.ndarray:
    """Light that reached the camera, (H, W) float64 in [0, 1], from (H, W, 3) uint8 sRGB.

    Shading is linear in light and a photo is not; luminance by Rec. 709.
    """
    encoded = photo.astype(np.float64) / 255
    linear = np.where(encoded <= 0.04045, encoded / 12.92, ((encoded + 0.055) / 1.055) ** 2.4)
    return np.asarray(linear @ np.array([0.2126, 0.7152, 0.0722]))


def estimate_illuminant(image: np.ndarray, region: np.ndarray, pitch: PixelPitch) -> Illuminant:
    """Light and albedo from averages of brightness and its derivatives.

    With normals spread as on a sphere, the mean of I is (pi / 4) albedo cos(slant) and the mean of I squared is
    albedo squared (1 + 3 cos(slant) squared) / 6, which gives both unknowns; the mean direction of the gradient gives
    the tilt (Zhang et al. 1999, section 3). Where the statistics fit no slant the light is taken as frontal.

    Args:
        image: (H, W) brightness.
        region: (H, W) bool, the surface.
        pitch: For the direction of gradients.
    """
    seen = image[region]
    mean, mean_square = seen.mean(), np.square(seen).mean()
    gamma_square = 6 * np.pi**2 * mean_square - 48 * mean**2
    gamma = np.sqrt(max(gamma_square, 0.0))
    cos_slant = 4 * mean / gamma if gamma > 4 * mean else 1.0
    albedo = gamma / np.pi if cos_slant < 1 else 4 * mean / np.pi
    per_row, per_column = np.gradient(image)
    inner = ndimage.binary_erosion(
        region, iterations=RIM_PX, border_value=1
    )  # the rim is the edge of a face, not shading
    steps = np.stack([per_column / pitch.x_mm, -per_row / pitch.y_mm])[:, inner]
    lengths = np.linalg.norm(steps, axis=0)
    steps = steps[:, lengths > 0] / lengths[lengths > 0]
    tilt_x, tilt_y = steps.mean(axis=1) if steps.size else (0.0, 0.0)
    length = np.hypot(tilt_x, tilt_y)
    sin_slant = np.sqrt(1 - cos_slant**2) if length > 0 else 0.0
    direction = np.array([sin_slant * tilt_x / max(length, 1e-12), sin_slant * tilt_y / max(length, 1e-12), cos_slant])
    direction /= np.linalg.norm(direction)
    return Illuminant((float(direction[0]), float(direction[1]), float(direction[2])), float(albedo))


def normals_from_shading(
    image: np.ndarray,
    region: np.ndarray,
    illuminant: Illuminant,
    smoothness: float = SMOOTHNESS,
    iterations: int = ITERATIONS,
) -> np.ndarray:
    """Normals whose Lambertian shading is the image, as smooth as may be.

    Minimises the squared error of brightness, albedo n.s, and ``smoothness`` times the squared gradient of n, by the
    iteration of Brooks and Horn (1985, section 5): the mean of the neighbours, plus a step along the light that
    mends the brightness, back to unit length. At the rim, where a face turns away from the camera, normals point
    outward and stay: light from the front alone cannot tell a hill from a hollow.

    Args:
        image: (H, W) brightness.
        region: (H, W) bool, the surface.
        illuminant: Light and albedo.
        smoothness: Weight; details finer than the square root of four times this, in pixels, are not believed: on
            skin they are pores and paint, not form.
        iterations: A pixel hears of the rim once for each pixel between.

    Returns:
        (H, W, 3) float64 unit normals; (0, 0, 1) outside.
    """
    light = np.array(illuminant.direction)
    shading = image / illuminant.albedo
    rim = region & ~ndimage.binary_erosion(region, iterations=RIM_PX, border_value=1)
    start = _start_from_the_rim(region)
    normals = start.copy()
    weight = region.astype(np.float64)
    count = np.maximum(_neighbour_sum(weight), 1)
    for _ in range(iterations):
        mean = np.stack([_neighbour_sum(normals[..., axis] * weight) for axis in range(3)], axis=-1) / count[..., None]
        wanted = mean + ((shading - mean @ light) / (1 + 4 * smoothness))[..., None] * light
        length = np.linalg.norm(wanted, axis=-1, keepdims=True)
        normals = np.divide(wanted, length, out=start.copy(), where=length > 1e-9)
        normals[..., 2] = np.maximum(normals[..., 2], 0.05)  # what is seen faces the camera
        normals[rim] = start[rim]
        normals /= np.linalg.norm(normals, axis=-1, keepdims=True)
    normals[~region] = (0, 0, 1)
    return normals


def _neighbour_sum(values: np.ndarray) -> np.ndarray:
    """Sum over the four neighbours; nothing beyond the border."""
    padded = np.pad(values, 1)
    return np.asarray(padded[:-2, 1:-1] + padded[2:, 1:-1] + padded[1:-1, :-2] + padded[1:-1, 2:])


def _start_from_the_rim(region: np.ndarray) -> np.ndarray:
    """Normals of a pillow: outward at the rim, toward the camera in the middle."""
    depth_inside = ndimage.distance_transform_edt(region)  # the border of the image is no rim
    share = np.clip(depth_inside / max(depth_inside.max(), 1), 0, 1)
    outward_row, outward_column = np.gradient(-ndimage.gaussian_filter(depth_inside, 3))
    outward = np.stack([outward_column, -outward_row], axis=-1)
    outward /= np.maximum(np.linalg.norm(outward, axis=-1, keepdims=True), 1e-9)
    flat = np.sin((1 - share) * np.radians(75))
    normals = np.dstack([outward * flat[..., None], np.sqrt(1 - flat**2)])
    normals[~region] = (0, 0, 1)
    return np.asarray(normals / np.linalg.norm(normals, axis=-1, keepdims=True))


def integrate_normals(normals: np.ndarray, region: np.ndarray, pitch: PixelPitch) -> np.ndarray:
    """Depth whose slopes are those of the normals, in the sense of least squares, with mean 0.

    Each pair of neighbouring pixels of the region states one difference of depth; the normal equations are Poisson's
    with free boundary (Simchony et al. 1990).

    Args:
        normals: (H, W, 3) unit normals.
        region: (H, W) bool; each connected part gets a mean of 0 of its own.
        pitch: Millimetres per pixel.

    Returns:
        (H, W) float64 millimetres; 0 outside.
    """
    slopes = -normals[..., :2] / np.maximum(normals[..., 2:], 1e-6)
    slopes = np.clip(slopes, -MAX_SLOPE, MAX_SLOPE)
    number = np.full(region.shape, -1)
    number[region] = np.arange(region.sum())
    lower, upper, rises = [], [], []
    for axis, step_mm, component in ((1, pitch.x_mm, 0), (0, -pitch.y_mm, 1)):
        before = np.s_[:, :-1] if axis == 1 else np.s_[:-1]
        after = np.s_[:, 1:] if axis == 1 else np.s_[1:]
        both = region[before] & region[after]
        lower.append(number[before][both])
        upper.append(number[after][both])
        mean_slope = (slopes[before][..., component] + slopes[after][..., component]) / 2
        rises.append(mean_slope[both] * step_mm)
    start, end, rise = np.concatenate(lower), np.concatenate(upper), np.concatenate(rises)
    equation = np.arange(len(rise))
    differences = sparse.csr_array(
        (
            np.concatenate([np.ones_like(rise), -np.ones_like(rise)]),
            (np.concatenate([equation, equation]), np.concatenate([end, start])),
        ),
        shape=(len(rise), int(region.sum())),
    )
    # a hair of weight on depth itself settles the offset that differences leave open
    matrix = differences.T @ differences + 1e-9 * sparse.eye_array(int(region.sum()))
    solution = spsolve(matrix.tocsc(), differences.T @ rise)
    depth_mm = np.zeros(region.shape)
    depth_mm[region] = solution
    parts, count = ndimage.label(region)
    means = ndimage.mean(depth_mm, parts, np.arange(1, count + 1))
    depth_mm[region] -= np.asarray(means)[parts[region] - 1]
    return depth_mm


def shape_from_shading(
    photo: np.ndarray, region: np.ndarray, pitch: PixelPitch, mean_depth_mm: float, illuminant: Illuminant | None = None
) -> np.ndarray:
    """Depth of a photo by its shading.

    Args:
        photo: (H, W, 3) uint8 RGB.
        region: (H, W) bool, where the face is: shading says nothing of it.
        pitch: Millimetres per pixel.
        mean_depth_mm: Mean depth over the region: shading says nothing of it either.
        illuminant: If known; else it is estimated.

    Returns:
        (H, W) float32 millimetres; 0 outside of the region.

    Raises:
        ValueError: If the region is empty or the photo black inside it.
    """
    if not region.any():
        raise ValueError("The region of the face is empty: there is no shading to look at.")
    image = ndimage.gaussian_filter(brightness(photo), SMOOTHING_PX)
    if image[region].max() <= 0:
        raise ValueError("The photo is black where the face should be: there is no shading to look at.")
    light = illuminant or estimate_illuminant(image, region, pitch)
    depth_mm = integrate_normals(normals_from_shading(image, region, light), region, pitch)
    return np.where(region, depth_mm + mean_depth_mm, 0).astype(np.float32)
