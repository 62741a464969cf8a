"""The recipes of ``conf/base``, with changes, outside of Kedro."""

from pathlib import Path
from typing import Any

import yaml

from facedepth_pipeline.parameters import TrainParameters

CONF = Path(__file__).parents[1] / "conf" / "base" / "parameters_train.yml"
OUTSIDE = set(TrainParameters.model_fields)


def train_parameters(recipe: str, **changes: Any) -> TrainParameters:
    """Parameters of ``train`` with this recipe; changes go to the recipe, or to what stands beside it."""
    values = yaml.safe_load(CONF.read_text(encoding="utf-8"))["train"]
    values |= {"recipe": recipe} | {name: value for name, value in changes.items() if name in OUTSIDE}
    values["recipes"][recipe] |= {name: value for name, value in changes.items() if name not in OUTSIDE}
    return TrainParameters.model_validate(values)
