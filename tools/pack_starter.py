"""Pack the generator that `make starter` trained into the package: weights in half floats, sidecar and model card.

`python tools/pack_starter.py DATA_ROOT`, the `data_root` of the training. The figures of the card come from its
`08_reporting/`; the loss by half floats is measured on its test portraits.
"""

import json
import sys
from importlib.metadata import version
from pathlib import Path

import numpy as np

from facedepth_pipeline.data.pairs_folder import PairsOnDisk
from facedepth_pipeline.datasets.generator import GeneratorDataset
from facedepth_pipeline.generator import starter
from facedepth_pipeline.generator.prediction import predict_depth_mm

LICENCE = "Apache-2.0"  # it has learned from rendered faces alone
PACKAGE = Path(starter.__file__).parent
CARD = """# The starter generator

| | |
|---|---|
| is | a pix2pix U-Net of width {width}, {parameters} parameters, weights in half floats ({size} MB) |
| takes | one frontal photo of a face, aligned by five landmarks into the frame of the Texas database |
| gives | orthographic depth in millimetres over a plane behind the face, 256x256, {fit} |
| learned from | {train} rendered people with {pairs} portraits, preset `randomised`: no photograph of anybody |
| recipe | `metric` as changed in `conf/starter/parameters_train.yml`: {epochs} epochs, L1, batches of {batch_size} |
| made by | `make starter`, {versions} |
| data digest | `{digest}` |
| licence | {licence}, as this project; the head model behind the renderings is CC0 |

## How far it may be trusted

On {subjects} rendered people it has never seen ({images} portraits, light and camera varied): **MAE {mae:.2f} mm**
{interval}, RMSE {rmse:.2f} mm; the mean face has {mean_face:.2f} mm. Half floats change a depth by {half:.4f} mm on
average. `kedro run --env=starter --pipelines=evaluate` measures it again.

Nobody has measured it on photographs of people: it has never seen one. Expect the shape of an average adult that
follows the photo, not a likeness to take measures from. Rendered faces have neither glasses nor single hairs; children,
strong make-up and headwear are outside of what it knows. Millimetres rest on an assumed distance of the eyes,
{interpupillary:.1f} mm, unless a measured one is given. Train on the real database before anything depends on it.
"""


def main() -> None:
    """Write the three files."""
    root = Path(sys.argv[1])
    generator = GeneratorDataset(filepath=str(root / "06_models/generator.keras")).load()
    content = starter.pack_weights(generator.network)
    metrics = json.loads((root / "08_reporting/depth_metrics.json").read_text(encoding="utf-8"))
    split = json.loads((root / "05_model_input/subject_split.json").read_text(encoding="utf-8"))
    pairs = PairsOnDisk(root / "03_primary/pairs_256")
    photos = np.stack([pair.photo for pair in pairs.of_subjects(split["test"])])
    whole = predict_depth_mm(generator.network, photos)
    generator.network.set_weights(starter.unpack_weights(content))
    half_mm = float(np.abs(predict_depth_mm(generator.network, photos) - whole).mean())
    sidecar = generator.sidecar.model_copy(update={"licence": LICENCE})
    recipe = sidecar.parameters
    low_high = metrics["mae_mm_ci95"]
    card = CARD.format(
        width=recipe["width"],
        parameters=f"{generator.network.count_params():,}",
        size=round(len(content) / 1e6, 1),
        fit=f"fit `{sidecar.fit}`, {sidecar.pitch.x_mm:.4f} x {sidecar.pitch.y_mm:.4f} mm a pixel",
        train=len(sidecar.training_subjects),
        pairs=len(pairs.of_subjects(split["train"])),
        epochs=recipe["epochs"],
        batch_size=recipe["batch_size"],
        versions=", ".join(f"{name} {version(name)}" for name in ("keras", "tensorflow")),
        digest=sidecar.data_digest,
        licence=sidecar.licence,
        subjects=metrics["subjects"],
        images=metrics["images"],
        mae=metrics["mae_mm"],
        interval=f"[{low_high[0]:.2f}, {low_high[1]:.2f}]",
        rmse=metrics["rmse_mm"],
        mean_face=metrics["baselines"]["mean_face"]["mae_mm"],
        half=half_mm,
        interpupillary=sidecar.interpupillary_mm,
    )
    (PACKAGE / starter.WEIGHTS_FILE).write_bytes(content)
    (PACKAGE / starter.SIDECAR_FILE).write_text(sidecar.model_dump_json(indent=1) + "\n", encoding="utf-8")
    (PACKAGE / "MODEL_CARD.md").write_text(card, encoding="utf-8")
    print(card)


if __name__ == "__main__":
    main()
