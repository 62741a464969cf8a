"""The error of a generator on people, as the benchmarks of training measure it."""

from typing import Any

import numpy as np

from facedepth_pipeline.data.pairs import Pairs
from facedepth_pipeline.evaluation.metrics import mae_mm


def errors_by_person(network: Any, pairs: Pairs) -> dict[str, float]:
    """MAE inside the valid mask in mm, mean over the pairs of each person."""
    from facedepth_pipeline.generator.prediction import predict_depth_mm

    people: dict[str, list[float]] = {}
    for pair in pairs:
        predicted_mm = predict_depth_mm(network, pair.photo[None])[0]
        error = mae_mm(predicted_mm, pair.depth_map.depth_mm, pair.depth_map.valid)
        people.setdefault(pair.subject_id, []).append(error)
    return {who: float(np.mean(errors)) for who, errors in people.items()}
