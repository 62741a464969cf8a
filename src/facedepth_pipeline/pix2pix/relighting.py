"""A photo composed anew from the layers of a face: light, skin tone, background and camera differ each time.

Deferred shading in the training step, so that a pair is not one picture but as many as there are epochs. The physics
is that of ``synthetic.lighting``, in image space: shadows are looked up in 16 directions instead of cast.
"""

from typing import NamedTuple

import numpy as np

from facedepth_pipeline.data.layers import GLOSS_OF_SKIN, lobe_directions
from facedepth_pipeline.depth import PixelPitch
from facedepth_pipeline.pix2pix.backdrops import BACKDROP_NUMBERS, draw_backdrops
from facedepth_pipeline.pix2pix.backends import one_piece
from facedepth_pipeline.pix2pix.developing import CAMERA_NUMBERS, develop
from facedepth_pipeline.pix2pix.draws import Draws, Seeds, grain, rolled
from facedepth_pipeline.pix2pix.random_light import LAMPS, LIGHT_NUMBERS, Light, cosines, draw_light, irradiance_of
from facedepth_pipeline.pix2pix.resampling import doubled, filled, halved, shifted, smoothed
from facedepth_pipeline.runtime.keras_import import keras, ops

ALBEDO_GAMMA = 2.2
SLOPE_STEP = 1.5  # where the slopes on both sides differ by more, the surface has a step and the flatter side counts
STEEPEST_SLOPE = 2.5  # that is carried beyond the rim of the depth
FILLING_LEVELS = 6
SKIN_FRESNEL = 0.028
SHEEN = 0.06
WET_GLOSS = (180.0, 230.0)  # levels of the gloss between which a highlight becomes that of an eye
FACE_PX = (slice(51, 179), slice(51, 205))  # of 256: mostly face, where exposure and white balance are metered
PERSON_NUMBERS = 18
FLAT_SHARE = 0.3  # share of the photos whose light is flattened, as in textures of scanners and under ring lights


class Lit(NamedTuple):
    """What the light of a batch falls on.

    Attributes:
        albedo: (N, 256, 256, 3) uint8 or float32 levels of the layer ``albedo``, 0 to 255.
        surface: (N, 256, 256, 3) float32 levels of the layer ``surface``, 0 to 255.
        visibility: (N, 128, 128, 16) uint8 or float32 levels of the layer ``visibility``, 0 to 255.
        depth_mm: (N, 256, 256, 1) float32 millimetres, 0 where not valid.
        valid: (N, 256, 256, 1) float32, 0 or 1.
    """

    albedo: keras.KerasTensor
    surface: keras.KerasTensor
    visibility: keras.KerasTensor
    depth_mm: keras.KerasTensor
    valid: keras.KerasTensor


class Look(NamedTuple):
    """What is drawn of the person, for N images.

    Attributes:
        tone: (N,) exponent on the reflectance of skin: above 1 is darker.
        skin_gains: (N, 3) linear RGB factors on skin.
        hair_gains: (N, 3) factors on what is not skin in the upper part of the image.
        cloth_gains: (N, 3) factors on what is not skin in its lower part.
        oiliness: (N,) factor on the gloss.
        shininess: (N,) exponent of the highlight of skin.
        pores: (N,) deviation of the slopes that pores add.
        flatness: (N,) 0 to 1: how much of the differences of the light over the face is taken away.
    """

    tone: keras.KerasTensor
    skin_gains: keras.KerasTensor
    hair_gains: keras.KerasTensor
    cloth_gains: keras.KerasTensor
    oiliness: keras.KerasTensor
    shininess: keras.KerasTensor
    pores: keras.KerasTensor
    flatness: keras.KerasTensor


