"""What is timed. A value is the median of several runs after a warm-up."""

import io
import os
import statistics
import time
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
from PIL import Image

from benchmarks import batch_job, closed_form_face
from benchmarks.peers import open3d_recipe, pytorch, tensorflow_recipe
from facedepth_pipeline.depth import DepthMap, depth_from_range, fit_depth, fit_photo, fitted_pitch
from facedepth_pipeline.mesh.glb import encode_mesh, encode_texture
from facedepth_pipeline.mesh.grid import grid_mesh
from facedepth_pipeline.mesh.poisson import OCTREES, poisson_mesh
from facedepth_pipeline.parameters import ReconstructionParameters, SynthesisParameters
from facedepth_pipeline.synthetic.database import SyntheticPair, plan_database, render_database
from facedepth_pipeline.synthetic.head.head_model import HeadModel

PROJECT = Path(__file__).parents[1]
BATCH_PHOTOS = 160
# preset and value, and where a peer was timed beside it, its name and value (None: it is not installed)
Timing = Iterator[tuple[str, float] | tuple[str, float, str, float | None]]


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
    return list(render_database({"makehuman": head_model()}, plan_database(parameters), processes))


@cache
def rendered_face() -> SyntheticPair:
    """One pair of the stand-in."""
    return _render(1, 1)[0]


def synthesize_pairs_per_s() -> Timing:
    """Rendering, the workers' start included."""
    for preset, processes, pairs in (("1 process", 1, 20), ("2 processes", 2, 60)):
        start = time.perf_counter()
        _render(pairs, processes)
        yield preset, pairs / (time.perf_counter() - start)


def train_step_s_per_image() -> Timing:
    """One step of both networks on random images, the paper's losses and jitter; peers take turns with it."""
    for preset, width, batch, policy in (
        ("width 16, batch 4, bfloat16", 16, 4, "mixed_bfloat16"),
        ("width 64, batch 1, float32", 64, 1, "float32"),
        ("width 64, batch 1, bfloat16", 64, 1, "mixed_bfloat16"),
    ):
        step = _train_step(width, batch, policy)
        yield preset, median_seconds(step) / batch
    batch = 16
    step = _train_step(64, batch, "mixed_bfloat16")
    preset = f"width 64, batch {batch}, bfloat16"
    yield from _beside_peers(
        preset,
        lambda: median_seconds(step, runs=3) / batch,
        {
            "tensorflow tutorial, batch 1, float32": lambda: tensorflow_recipe("--batch=1", "--steps=5"),
            "pytorch, batch 8, bfloat16": lambda: pytorch("--batch=8", "--precision=bf16", "--steps=3"),
        },
    )


def matrix_product_tflops() -> Timing:
    """What the machine gives at best: a large matrix product, against which a training step is held.

    A step of both networks of width 64 costs 80 GFLOP an image.
    """
    import tensorflow as tf

    side = 4096
    for name in ("float32", "bfloat16"):
        matrix = tf.cast(tf.random.normal((side, side)), name)
        product = tf.function(lambda m=matrix: tf.reduce_sum(tf.matmul(m, m)))
        yield name, 2 * side**3 / median_seconds(lambda p=product: p().numpy()) / 1e12


def predict_s_per_image() -> Timing:
    """The generator through the function that is used, in float32 and, beside PyTorch, in bfloat16."""
    from facedepth_pipeline.generator.precision import computing_in
    from facedepth_pipeline.generator.prediction import DepthGenerator, predict_depth_mm
    from facedepth_pipeline.pix2pix.unet import build_generator

    photos = np.random.default_rng(0).integers(0, 256, (8, 256, 256, 3), np.uint8)
    for width in (16, 64):
        network = build_generator(width, "instance", seed=0)
        seconds = median_seconds(lambda n=network: predict_depth_mm(n, photos, 8))
        yield f"width {width}, batch 8, float32", seconds / 8
    network = computing_in(DepthGenerator(network, None), "bfloat16").network
    yield from _beside_peers(
        f"width {width}, batch 8, bfloat16",
        lambda: median_seconds(lambda: predict_depth_mm(network, photos, 8)) / 8,
        {"pytorch, batch 8, bfloat16": lambda: pytorch("--mode=predict", "--batch=8", "--precision=bf16", "--steps=5")},
    )


def _train_step(width: int, batch: int, policy: str) -> Callable[[], object]:
    from tools.recipes import train_parameters

    from facedepth_pipeline.pix2pix.training import build_pix2pix

    model = build_pix2pix(train_parameters("paper", width=width).chosen, 0, policy, fitted_pitch("stretch"))
    model.make_train_function()
    rng = np.random.default_rng(0)
    photo = rng.integers(0, 256, (batch, 256, 256, 3), np.uint8)
    levels = rng.integers(1, 8000, (batch, 256, 256, 1)).astype(np.uint16)

    def step() -> float:
        logs = model.train_function(iter([(photo, levels)]))
        return float(logs["mae_mm"])  # waits for the device

    return step


