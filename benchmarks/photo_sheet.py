"""A sheet of photographs and of what generators make of them: to be looked at, since nobody knows their truth.

``python -m benchmarks.photo_sheet sheet.png PHOTO… --generator starter --generator old=generator.keras``

A row for each photo: the photo as the generator sees it, then for each generator the shaded depth from the front, from
three quarters and in profile. With ``--same zoom`` the distances between the shapes of all photos whose names begin
with ``zoom`` are printed: one person must have one shape.
"""

import argparse
from itertools import combinations
from pathlib import Path

import numpy as np
from PIL import Image

from facedepth_pipeline.datasets.generator import GeneratorDataset
from facedepth_pipeline.depth import DepthMap
from facedepth_pipeline.evaluation.alignment import align_depth
from facedepth_pipeline.evaluation.metrics import eroded
from facedepth_pipeline.generator.prediction import DepthGenerator, predict_depth_maps
from facedepth_pipeline.generator.starter import load_starter
from facedepth_pipeline.mesh.grid import grid_mesh
from facedepth_pipeline.mesh.preview import captioned, render_views
from facedepth_pipeline.parameters import ReconstructionParameters
from facedepth_pipeline.photo.detection import FaceDetector
from facedepth_pipeline.photo.preparation import PreparedFace, pixels_of, prepare_faces
from facedepth_pipeline.photo.refusal import PhotoRefused

EROSION_PX = 3
LOOSE = ReconstructionParameters(several_faces="largest", max_yaw_deg=60, max_pitch_deg=60, min_face_inside=0)


def load(name: str) -> tuple[str, DepthGenerator]:
    """A generator by ``starter`` or by ``NAME=PATH``."""
    if name == "starter":
        return name, load_starter()[0]
    label, _, path = name.partition("=")
    return label, GeneratorDataset(filepath=path).load()


def prepared(path: Path, generator: DepthGenerator, detector: FaceDetector) -> PreparedFace | None:
    """The largest face of a photo as the generator sees it, or None where none can be used."""
    try:
        (face,) = prepare_faces(pixels_of(path.read_bytes()), path.name, generator.sidecar, detector, LOOSE)
    except PhotoRefused as refusal:
        print(f"{path.name}: {refusal}")
        return None
    return face if isinstance(face, PreparedFace) else None


def clay(depth_map: DepthMap) -> np.ndarray:
    """Shaded views of a depth map from the front, three quarters and the side: (H, W, 3) uint8."""
    grey = np.full((*depth_map.valid.shape, 3), 200, np.uint8)
    return render_views(grid_mesh(depth_map, grey, LOOSE.max_depth_jump_mm))


def apart_mm(first: DepthMap, second: DepthMap) -> float:
    """Mean distance between two shapes in depth, after the shift and tilts that bring them together."""
    both = eroded(first.valid & second.valid, EROSION_PX)
    aligned = align_depth(first.depth_mm, second.depth_mm, both, second.pitch)
    return float(np.abs(aligned - second.depth_mm)[both].mean())


def main() -> None:
    """Draw the sheet."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("sheet", type=Path)
    parser.add_argument("photos", type=Path, nargs="+")
    parser.add_argument("--generator", action="append", required=True)
    parser.add_argument("--same", default="", help="photos whose names begin so show one person")
    arguments = parser.parse_args()
    detector, rows = FaceDetector(), []
    generators = [load(name) for name in arguments.generator]
    depths: dict[str, dict[str, DepthMap]] = {label: {} for label, _ in generators}
    for path in sorted(arguments.photos):
        tiles = []
        for label, generator in generators:
            face = prepared(path, generator, detector)
            if face is None:
                continue
            depth_map = predict_depth_maps(generator, face.photo_256[None])[0]
            depths[label][path.stem] = depth_map
            if not tiles:
                size = (round(320 * 501 / 751), 320)
                tiles.append(captioned(np.asarray(Image.fromarray(face.photo_256).resize(size)), path.stem))
            tiles.append(captioned(clay(depth_map), label))
        if tiles:
            rows.append(np.hstack(tiles))
    width = max(row.shape[1] for row in rows)
    padded = [np.pad(row, ((0, 0), (0, width - row.shape[1]), (0, 0)), constant_values=255) for row in rows]
    Image.fromarray(np.vstack(padded)).save(arguments.sheet)
    print(arguments.sheet)
    if arguments.same:
        for label, of_photo in depths.items():
            names = [name for name in of_photo if name.startswith(arguments.same)]
            for first, second in combinations(names, 2):
                print(f"{label}: {first} and {second} lie {apart_mm(of_photo[first], of_photo[second]):.2f} mm apart")


if __name__ == "__main__":
    main()
