"""Batches of pairs from memory, for any backend."""

from collections.abc import Sequence
from typing import Any

import keras
import numpy as np

from facedepth_pipeline.pairs import Pair


class PairBatches(keras.utils.PyDataset):
    """Pairs decoded once and handed out in batches, in a new order each epoch.

    A batch is (photo uint8 (N, 256, 256, 3), depth_mm float32 (N, 256, 256, 1), valid uint8
    (N, 256, 256, 1)). Memory: 0.5 MB a pair.

    Args:
        pairs: At least one.
        batch_size: Pairs a batch; the last batch of an epoch may be smaller.
        shuffle: Whether each epoch has an order of its own.
        seed: Of the orders: epoch ``e`` is permuted by (seed, e) alone, so that a resumed training
            goes through the same orders.
    """

    def __init__(self, pairs: Sequence[Pair], batch_size: int, shuffle: bool, seed: int, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        if not len(pairs):
            raise ValueError("There is no pair to make batches of: is one of the subject sets empty?")
        self._photo, self._depth_mm, self._valid = _stack(pairs)
        self._batch_size, self._shuffle, self._seed = batch_size, shuffle, seed
        self.start_epoch(0)

    def start_epoch(self, epoch: int) -> None:
        """Put the pairs into the order of this epoch."""
        count = len(self._photo)
        rng = np.random.default_rng((self._seed, epoch))
        self._order = rng.permutation(count) if self._shuffle else np.arange(count)

    def __len__(self) -> int:
        return -(-len(self._order) // self._batch_size)

    def __getitem__(self, batch: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        chosen = self._order[batch * self._batch_size : (batch + 1) * self._batch_size]
        return self._photo[chosen], self._depth_mm[chosen], self._valid[chosen]


def _stack(pairs: Sequence[Pair]) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    shape = (len(pairs), *pairs[0].depth_map.depth_mm.shape)
    photo = np.zeros((*shape, 3), np.uint8)
    depth_mm = np.zeros((*shape, 1), np.float32)
    valid = np.zeros((*shape, 1), np.uint8)
    for position, pair in enumerate(pairs):
        photo[position] = pair.photo
        depth_mm[position, ..., 0] = pair.depth_map.depth_mm
        valid[position, ..., 0] = pair.depth_map.valid
    return photo, depth_mm, valid
