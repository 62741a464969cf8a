"""Does a generator carry over to light it has never seen? ``python -m benchmarks.transfer``: about 15 minutes.

The same people are rendered by both presets. One generator learns from each, with the same seed and the same
budget; both are measured on both, on people that neither has seen. Prints one JSON object.
"""

import json
import tempfile
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from tools.recipes import train_parameters
from tqdm import tqdm

from benchmarks.cases import head_model
from facedepth_pipeline.baselines.mean_face import mean_training_face
from facedepth_pipeline.data.pairs import Pair, preprocess_pair
from facedepth_pipeline.parameters import SynthesisParameters
from facedepth_pipeline.pix2pix.checkpoint_folder import CheckpointFolder
from facedepth_pipeline.synthetic.database import plan_database, render_database
from facedepth_pipeline.synthetic.people.captures import Preset

PRESETS: tuple[Preset, ...] = ("studio", "randomised")
PEOPLE, TEST_PEOPLE, VALIDATION_PEOPLE = 400, 40, 10
EPOCHS = 16
FIT = "stretch"


def render(preset: Preset) -> list[Pair]:
    """One pair of each person, the people the same for every preset."""
    parameters = SynthesisParameters(
        subjects=PEOPLE, pairs=PEOPLE, seed=77, preset=preset, range_realism="clean", processes=0
    )
    takes = plan_database(parameters)
    rendered = tqdm(render_database({"makehuman": head_model()}, takes, processes=0), total=len(takes), desc=preset)
    return [
        preprocess_pair(pair.name.image_id, pair.name.subject_id, pair.portrait, pair.range_grey, FIT)
        for pair in rendered
    ]


def mean_error_mm(predicted_mm: np.ndarray, pairs: Sequence[Pair]) -> float:
    """Mean over people of the absolute error inside ``valid``."""
    errors = [
        np.abs(depth_mm - pair.depth_map.depth_mm)[pair.depth_map.valid].mean()
        for depth_mm, pair in zip(predicted_mm, pairs, strict=True)
    ]
    return round(float(np.mean(errors)), 2)


def main() -> None:
    """Render, train twice, measure four times."""
    from facedepth_pipeline.generator.prediction import predict_depth_mm
    from facedepth_pipeline.pix2pix.training import fit_generator

    pairs = {preset: render(preset) for preset in PRESETS}
    order = np.random.default_rng(0).permutation(PEOPLE)
    test, validation, train = np.split(order, [TEST_PEOPLE, TEST_PEOPLE + VALIDATION_PEOPLE])
    parameters = train_parameters(
        "metric", width=16, adversary="bce", lambda_distance=1000, background_weight=1, balance_subjects=False,
        keep="last", epochs=EPOCHS, seed=0,
    )  # fmt: skip
    table: dict[str, dict[str, float]] = {f"trained on {preset}": {} for preset in PRESETS}
    table["mean face"] = {}
    for trained in PRESETS:
        known = pairs[trained]
        with tempfile.TemporaryDirectory() as folder:
            network, _ = fit_generator(
                [known[i] for i in train], [known[i] for i in validation], parameters, CheckpointFolder(Path(folder))
            )
        for tested in PRESETS:
            people = [pairs[tested][i] for i in test]
            predicted_mm = predict_depth_mm(network, np.stack([pair.photo for pair in people]))
            table[f"trained on {trained}"][f"tested on {tested}"] = mean_error_mm(predicted_mm, people)
    mean_face = mean_training_face([pairs["studio"][i] for i in train])
    for tested in PRESETS:
        people = [pairs[tested][i] for i in test]
        table["mean face"][f"tested on {tested}"] = mean_error_mm(np.stack([mean_face] * len(people)), people)
    print(json.dumps({"name": "transfer", "unit": "mm", "people": TEST_PEOPLE, "trained_on": len(train), **table}))


if __name__ == "__main__":
    main()
