"""Parameters of a small evaluation."""

from typing import Any

from facedepth_pipeline.parameters import EvaluateParameters

TINY_AUTOENCODER = {
    "units": [8],
    "contraction": 0.001,
    "learning_rate": 1e-3,
    "batch_size": 4,
    "pretrain_epochs": 1,
    "map_epochs": 1,
    "finetune_epochs": 1,
    "seed": 0,
}


def evaluate_parameters(**changes: Any) -> EvaluateParameters:
    """No baseline, a margin of one pixel, 2,000 resamples, unless told otherwise."""
    usual = {
        "erosion_px": 1,
        "bootstrap_samples": 2000,
        "seed": 3,
        "baselines": [],
        "contractive_autoencoder": TINY_AUTOENCODER,
        "unet_l1_recipe": "paper",
        "doubt_samples": 0,
        "promote": "if_better",
    }
    return EvaluateParameters.model_validate(usual | changes)