def relight(layers: Lit, pitch: PixelPitch, seeds: Seeds) -> keras.KerasTensor:
    """Compose a photo of each face under a light, on a background and by a camera that are drawn anew.

    Args:
        layers: What the light falls on.
        pitch: Pitch of the depth, for the normals.
        seeds: Source of the random numbers; the state of a generator moves on.

    Returns:
        (N, 256, 256, 3) float32 photos in [-1, 1].
    """
    count, size = ops.shape(layers.albedo)[0], layers.albedo.shape[1]
    draws = Draws(count, LIGHT_NUMBERS + PERSON_NUMBERS + BACKDROP_NUMBERS + CAMERA_NUMBERS, seeds)
    light, look = draw_light(draws), draw_look(draws)
    person, irradiance = shade(layers, light, look, grain(count, size, seeds), pitch)
    linear = composed(person, layers.surface, draw_backdrops(draws, size))
    face, illuminant = _metered(irradiance, layers.surface, layers.valid)
    return develop(linear, face, illuminant, draws)


@one_piece
def _metered(
    irradiance: keras.KerasTensor, surface: keras.KerasTensor, valid: keras.KerasTensor
) -> tuple[keras.KerasTensor, keras.KerasTensor]:
    """(N, 256, 256, 1) weight of each pixel of the face, and (N, 3) mean light on it."""
    face = surface[..., 2:] / 255 * valid * _window(surface.shape[1])
    return face, ops.sum(irradiance * face, axis=(1, 2)) / ops.maximum(ops.sum(face, axis=(1, 2)), 1e-4)


@one_piece
def composed(person: keras.KerasTensor, surface: keras.KerasTensor, backdrop: keras.KerasTensor) -> keras.KerasTensor:
    """(N, 256, 256, 3) linear RGB of the person in front of the backdrop, by the share of each pixel covered."""
    coverage = surface[..., 2:] / 255
    return coverage * person + (1 - coverage) * backdrop


def draw_look(draws: Draws) -> Look:
    """Draw what changes of the person from one photo to the next, with ``PERSON_NUMBERS`` numbers for each image."""
    return Look(
        tone=ops.exp(draws.between(np.log(0.6), np.log(1.8))),
        skin_gains=ops.exp(0.08 * draws.normal(1) + 0.05 * draws.normal(3)),
        hair_gains=_gains(draws),
        cloth_gains=_gains(draws),
        oiliness=ops.exp(0.35 * draws.normal() - 0.1),
        shininess=ops.exp(draws.between(np.log(10.0), np.log(40.0))),
        pores=0.05 * draws.uniform(),
        flatness=draws.happens(FLAT_SHARE) * draws.between(0.3, 1.0),
    )


def _gains(draws: Draws) -> keras.KerasTensor:
    return ops.exp(0.45 * draws.normal(1) + 0.12 * draws.normal(3))


def shade(
    layers: Lit, light: Light, look: Look, noise: keras.KerasTensor, pitch: PixelPitch
) -> tuple[keras.KerasTensor, keras.KerasTensor]:
    """Light that comes from the person, and light that reaches it, both (N, 256, 256, 3) linear RGB."""
    slopes = filled(surface_slopes(layers.depth_mm, layers.valid, pitch), layers.valid, FILLING_LEVELS)
    reach = _enlarged(_reach(_half_normals(slopes), layers.visibility, light))
    normals = _pored_normals(slopes, noise, layers.surface, look)
    reflectance = _reflectance(layers.albedo, layers.surface, look)
    irradiance = _irradiance(normals, reach, reflectance, light)
    irradiance = _with_scattering(irradiance, layers.surface, _scattered(irradiance, layers.surface))
    irradiance = _flattened(irradiance, layers.surface[..., 1:2], look.flatness)
    highlight = _highlight(normals, reach, layers.surface, light, look) * (1 - _across(look.flatness))
    return _reflected(reflectance, irradiance, highlight), irradiance


@one_piece
def _reflected(
    reflectance: keras.KerasTensor, irradiance: keras.KerasTensor, highlight: keras.KerasTensor
) -> keras.KerasTensor:
    return reflectance * irradiance + highlight


