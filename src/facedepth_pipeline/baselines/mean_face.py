"""The mean training face: the depth map that ignores the photo.

Any model must beat it to have learnt anything from photos; MICA (Zielonka et al. 2022) reports that
the average face beats some published methods in metric error.
"""

from collections.abc import Iterable

import numpy as np

from facedepth_pipeline.data.pairs import Pair


def mean_training_face(train_pairs: Iterable[Pair]) -> np.ndarray:
    """Mean depth in each pixel over the training pairs that are valid there.

    Each subject counts the same, however many images there are of it.

    Returns:
        (H, W) float32 millimetres; 0 where no training pair is valid.

    Raises:
        ValueError: If there is no pair.
    """
    sums: dict[str, tuple[np.ndarray, np.ndarray]] = {}
    for pair in train_pairs:
        depth_mm, valid = pair.depth_map.depth_mm.astype(np.float64), pair.depth_map.valid
        if pair.subject_id in sums:
            depth_sum, count = sums[pair.subject_id]
            sums[pair.subject_id] = depth_sum + depth_mm * valid, count + valid
        else:
            sums[pair.subject_id] = depth_mm * valid, valid.astype(np.int64)
    if not sums:
        raise ValueError("There is no training pair to average.")
    total, subjects = np.zeros_like(depth_mm), np.zeros(depth_mm.shape)
    for depth_sum, count in sums.values():
        total += np.divide(depth_sum, count, out=np.zeros_like(total), where=count > 0)
        subjects += count > 0
    return np.divide(total, subjects, out=np.zeros_like(total), where=subjects > 0).astype(np.float32)
