"""How much light reaches each vertex: shadows by ray casting, and scattering inside the skin."""

import numpy as np

from facedepth_pipeline.synthetic.head.surface import Surface
from facedepth_pipeline.synthetic.lighting.light import (
    Lighting,
    Shading,
    ambient_irradiance,
    even_directions,
)
from facedepth_pipeline.synthetic.lighting.raycasting import Scene

AMBIENT_RAYS = 14
RAY_OFFSET_MM = 0.7  # from the surface, or facets would shadow themselves
# Smoothing steps of the light in red, green and blue. A step spreads by half a millimetre, n steps by
# sqrt(n) / 2: 1.5, 0.9 and 0.5 mm, in the order of the mean free paths in skin (3.7, 1.4 and 0.7 mm;
# Jensen et al., "A Practical Model for Subsurface Light Transport", 2001, table of "skin1").
SCATTER_STEPS = (9, 3, 1)


def illuminate(
    surface: Surface, scene: Scene, vertices: np.ndarray, normals: np.ndarray, albedo: np.ndarray, lighting: Lighting
) -> Shading:
    """Light at every fine vertex of the head.

    Rays start only at the vertices of the next coarser mesh that may be seen (2 mm apart on the face);
    subdivision carries the result to the others.

    Args:
        surface: The mesh.
        scene: The same mesh in frame coordinates, to cast rays at.
        vertices: (W, 3) float32 mm, frame coordinates.
        normals: (W, 3) float32, unit length.
        albedo: (W, 3) float32, colours the light that goes to and fro in a hollow.
        lighting: The lights.
    """
    count = surface.refine_last.shape[1]
    seen = np.flatnonzero((normals[:count, 2] > -0.35) & scene.in_frame(vertices[:count]))
    reach = np.ones((count, 1 + len(lighting.lights)), np.float32)
    reach[seen] = _reach(scene, vertices[seen], normals[seen], lighting)
    shading = _received(normals, albedo, np.clip(surface.refine_last @ reach, 0, 1), lighting)
    return shading._replace(irradiance=scatter(surface, shading.irradiance))


def illuminate_hair(
    scene: Scene, vertices: np.ndarray, normals: np.ndarray, albedo: np.ndarray, lighting: Lighting
) -> Shading:
    """Light at every vertex of long hair; arguments as above, without scattering."""
    return _received(normals, albedo, _reach(scene, vertices, normals, lighting), lighting)


def _received(normals: np.ndarray, albedo: np.ndarray, reach: np.ndarray, lighting: Lighting) -> Shading:
    openness, visibility = reach[:, 0], reach[:, 1:]
    # Light that a hollow sends back to itself: the sum of a geometric series (a cavity of even albedo).
    echo = openness[:, None] / (1 - np.clip(albedo, 0, 0.95) * (1 - openness[:, None]))
    irradiance = ambient_irradiance(lighting.ambient, normals) * echo
    # Order 1 of the ambient light (y, z, x) gives its lean; 2 / 3 and the root of 3 as in its irradiance.
    ambient = np.array(lighting.ambient, np.float32).mean(axis=1)
    flow = np.outer(openness, 2 / 3 * np.sqrt(3) * ambient[[3, 1]]).astype(np.float32)
    for number, light in enumerate(lighting.lights):
        colour = np.array(light.colour, np.float32)
        cosine = np.clip(np.einsum("ij,j->i", normals, light.direction), 0, None)
        irradiance += (cosine * visibility[:, number])[:, None] * colour
        flow += np.outer(visibility[:, number] * (cosine > 0), light.direction[:2] * colour.mean())
    lean = flow / np.maximum(irradiance.mean(axis=1, keepdims=True), np.float32(0.05))
    return Shading(irradiance, openness, np.clip(lean, -3, 3), visibility)


def scatter(surface: Surface, irradiance: np.ndarray) -> np.ndarray:
    """(W, 3) float32: light spread through the skin, red farthest."""
    spread = np.ascontiguousarray(irradiance, np.float32)
    done = 0
    for channels, steps in ((3, SCATTER_STEPS[2]), (2, SCATTER_STEPS[1]), (1, SCATTER_STEPS[0])):
        part = spread[:, :channels]
        for _ in range(steps - done):
            part = surface.diffusion @ part
        spread[:, :channels] = part
        done = steps
    return spread


def _reach(scene: Scene, points: np.ndarray, normals: np.ndarray, lighting: Lighting) -> np.ndarray:
    """(N, 1 + L) float32 in [0, 1]: openness, and what of each lamp is seen."""
    origins = points + RAY_OFFSET_MM * normals
    directions = even_directions(AMBIENT_RAYS, lowest_z=-0.4)
    cosine = np.clip(np.einsum("ni,ki->nk", normals, directions), 0, None)
    free = scene.unblocked(origins, directions)
    openness = (cosine * free).sum(axis=1) / np.maximum(cosine.sum(axis=1), np.float32(1e-6))
    lamps = [scene.unblocked(origins, light.sample_directions()).mean(axis=1) for light in lighting.lights]
    return np.stack([openness, *lamps], axis=1).astype(np.float32)