@one_piece
def _flattened(
    irradiance: keras.KerasTensor, skin: keras.KerasTensor, flatness: keras.KerasTensor
) -> keras.KerasTensor:
    """Irradiance moved toward its mean over the skin, by ``flatness``."""
    total = ops.maximum(ops.sum(skin, axis=(1, 2), keepdims=True), 1.0)
    mean = ops.sum(irradiance * skin, axis=(1, 2), keepdims=True) / total
    return irradiance + _across(flatness) * (mean - irradiance)


@one_piece
def surface_slopes(depth_mm: keras.KerasTensor, valid: keras.KerasTensor, pitch: PixelPitch) -> keras.KerasTensor:
    """(N, H, W, 2): what x and y of the normal are to its z, so minus the slopes toward +x and +y (up).

    Central differences; at the rim the side that is there, at a step in depth the flatter side; no steeper than 2.5.
    """
    across = _slope(depth_mm, valid, 2) / pitch.x_mm
    down = _slope(depth_mm, valid, 1) / pitch.y_mm
    return ops.clip(ops.concatenate([-across, down], axis=-1), -STEEPEST_SLOPE, STEEPEST_SLOPE)


def _slope(depth_mm: keras.KerasTensor, valid: keras.KerasTensor, axis: int) -> keras.KerasTensor:
    after = shifted(depth_mm, -1, axis) - depth_mm
    before = depth_mm - shifted(depth_mm, 1, axis)
    here_after, here_before = (valid * shifted(valid, step, axis) * _inside(valid, step, axis) for step in (-1, 1))
    after, before = after * here_after, before * here_before
    mean = (after + before) / ops.maximum(here_after + here_before, 1.0)
    flatter = ops.where(ops.abs(after) < ops.abs(before), after, before)
    step = (ops.abs(after - before) > SLOPE_STEP) & (here_after * here_before > 0)
    return ops.where(step, flatter, mean)


def _inside(image: keras.KerasTensor, step: int, axis: int) -> np.ndarray:
    """1 but for the rim of the image that nothing was shifted to."""
    inside = np.ones((1, *image.shape[1:]), np.float32)
    np.moveaxis(inside, axis, 0)[0 if step > 0 else -1] = 0
    return inside


def normals_of(slopes: keras.KerasTensor) -> keras.KerasTensor:
    """(N, H, W, 3) unit normals, x right, y up, z toward the camera, from :func:`surface_slopes`."""
    z = ops.rsqrt(1 + ops.square(slopes[..., :1]) + ops.square(slopes[..., 1:]))
    return ops.concatenate([slopes * z, z], axis=-1)


@one_piece
def _half_normals(slopes: keras.KerasTensor) -> keras.KerasTensor:
    return halved(normals_of(slopes))


@one_piece
def _pored_normals(
    slopes: keras.KerasTensor, noise: keras.KerasTensor, surface: keras.KerasTensor, look: Look
) -> keras.KerasTensor:
    depth = _across(look.pores) * surface[..., 1:2] / 255 * (1 - _wetness(surface[..., :1]))
    return normals_of(slopes + depth * ops.concatenate([noise, rolled(noise, 93, 57)], axis=-1))


@one_piece
def _reflectance(albedo: keras.KerasTensor, surface: keras.KerasTensor, look: Look) -> keras.KerasTensor:
    """(N, 256, 256, 3) linear reflectance in the tone and colours of the day.

    Half of a change of tone is the same for all channels: darker skin is less saturated than a power makes it.
    """
    skin = surface[..., 1:2] / 255
    level = ops.log(ops.maximum(ops.cast(albedo, "float32"), 1.0) / 255)
    tone = 0.5 * (_across(look.tone) - 1) * skin
    logarithm = ALBEDO_GAMMA * (level + tone * (level + ops.mean(level, axis=-1, keepdims=True)))
    other = ops.relu(1 - skin - _wetness(surface[..., :1]))
    rows = ops.clip(ops.linspace(-17.0, 3.0, albedo.shape[1]), 0.0, 1.0)[None, :, None, None]
    skin_gains, hair, cloth = (
        ops.log(gains)[:, None, None] for gains in (look.skin_gains, look.hair_gains, look.cloth_gains)
    )
    return ops.minimum(ops.exp(logarithm + skin * skin_gains + other * (hair + rows * (cloth - hair))), 0.95)


