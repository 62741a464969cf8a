"""The meshers side by side: ``python -m benchmarks.meshers PICTURE.jpg``.

The sample photo by the starter, each mesh from the front, the side, in profile and from behind.
"""

import sys

import numpy as np
from PIL import Image

from benchmarks.cases import PROJECT
from facedepth_pipeline.generator.starter import load_starter
from facedepth_pipeline.mesh.preview import captioned, render_views
from facedepth_pipeline.parameters import ReconstructionParameters
from facedepth_pipeline.photo.detection import FaceDetector
from facedepth_pipeline.reconstruction.reconstruct import reconstruct_photo

VIEWS_DEG = (0.0, 35.0, 80.0, -120.0)
MESHES = {
    "grid": ReconstructionParameters(),
    "poisson, fine": ReconstructionParameters(mesher="poisson"),
    "poisson, quick": ReconstructionParameters(mesher="poisson", poisson_detail="quick"),
    "poisson, thinned out, closed back": ReconstructionParameters(mesher="poisson", max_triangles=20_000, back_mm=4),
}


def main() -> None:
    """Draw them."""
    photo = (PROJECT / "data/01_raw/photos/astronaut.png").read_bytes()
    generator, _ = load_starter()
    detector = FaceDetector()
    tiles = []
    for name, parameters in MESHES.items():
        mesh = reconstruct_photo(photo, "astronaut.png", generator, detector, parameters).mesh
        tiles.append(captioned(render_views(mesh, VIEWS_DEG), f"{name}: {len(mesh.triangles):,} triangles"))
    picture = np.vstack([np.hstack(tiles[:2]), np.hstack(tiles[2:])])
    Image.fromarray(picture).save(sys.argv[1], quality=85)


if __name__ == "__main__":
    main()
