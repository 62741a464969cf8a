"""Is a turned face seen as turned? ``python -m benchmarks.pose FOLDER``, a folder in the Texas format: two minutes.

Looks at some portraits of a rendered database. Prints the mean height of the five landmarks over the eyes, and the pose
that is estimated for the faces of these pairs, turned by known angles: a mesh of each, seen with its own colours.
"""

import json
import sys
from pathlib import Path

import numpy as np
from tqdm import tqdm

from facedepth_pipeline.data.texas.images import decode_portrait, decode_range
from facedepth_pipeline.depth import depth_from_range
from facedepth_pipeline.generator.sidecar import LandmarkTemplate
from facedepth_pipeline.mesh.grid import grid_mesh
from facedepth_pipeline.mesh.mesh import Mesh
from facedepth_pipeline.mesh.preview import render_views
from facedepth_pipeline.photo.alignment import fit_similarity
from facedepth_pipeline.photo.detection import FaceDetector
from facedepth_pipeline.photo.pose import head_pose

PORTRAITS, TURNED = 120, 16
TURNS_DEG = (-45, -30, -20, -10, 0, 10, 20, 30, 45)


def relief_mm(landmarks_px: np.ndarray, range_grey: np.ndarray) -> np.ndarray:
    """(5,) height of each landmark over the mean of the eyes, millimetres."""
    columns, rows = np.rint(landmarks_px).astype(int).T
    depth_mm = depth_from_range(range_grey).depth_mm
    heights = np.array([np.median(depth_mm[r - 4 : r + 5, c - 4 : c + 5]) for r, c in zip(rows, columns, strict=True)])
    return heights - heights[:2].mean()


def turned_up(mesh: Mesh, pitch_deg: float) -> Mesh:
    """The face looking up by an angle."""
    angle = np.deg2rad(-pitch_deg)
    turn = np.array([[1, 0, 0], [0, np.cos(angle), -np.sin(angle)], [0, np.sin(angle), np.cos(angle)]])
    return Mesh((mesh.vertices @ turn.T).astype(np.float32), mesh.triangles, mesh.colours, mesh.uv)


def estimated(view: np.ndarray, detector: FaceDetector, template: LandmarkTemplate) -> tuple[float, float] | None:
    """Yaw and pitch of the one face in a picture."""
    faces = detector.detect(np.repeat(np.repeat(view, 2, axis=0), 2, axis=1))
    if len(faces) != 1:
        return None
    upright = fit_similarity(faces[0].landmarks_px, template.points_px).apply(faces[0].landmarks_px)
    pose = head_pose(upright, template)
    return pose.yaw_deg, pose.pitch_deg


def main() -> None:
    """Measure, turn, estimate."""
    detector = FaceDetector()
    folder = Path(sys.argv[1]) / "PreprocessedImages"
    paths = sorted(folder.glob("*_Portrait.png"))
    chosen = [paths[i] for i in np.linspace(0, len(paths) - 1, PORTRAITS).astype(int)]
    points, reliefs, meshes = [], [], []
    for path in tqdm(chosen, desc="portraits", unit="portrait"):
        portrait = decode_portrait(path.read_bytes())
        range_grey = decode_range(path.with_name(path.name.replace("Portrait", "Range")).read_bytes())
        faces = detector.detect(portrait)
        if len(faces) != 1:
            continue
        points.append(faces[0].landmarks_px)
        reliefs.append(relief_mm(faces[0].landmarks_px, range_grey))
        if len(meshes) < TURNED:
            meshes.append(grid_mesh(depth_from_range(range_grey), portrait, max_depth_jump_mm=8))
    mean = np.mean(points, axis=0)
    names = [name for name in LandmarkTemplate.model_fields if name != "portraits"]
    template = LandmarkTemplate(**dict(zip(names, map(tuple, mean.tolist()), strict=True)), portraits=len(points))
    print(json.dumps({"relief_mm": np.mean(reliefs, axis=0).round(1).tolist(), "portraits": len(points)}))
    frontal = np.array(
        [[p.yaw_deg, p.pitch_deg] for p in (
            head_pose(fit_similarity(px, template.points_px).apply(px), template) for px in points)]
    )  # fmt: skip
    spread = {"frontal_mean_deg": frontal.mean(0).round(1).tolist(), "frontal_sd_deg": frontal.std(0).round(1).tolist()}
    print(json.dumps(spread | {"largest_deg": np.abs(frontal).max(0).round(1).tolist()}))
    for axis, name in enumerate(("yaw", "pitch")):
        for turn in TURNS_DEG:
            views = (
                render_views(mesh, (turn,), True)
                if name == "yaw"
                else render_views(turned_up(mesh, turn), (0.0,), True)
                for mesh in meshes
            )
            found = [pose[axis] for pose in (estimated(view, detector, template) for view in views) if pose]
            line = {"turned": name, "true_deg": turn, "found": len(found), "of": len(meshes)}
            if found:
                line |= {"mean_deg": round(float(np.mean(found)), 1), "sd_deg": round(float(np.std(found)), 1)}
            print(json.dumps(line), flush=True)


if __name__ == "__main__":
    main()