@one_piece
def _reach(normals: keras.KerasTensor, visibility: keras.KerasTensor, light: Light) -> keras.KerasTensor:
    """(N, 128, 128, 4): what is seen of each lamp, and openness: the share of the surroundings seen, by cosine.

    A lamp lies between the 16 directions, so its shadow is their mean by nearness. A small lamp has a hard rim to its
    shadow, so there the mean is made steeper.
    """
    lobes, free = lobe_directions(), ops.cast(visibility, "float32") / 255
    kappa = ops.clip(1500 / ops.square(light.radius_deg + 8.0), 3.0, 14.0)
    weight = ops.exp(kappa[..., None] * (ops.einsum("nlj,kj->nlk", light.directions, lobes) - 1))
    weight = weight / ops.sum(weight, axis=-1, keepdims=True)
    rows = ops.reshape(free, (-1, free.shape[1] * free.shape[2], len(lobes)))
    lamps = ops.reshape(ops.matmul(rows, ops.transpose(weight, (0, 2, 1))), (-1, *free.shape[1:3], LAMPS))
    steepness = ops.clip(2.2 - light.radius_deg / 10, 1.0, 2.2)[:, None, None]
    lamps = ops.clip((lamps - 0.5) * steepness + 0.5, 0.0, 1.0)
    cosine = ops.relu(ops.matmul(normals, lobes.T))
    openness = ops.sum(cosine * free, axis=-1, keepdims=True)
    openness = openness / ops.maximum(ops.sum(cosine, axis=-1, keepdims=True), 1e-3)
    return ops.concatenate([lamps, openness], axis=-1)


@one_piece
def _enlarged(image: keras.KerasTensor) -> keras.KerasTensor:
    return doubled(image)


def _irradiance(
    normals: keras.KerasTensor, reach: keras.KerasTensor, reflectance: keras.KerasTensor, light: Light
) -> keras.KerasTensor:
    """(N, 256, 256, 3) linear light that reaches the surface from lamps and from everywhere else."""
    return _received(_facing(normals, reach, light), reach, reflectance, light)


@one_piece
def _facing(normals: keras.KerasTensor, reach: keras.KerasTensor, light: Light) -> keras.KerasTensor:
    """(N, 256, 256, 5) what reaches the surface of each lamp, then of each light from everywhere, of unit colour."""
    lamps = ops.relu(cosines(normals, light.directions)) * reach[..., :LAMPS]
    return ops.concatenate([lamps, *(irradiance_of(part, normals) for part in light.ambient)], axis=-1)


@one_piece
def _received(
    facing: keras.KerasTensor, reach: keras.KerasTensor, reflectance: keras.KerasTensor, light: Light
) -> keras.KerasTensor:
    openness = reach[..., LAMPS:]
    # Light that a hollow sends back to itself: the sum of a geometric series (a cavity of even albedo).
    echo = openness / (1 - reflectance * (1 - openness))
    everywhere = ops.stack([part.colour for part in light.ambient], axis=1)
    return _coloured(facing[..., :LAMPS], light.colours) + _coloured(facing[..., LAMPS:], everywhere) * echo


def _coloured(strength: keras.KerasTensor, colours: keras.KerasTensor) -> keras.KerasTensor:
    """(N, H, W, 3) sum of K lights of a strength (N, H, W, K) and a colour (N, K, 3)."""
    return sum(strength[..., k : k + 1] * colours[:, None, None, k] for k in range(colours.shape[1]))


def _scattered(irradiance: keras.KerasTensor, surface: keras.KerasTensor) -> keras.KerasTensor:
    """(N, 128, 128, 3) light spread through the skin by 1.5, 0.9 and 0.6 mm in red, green and blue.

    What lies beside the skin gives it no light and takes none.
    """
    blue = _half_of_skin(irradiance, surface)
    green = _smoothed_across(blue)
    return _by_channel(_smoothed_both_ways(green), green, blue)


