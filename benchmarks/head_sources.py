"""Which head models, and which choices of a recipe, carry over to other heads?

Trains on the people of some sources in a relightable set and measures on trees of other heads, one JSON line for each
tree. People of the sources that it was trained on say nothing about a choice: name trees of other sources.

    kedro run --env=starter --pipelines=synthesize --params=ict_root=ICT-FaceKit
    python -m benchmarks.head_sources data/starter/03_primary/relightable_pairs TREE … --sources ict --images 16000
        --set decoder=transposed --set lambda_normal=0 --seed 1

On a GPU whose machine has JAX alone, put ``KERAS_BACKEND=jax`` before it.
"""

import argparse
import json
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
import yaml

from benchmarks.likeness import measure, read_tree
from facedepth_pipeline.data.layers import RelightablePair
from facedepth_pipeline.data.relightable import RelightablePairs
from facedepth_pipeline.datasets.relightable_pairs import RelightablePairsDataset
from facedepth_pipeline.generator.prediction import predict_depth_mm
from facedepth_pipeline.parameters import TrainParameters
from facedepth_pipeline.pix2pix.checkpoint_folder import CheckpointFolder

CONF = Path(__file__).parents[1] / "conf"
VALIDATION_PAIRS = 16
EPOCHS = 10


class SomePairs(RelightablePairs):
    """Pairs at some positions of another set."""

    def __init__(self, pairs: RelightablePairs, positions: np.ndarray) -> None:
        self._pairs, self._positions = pairs, positions
        self.table = pairs.table.iloc[positions].reset_index(drop=True)
        self.digest = pairs.digest

    def __len__(self) -> int:
        return len(self._positions)

    def __getitem__(self, position: int) -> RelightablePair:  # type: ignore[override]
        return self._pairs[int(self._positions[position])]


def parameters(changes: dict[str, Any], seed: int) -> TrainParameters:
    """The starter's recipe with some changes."""
    train = yaml.safe_load((CONF / "base/parameters_train.yml").read_text(encoding="utf-8"))["train"]
    starter = yaml.safe_load((CONF / "starter/parameters_train.yml").read_text(encoding="utf-8"))["train"]
    recipe = train["recipes"]["metric"] | starter["recipes"]["metric"] | {"epochs": EPOCHS} | changes
    return TrainParameters.model_validate(train | {"recipes": {"metric": recipe}, "seed": seed})


def choose(pairs: RelightablePairs, sources: list[str], count: int, seed: int) -> tuple[SomePairs, SomePairs]:
    """Pairs to learn from, ``count`` at most, and pairs of other people for the error after each epoch."""
    rng = np.random.default_rng(seed)
    own = pairs.table[pairs.table["source"].isin(sources)]
    if own.empty:
        raise SystemExit(f"The set has no pair of {sources}; it has {sorted(pairs.table['source'].unique())}.")
    held = set(rng.permutation(own["subject_id"].unique())[:VALIDATION_PAIRS])
    is_held = own["subject_id"].isin(held)
    learn = rng.permutation(own.index[~is_held].to_numpy())[:count]
    return SomePairs(pairs, learn), SomePairs(pairs, own.index[is_held].to_numpy()[:VALIDATION_PAIRS])


def main() -> None:
    """Train once and measure on each tree."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("relightable", type=Path)
    parser.add_argument("trees", nargs="+", type=Path)
    parser.add_argument("--sources", nargs="+", required=True)
    parser.add_argument("--images", type=int, default=16_000, help="pictures shown, over ten epochs")
    parser.add_argument("--set", action="append", default=[], metavar="KEY=VALUE", help="of the starter's recipe")
    parser.add_argument("--seed", type=int, default=0)
    chosen = parser.parse_args()

    from facedepth_pipeline.pix2pix.training import fit_generator

    changes = {key: yaml.safe_load(value) for key, _, value in (change.partition("=") for change in chosen.set)}
    pairs = RelightablePairsDataset(filepath=str(chosen.relightable)).load()
    train, validation = choose(pairs, chosen.sources, chosen.images // EPOCHS, chosen.seed)
    with tempfile.TemporaryDirectory() as folder:
        network, history = fit_generator(
            train, validation, parameters(changes, chosen.seed), CheckpointFolder(Path(folder))
        )
    about = {"name": "head_sources", "sources": chosen.sources, "set": changes, "seed": chosen.seed}
    about |= {"pairs": len(train), "epochs": len(history)}
    for tree in chosen.trees:
        test_pairs, marked = read_tree(tree)
        predicted = list(predict_depth_mm(network, np.stack([pair.photo for pair in test_pairs])))
        (figures,) = measure(test_pairs, marked, {"trained": predicted})
        print(json.dumps(about | {"tree": tree.name, **figures}))


if __name__ == "__main__":
    main()
