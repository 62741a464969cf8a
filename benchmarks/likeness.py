"""How true are faces of people that a method has never seen? ``python -m benchmarks.likeness TREE [TREE …] …``.

Reads trees in the Texas format, predicts every portrait by each method, and prints a table, and one JSON line for each
tree and method: aligned error with a 95 % interval over heads, normals, recovered identity, roughness.

    python -m benchmarks.likeness TREE --generator starter --generator new=OUT/generator.keras \
        --foreign mediapipe=FOLDER --on-pixels-of mediapipe

A generator is ``starter`` or a ``.keras`` file, with a name before it if wanted. A foreign method is a folder of depth
maps or a Python file, as ``evaluate.foreign`` takes them; a folder for several trees holds one folder for each, of the
tree's name. ``--on-pixels-of`` measures every method on the images and pixels alone that a foreign method covers.
``constant mean`` is the mean truth of that very tree, about the best that a method can do without the photo;
``--mean-of`` adds the mean face of another tree.
"""

import argparse
import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from tqdm import tqdm

from facedepth_pipeline.baselines.foreign import open_foreign
from facedepth_pipeline.baselines.mean_face import mean_training_face
from facedepth_pipeline.data.pairs import Pair, preprocess_pair
from facedepth_pipeline.data.texas.fiducials import parse_fiducials
from facedepth_pipeline.data.texas.images import decode_portrait, decode_range
from facedepth_pipeline.data.texas.ingestion import list_pairs
from facedepth_pipeline.datasets.texas_pairs import TexasTree
from facedepth_pipeline.evaluation.identity import IdentityRecorder, Measured, find_common_face, recovered_identity
from facedepth_pipeline.evaluation.metrics import ALIGNED_METRICS, aligned_metrics, measured_place
from facedepth_pipeline.evaluation.regions import face_regions, points_of_template
from facedepth_pipeline.evaluation.statistics import bootstrap_interval
from facedepth_pipeline.generator.prediction import predict_depth_mm
from facedepth_pipeline.generator.starter import load_starter, starter_sidecar
from facedepth_pipeline.parameters import Fit

EROSION_PX, SAMPLES, SEED = 3, 10_000, 2020
FIT: Fit = "stretch"
CONSTANT = "constant mean"
HEADS = (
    "method", "heads", "aligned MAE, mm (95 %)", "normals, deg", "R² (95 %)", "slope", "correlation", "roughness",
    "covered",
)  # fmt: skip

Predictions = list[np.ndarray | None]


def read_tree(root: Path) -> tuple[list[Pair], list[np.ndarray | None]]:
    """All pairs of a tree, and the (25, 2) marked points of each where it has them."""
    source = TexasTree(root)
    manifest, rejected = list_pairs(source)
    if manifest.empty:
        raise SystemExit(f"{root} holds no usable pair; {len(rejected)} files were rejected. Expected a Texas tree.")
    pairs, marked = [], []
    for row in tqdm(manifest.to_dict("records"), desc=str(root), unit="pair"):
        portrait, range_grey = decode_portrait(source.read(row["portrait_path"])), source.read(row["range_path"])
        pairs.append(preprocess_pair(row["image_id"], row["subject_id"], portrait, decode_range(range_grey), FIT))
        points = row["fiducials_path"]
        marked.append(None if pd.isna(points) else parse_fiducials(source.read(points).decode()))
    return pairs, marked


def predict_all(
    pairs: list[Pair], generators: Mapping[str, Any], foreign: Mapping[str, Path], means: Mapping[str, np.ndarray]
) -> dict[str, Predictions]:
    """Depth of each portrait by each method; None where a method has none."""
    photos = np.stack([pair.photo for pair in pairs])
    predictions: dict[str, Predictions] = {
        name: list(predict_depth_mm(network, photos)) for name, network in generators.items()
    }
    for name, path in foreign.items():
        method = open_foreign(name, path)
        predictions[name] = [method.predict(pair) for pair in pairs]
    constants = {CONSTANT: mean_training_face(pairs), **means}
    return predictions | {name: [mean_mm] * len(pairs) for name, mean_mm in constants.items()}


def restrict(predictions: dict[str, Predictions], to: str) -> dict[str, Predictions]:
    """Every method on the images and pixels alone that one of them covers."""
    return {
        name: [
            None if depth_mm is None or mask is None else np.where(np.isfinite(mask), depth_mm, np.nan)
            for depth_mm, mask in zip(those, predictions[to], strict=True)
        ]
        for name, those in predictions.items()
    }