def _beside_peers(
    preset: str, ours: Callable[[], float], peers: dict[str, Callable[[], float | None]], rounds: int = 3
) -> Timing:
    """Medians of turns: ours, a peer, ours, a peer …, so that a noisy machine treats all alike."""
    own: list[float] = []
    theirs: dict[str, list[float]] = {name: [] for name in peers}
    for _ in range(rounds):
        own.append(ours())
        for name, time_peer in peers.items():
            seconds = time_peer()
            if seconds is not None:
                theirs[name].append(seconds)
    value = statistics.median(own)
    for name, timings in theirs.items():
        yield preset, value, name, statistics.median(timings) if timings else None


def poisson_s_per_face() -> Timing:
    """Poisson surface of a face in a formula, beside the usual Open3D script on the same depth map."""
    depth_map = closed_form_face.depth_map()
    photo = np.zeros((*depth_map.valid.shape, 3), np.uint8)
    cores = os.cpu_count() or 1
    for detail, threads in (("fine", cores), ("fine", 1), ("quick", 1)):
        yield from _beside_peers(
            f"{detail}, threads: {threads}",
            lambda d=detail, t=threads: median_seconds(lambda: poisson_mesh(depth_map, photo, d, threads=t), runs=3),
            {"open3d script, depth 9": lambda: open3d_recipe(depth_map)[0]},
        )


def poisson_distance_mm() -> Timing:
    """Mean distance of these meshes from the formula, away from the rim."""
    depth_map = closed_form_face.depth_map()
    photo = np.zeros((*depth_map.valid.shape, 3), np.uint8)
    theirs = float(closed_form_face.distance_mm(open3d_recipe(depth_map)[1]).mean())
    for detail in OCTREES:
        ours = closed_form_face.distance_mm(poisson_mesh(depth_map, photo, detail).vertices)
        yield detail, float(ours.mean()), "open3d script, depth 9", theirs


def grid_mesh_s_per_face() -> Timing:
    """Grid mesh of a rendered face."""
    depth_map, photo = _depth_and_photo()
    yield "256 x 256", median_seconds(lambda: grid_mesh(depth_map, photo, 8.0))


def photo_to_glb_s() -> Timing:
    """From the bytes of a photo to those of a GLB with its texture, by the starter, warm."""
    from facedepth_pipeline.generator.starter import load_starter
    from facedepth_pipeline.photo.detection import FaceDetector
    from facedepth_pipeline.reconstruction.reconstruct import reconstruct_photo

    generator, _ = load_starter()
    detector = FaceDetector()
    for preset, parameters in (
        ("12 megapixels, grid mesh", ReconstructionParameters()),
        ("12 megapixels, grid mesh, 8 samples of doubt", ReconstructionParameters(uncertainty_samples=8)),
        ("12 megapixels, poisson mesh", ReconstructionParameters(mesher="poisson")),
    ):
        photo = _twelve_megapixels()

        def work(chosen: ReconstructionParameters = parameters, photo: bytes = photo) -> bytes:
            found = reconstruct_photo(photo, "photo.jpg", generator, detector, chosen)
            return encode_mesh(found.mesh, encode_texture(found.texture), {})

        yield preset, median_seconds(work)


def _twelve_megapixels() -> bytes:
    """The sample photo as a telephone would have taken it: 4000x3000, JPEG."""
    with Image.open(PROJECT / "data/01_raw/photos/astronaut.png") as sample:
        large = Image.new("RGB", (4000, 3000), "gray")
        large.paste(sample.convert("RGB").resize((3000, 3000), Image.Resampling.BICUBIC), (500, 0))
    data = io.BytesIO()
    large.save(data, format="JPEG", quality=92)
    return data.getvalue()


def _depth_and_photo() -> tuple[DepthMap, np.ndarray]:
    return fit_depth(depth_from_range(rendered_face().range_grey), "stretch"), fit_photo(
        rendered_face().portrait, "stretch"
    )


def batch_photos_per_s() -> Timing:
    """A batch job with the start of its processes, beside the plain script with its own; a minute and a half each."""
    with TemporaryDirectory() as folder:
        portraits, photos = Path(folder) / "portraits", Path(folder) / "photos"
        portraits.mkdir()
        for number, pair in enumerate(_render(8, os.cpu_count() or 1)):
            Image.fromarray(pair.portrait).save(portraits / f"{number}_Portrait.png")
        batch_job.make_photos(portraits, photos, BATCH_PHOTOS)
        peer = batch_job.sequential(photos, Path(folder) / "sequential")
        job = batch_job.run(Path(folder))
    yield "grid", BATCH_PHOTOS / job["job_s"], "sequential_script", BATCH_PHOTOS / (peer["load_s"] + peer["photos_s"])


CASES: dict[str, Callable[[], Timing]] = {
    case.__name__: case
    for case in (
        synthesize_pairs_per_s,
        matrix_product_tflops,
        train_step_s_per_image,
        predict_s_per_image,
        poisson_s_per_face,
        poisson_distance_mm,
        grid_mesh_s_per_face,
        photo_to_glb_s,
        batch_photos_per_s,
    )
}
