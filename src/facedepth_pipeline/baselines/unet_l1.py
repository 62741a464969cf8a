"""The U-Net of pix2pix trained by L1 alone: what the adversary adds is what it lacks.

Isola et al. 2017, section 4.2, table 1, row "L1".
"""

from facedepth_pipeline.parameters import TrainParameters, unknown_key


def unet_l1_parameters(train: TrainParameters, recipe: str) -> TrainParameters:
    """The training of ``unet_l1``: a recipe without its adversary, and L1 as the only term.

    Raises:
        ValueError: If there is no such recipe.
    """
    if recipe not in train.recipes:
        raise ValueError("evaluate.unet_l1_recipe: " + unknown_key(recipe, train.recipes).replace("key", "recipe", 1))
    terms = {"adversary": "none", "distance": "l1", "lambda_gradient": 0.0, "lambda_normal": 0.0}
    alone = train.recipes[recipe].model_copy(update=terms)
    return train.model_copy(update={"recipe": "unet_l1", "recipes": {"unet_l1": alone}})