def measure(pairs: list[Pair], marked: list[np.ndarray | None], predictions: dict[str, Predictions]) -> Iterator[dict]:
    """Figures of each method on one tree."""
    places = [
        measured_place(pair.depth_map, EROSION_PX, points, pair.fit) for pair, points in zip(pairs, marked, strict=True)
    ]
    common = find_common_face(
        [Measured(pair.subject_id, pair.depth_map.depth_mm, place) for pair, place in zip(pairs, places, strict=True)],
        pairs[0].depth_map.pitch,
    )
    template = points_of_template(starter_sidecar().landmarks, FIT)
    regions = face_regions(template, pairs[0].depth_map.pitch, places[0].shape)
    for name, those in predictions.items():
        recorder, rows = None if common is None else IdentityRecorder(common), []
        for pair, place, depth_mm in zip(pairs, places, those, strict=True):
            if depth_mm is None:
                continue
            rows.append({"who": pair.subject_id, **aligned_metrics(depth_mm, pair.depth_map, place)})
            if recorder is not None:
                recorder.add(pair.subject_id, pair.depth_map.depth_mm, depth_mm, place & np.isfinite(depth_mm))
        heads = pd.DataFrame(rows).groupby("who")[list(ALIGNED_METRICS)].mean()
        deviations = None if recorder is None else recorder.deviations()
        yield {
            "method": name,
            "heads": len(heads),
            "images": len(rows),
            "images_missing": len(pairs) - len(rows),
            **{figure: round(float(heads[figure].mean()), 4) for figure in ALIGNED_METRICS},
            "mae_mm_aligned_ci95": bootstrap_interval(heads["mae_mm_aligned"].tolist(), SAMPLES, SEED),
            "recovered_identity": deviations and recovered_identity(deviations, regions, SAMPLES, SEED),
        }


def table(lines: list[dict[str, Any]]) -> Iterator[str]:
    """Markdown, a row for each method."""
    yield f"| {' | '.join(HEADS)} |"
    yield "|---" * len(HEADS) + "|"
    for line in lines:
        interval, identity = line["mae_mm_aligned_ci95"], line["recovered_identity"]
        around = f" ({interval[0]:.2f} to {interval[1]:.2f})" if interval else ""
        said = " | | "
        if identity:
            low, high = identity["r2_ci95"] or (np.nan, np.nan)
            said = f"{identity['r2']:.2f} ({low:.2f} to {high:.2f}) | "
            said += f"{identity['slope']:.2f} | {identity['correlation']:.2f}"
        yield (
            f"| {line['method']} | {line['heads']} | {line['mae_mm_aligned']:.2f}{around} | "
            f"{line['normal_angle_deg']:.2f} | {said} | {line['roughness']:.2f} | {100 * line['coverage']:.0f} % |"
        )


def _named(argument: str) -> tuple[str, str]:
    """``name=path``, or a path that is its own name."""
    name, _, path = argument.partition("=")
    return (name, path) if path else (Path(argument).stem, argument)


def load_network(address: str) -> Any:
    """The starter, or the network of a ``.keras`` file."""
    if address == "starter":
        return load_starter()[0].network
    from facedepth_pipeline.runtime.keras_import import keras

    return keras.models.load_model(address, compile=False)


def main() -> None:
    """Predict, measure, print."""
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("trees", nargs="+", type=Path)
    arguments.add_argument("--generator", nargs="+", action="extend", default=[], metavar="[NAME=]starter|FILE.keras")
    arguments.add_argument("--foreign", nargs="+", action="extend", default=[], metavar="NAME=FOLDER|FILE.py")
    arguments.add_argument("--on-pixels-of", metavar="NAME", help="one of the foreign methods")
    arguments.add_argument("--mean-of", nargs="+", action="extend", default=[], metavar="NAME=TREE")
    chosen = arguments.parse_args()
    generators = {name: load_network(address) for name, address in map(_named, chosen.generator)}
    foreign = {name: Path(path) for name, path in map(_named, chosen.foreign)}
    means = {
        f"mean of {name}": mean_training_face(read_tree(Path(tree))[0]) for name, tree in map(_named, chosen.mean_of)
    }
    if chosen.on_pixels_of and chosen.on_pixels_of not in foreign:
        raise SystemExit(f"--on-pixels-of {chosen.on_pixels_of}: expected one of {', '.join(foreign) or 'none given'}.")
    for tree in chosen.trees:
        pairs, marked = read_tree(tree)
        of_tree = {name: path / tree.name if (path / tree.name).is_dir() else path for name, path in foreign.items()}
        predictions = predict_all(pairs, generators, of_tree, means)
        if chosen.on_pixels_of:
            predictions = restrict(predictions, chosen.on_pixels_of)
        lines = list(measure(pairs, marked, predictions))
        print(f"\n{tree}" + (f", on the pixels of {chosen.on_pixels_of}" if chosen.on_pixels_of else ""))
        print("\n".join(table(lines)))
        for line in lines:
            print(json.dumps({"name": "likeness", "tree": tree.name, "on_pixels_of": chosen.on_pixels_of, **line}))


if __name__ == "__main__":
    main()
