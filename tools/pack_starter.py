"""Pack the generator that `make starter` trained into the package: weights in half floats, sidecar and model card.

`python tools/pack_starter.py DATA_ROOT ["how long it was trained, and on what"]` with the `data_root` of the training.
The figures of the card, `starter_card.md`, come from its `08_reporting/`. The loss by half floats is measured on the
test portraits of that folder.
"""

import json
import sys
from collections.abc import Iterator
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from facedepth_pipeline.data.pairs_folder import PairsOnDisk
from facedepth_pipeline.datasets.generator import GeneratorDataset
from facedepth_pipeline.datasets.relightable_pairs import RelightablePairsDataset
from facedepth_pipeline.generator import starter
from facedepth_pipeline.generator.prediction import predict_depth_mm

LICENCE = "Apache-2.0"  # it has learned from rendered faces alone
PACKAGE = Path(starter.__file__).parent
NEEDED = ("06_models/generator.keras", "08_reporting/depth_metrics.json", "03_primary/relightable_pairs/index.parquet")
SKIN_TONES = ("light", "medium", "dark")
CARD = Path(__file__).with_name("starter_card.md")


def rows_of_groups(root: Path) -> Iterator[str]:
    """Rows of the card's table: the aligned error by source of the head, sex and tone of the skin."""
    scores = pd.read_csv(root / "08_reporting/per_subject.csv", dtype={"subject_id": str})
    people = pd.read_parquet(root / "02_intermediate/pair_manifest.parquet").drop_duplicates("subject_id")
    table = scores[scores["predictor"] == "generator"].merge(people, on="subject_id")
    table["skin"] = pd.cut(table["tone"].astype(float), [-1, 0.25, 0.5, 2], labels=SKIN_TONES).astype(str) + " skin"
    for column in ("source", "sex", "skin"):
        for group, part in table.groupby(column):
            yield f"| {group} | {len(part)} | {part['mae_mm_aligned'].mean():.2f} |"


def sources_of(people: pd.DataFrame) -> str:
    """How many people have a head of which model."""
    counts = people.drop_duplicates("subject_id")["source"].value_counts()
    return ", ".join(f"{count:,} of {source}" for source, count in counts.items())


def fill_card(root: Path, training: str, facts: dict[str, Any]) -> str:
    """The model card from the reports below ``root`` and what was found while packing."""
    metrics = json.loads((root / "08_reporting/depth_metrics.json").read_text(encoding="utf-8"))
    learned_from = RelightablePairsDataset(filepath=str(root / "03_primary/relightable_pairs")).load().table
    low, high = metrics["mae_mm_aligned_ci95"]
    return CARD.read_text(encoding="utf-8").format(
        people=learned_from["subject_id"].nunique(),
        pairs=len(learned_from),
        sources=sources_of(learned_from),
        training=training,
        versions=", ".join(f"{name} {version(name)}" for name in ("keras", "tensorflow")),
        subjects=metrics["subjects"],
        images=metrics["images"],
        mae=metrics["mae_mm"],
        aligned=metrics["mae_mm_aligned"],
        interval=f"[{low:.2f}, {high:.2f}]",
        angle=metrics["normal_angle_deg"],
        r2=metrics["recovered_identity"]["r2"],
        mean_aligned=metrics["baselines"]["mean_face"]["mae_mm_aligned"],
        groups="\n".join(rows_of_groups(root)),
        **facts,
    )


def main() -> None:
    """Write the three files."""
    if len(sys.argv) not in (2, 3):
        raise SystemExit(__doc__)
    root = Path(sys.argv[1])
    missing = [name for name in NEEDED if not (root / name).is_file()]
    if missing:
        raise SystemExit(f"{root} lacks {', '.join(missing)}. Train first: make starter ICT=ICT-FaceKit.")
    generator = GeneratorDataset(filepath=str(root / NEEDED[0])).load()
    content = starter.pack_weights(generator.network)
    split = json.loads((root / "05_model_input/subject_split.json").read_text(encoding="utf-8"))
    photos = np.stack([pair.photo for pair in PairsOnDisk(root / "03_primary/pairs_256").of_subjects(split["test"])])
    whole = predict_depth_mm(generator.network, photos)
    generator.network.set_weights(starter.unpack_weights(content))
    half_mm = float(np.abs(predict_depth_mm(generator.network, photos) - whole).mean())
    sidecar = generator.sidecar.model_copy(update={"licence": LICENCE})
    recipe = sidecar.parameters
    facts = {
        "width": recipe["width"],
        "parameters": f"{generator.network.count_params():,}",
        "size": round(len(content) / 1e6, 1),
        "fit": f"fit `{sidecar.fit}`, {sidecar.pitch.x_mm:.4f} x {sidecar.pitch.y_mm:.4f} mm a pixel",
        "epochs": recipe["epochs"],
        "batch_size": recipe["batch_size"],
        "digest": sidecar.data_digest,
        "licence": sidecar.licence,
        "half": half_mm,
        "interpupillary": sidecar.interpupillary_mm,
    }
    card = fill_card(root, sys.argv[2] if len(sys.argv) == 3 else "on this machine", facts)
    (PACKAGE / starter.WEIGHTS_FILE).write_bytes(content)
    (PACKAGE / starter.SIDECAR_FILE).write_text(sidecar.model_dump_json(indent=1) + "\n", encoding="utf-8")
    (PACKAGE / "MODEL_CARD.md").write_text(card, encoding="utf-8")
    print(card)


if __name__ == "__main__":
    main()
