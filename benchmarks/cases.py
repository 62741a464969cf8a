"""What is timed. Each case yields (preset, value); a value is the median of several runs after a warm-up."""

import statistics
import time
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path

import numpy as np

from facedepth_pipeline.depth import DepthMap, depth_from_range, fit_depth, fit_photo, fitted_pitch
from facedepth_pipeline.mesh.glb import encode_mesh
from facedepth_pipeline.mesh.grid import grid_mesh
from facedepth_pipeline.mesh.poisson import poisson_mesh
from facedepth_pipeline.mesh.texture import texture_from_frame
from facedepth_pipeline.parameters import SynthesisParameters
from facedepth_pipeline.synthetic.database import SyntheticPair, plan_database, render_database
from facedepth_pipeline.synthetic.head.head_model import HeadModel

PROJECT = Path(__file__).parents[1]
Timing = Iterator[tuple[str, float]]


def median_seconds(work: Callable[[], object], runs: int = 5) -> float:
    """Median wall time of a call, after one that does not count."""
    work()
    seconds = []
    for _ in range(runs):
        start = time.perf_counter()
        work()
        seconds.append(time.perf_counter() - start)
    return statistics.median(seconds)


@cache
def head_model() -> HeadModel:
    """The head of the stand-in faces."""
    with np.load(PROJECT / "data/01_raw/head_model.npz") as arrays:
        return HeadModel.from_arrays(dict(arrays))


def _render(pairs: int, processes: int) -> list[SyntheticPair]:
    parameters = SynthesisParameters(
        subjects=pairs, pairs=pairs, seed=1, preset="studio", range_realism="clean", processes=processes
    )
    return list(render_database(head_model(), plan_database(parameters), processes))


@cache
def _face() -> SyntheticPair:
    return _render(1, 1)[0]


def synthesize_pairs_per_s() -> Timing:
    """Rendering, the workers' start included."""
    for preset, processes, pairs in (("1 process", 1, 20), ("2 processes", 2, 60)):
        start = time.perf_counter()
        _render(pairs, processes)
        yield preset, pairs / (time.perf_counter() - start)


def train_step_s_per_image() -> Timing:
    """One step of both networks, random images, jitter included."""
    from benchmarks.recipes import train_parameters
    from facedepth_pipeline.keras_import import keras  # noqa: F401
    from facedepth_pipeline.pix2pix.training import build_pix2pix

    rng = np.random.default_rng(0)
    for preset, width, batch, policy in (
        ("width 16, batch 4, bfloat16", 16, 4, "mixed_bfloat16"),
        ("width 64, batch 1, float32", 64, 1, "float32"),
        ("width 64, batch 1, bfloat16", 64, 1, "mixed_bfloat16"),
    ):
        recipe = train_parameters("paper", width=width).chosen
        model = build_pix2pix(recipe, 0, policy, fitted_pitch("stretch"))
        model.make_train_function()
        photo = rng.integers(0, 256, (batch, 256, 256, 3), np.uint8)
        data = [(photo, rng.integers(1, 8000, (batch, 256, 256, 1)).astype(np.uint16))]
        yield preset, median_seconds(lambda m=model, d=data: m.train_function(iter(d))) / batch


def predict_s_per_image() -> Timing:
    """The generator in float32, as it is used."""
    from facedepth_pipeline.pix2pix.unet import build_generator
    from facedepth_pipeline.prediction import predict_depth_mm

    photos = np.random.default_rng(0).integers(0, 256, (8, 256, 256, 3), np.uint8)
    for width in (16, 64):
        network = build_generator(width, "instance", seed=0)
        seconds = median_seconds(lambda n=network: predict_depth_mm(n, photos, 8))
        yield f"width {width}, batch 8, float32", seconds / 8


def poisson_s_per_face() -> Timing:
    """Poisson surface of a rendered face, octree depth 8."""
    depth_map, photo = _depth_and_photo()
    yield "depth 8", median_seconds(lambda: poisson_mesh(depth_map, photo), runs=3)


def grid_mesh_s_per_face() -> Timing:
    """Grid mesh of a rendered face."""
    depth_map, photo = _depth_and_photo()
    yield "256 x 256", median_seconds(lambda: grid_mesh(depth_map, photo, 8.0))


def photo_to_glb_s() -> Timing:
    """From a photo in the frame to the bytes of a GLB, networks of width 16, warm."""
    from facedepth_pipeline.pix2pix.unet import build_generator
    from facedepth_pipeline.prediction import predict_depth_mm

    network, portrait = build_generator(16, "instance", seed=0), _face().portrait
    depth_map, photo = _depth_and_photo()

    def work() -> bytes:
        predict_depth_mm(network, fit_photo(portrait, "stretch")[None])
        mesh = grid_mesh(depth_map, photo, 8.0)  # of the true depth: an untrained network sees no face
        return encode_mesh(mesh, texture_from_frame(portrait, "stretch"), {})

    yield "database portrait, grid mesh", median_seconds(work)


def _depth_and_photo() -> tuple[DepthMap, np.ndarray]:
    return fit_depth(depth_from_range(_face().range_grey), "stretch"), fit_photo(_face().portrait, "stretch")


CASES: dict[str, Callable[[], Timing]] = {
    case.__name__: case
    for case in (
        synthesize_pairs_per_s,
        train_step_s_per_image,
        predict_s_per_image,
        poisson_s_per_face,
        grid_mesh_s_per_face,
        photo_to_glb_s,
    )
}