@one_piece
def _half_of_skin(irradiance: keras.KerasTensor, surface: keras.KerasTensor) -> keras.KerasTensor:
    skin = surface[..., 1:2] / 255
    return halved(ops.concatenate([irradiance * skin, skin], axis=-1))


@one_piece
def _smoothed_across(image: keras.KerasTensor) -> keras.KerasTensor:
    return smoothed(image, 2)


@one_piece
def _smoothed_both_ways(image: keras.KerasTensor) -> keras.KerasTensor:
    return smoothed(smoothed(image, 2), 1)


@one_piece
def _by_channel(*parts: keras.KerasTensor) -> keras.KerasTensor:
    spread = [part[..., channel : channel + 1] / ops.maximum(part[..., 3:], 1e-3) for channel, part in enumerate(parts)]
    return ops.concatenate(spread, axis=-1)


@one_piece
def _with_scattering(
    irradiance: keras.KerasTensor, surface: keras.KerasTensor, spread: keras.KerasTensor
) -> keras.KerasTensor:
    share = surface[..., 1:2] / 255 * np.array([0.9, 0.75, 0.5], np.float32)
    return irradiance + share * (doubled(spread) - irradiance)


def _highlight(
    normals: keras.KerasTensor, reach: keras.KerasTensor, surface: keras.KerasTensor, light: Light, look: Look
) -> keras.KerasTensor:
    """(N, 256, 256, 3) light reflected at the surface itself: Blinn and Phong's lobe, normalized, and a sheen."""
    return _shining(_mirrored(normals, reach, surface, light, look), light)


@one_piece
def _mirrored(
    normals: keras.KerasTensor, reach: keras.KerasTensor, surface: keras.KerasTensor, light: Light, look: Look
) -> keras.KerasTensor:
    """(N, 256, 256, 4) what is mirrored of each lamp and of everything else, of unit colour.

    A wet eye mirrors a lamp at its size; its gloss does not depend on the oiliness of the skin.
    """
    wet = _wetness(surface[..., :1])
    gloss = wet + (1 - wet) * surface[..., :1] / GLOSS_OF_SKIN * _across(look.oiliness)
    towards = light.directions + np.array([0, 0, 1], np.float32)
    halfway = towards / ops.sqrt(ops.sum(ops.square(towards), axis=-1, keepdims=True) + 1e-6)
    fresnel = SKIN_FRESNEL + (1 - SKIN_FRESNEL) * (1 - halfway[..., 2]) ** 5
    sharpness = (600 / (1 + 0.05 * ops.square(light.radius_deg)))[:, None, None]
    exponent = _across(look.shininess) + wet * (sharpness - _across(look.shininess))
    facing = ops.clip(cosines(normals, halfway), 1e-3, 1.0)
    lobes = ops.exp(exponent * ops.log(facing)) * (exponent + 8) / 8 * fresnel[:, None, None]
    lobes = lobes * ops.relu(cosines(normals, light.directions))
    sheen = SKIN_FRESNEL + SHEEN * ops.square(ops.square(1 - normals[..., 2:]))
    return gloss * reach * ops.concatenate([lobes, sheen], axis=-1)


@one_piece
def _shining(mirrored: keras.KerasTensor, light: Light) -> keras.KerasTensor:
    everywhere = sum(part.colour for part in light.ambient)[:, None]
    return _coloured(mirrored, ops.concatenate([light.colours, everywhere], axis=1))


def _wetness(gloss_level: keras.KerasTensor) -> keras.KerasTensor:
    return ops.clip((gloss_level - WET_GLOSS[0]) / (WET_GLOSS[1] - WET_GLOSS[0]), 0.0, 1.0)


def _window(size: int) -> np.ndarray:
    window = np.zeros((1, size, size, 1), np.float32)
    window[0, FACE_PX[0], FACE_PX[1]] = 1
    return window


def _across(numbers: keras.KerasTensor) -> keras.KerasTensor:
    return numbers[:, None, None, None]
