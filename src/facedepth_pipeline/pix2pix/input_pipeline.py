"""Batches of pairs: decoded once where memory allows, and without TensorFlow."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np

from facedepth_pipeline.data.pairs import Pair, Pairs
from facedepth_pipeline.depth import depth_to_png_levels
from facedepth_pipeline.runtime.keras_import import keras

DECODERS = 4


class PairBatches(keras.utils.PyDataset):
    """Pairs in batches, in a new order each epoch.

    A batch is (photo uint8 (N, 256, 256, 3), depth_level uint16 (N, 256, 256, 1)), depth in levels of 0.01 mm and 0
    where there is no surface: what the files hold, half of the bytes of floats, and the mask comes for free.

    Pairs are decoded once and kept while they fit into ``cache_bytes`` (0.33 MB a pair); those beyond are decoded
    again each time, so memory does not grow with the set.

    Args:
        pairs: At least one.
        batch_size: Pairs a batch; the last batch of an epoch may be smaller.
        shuffle: Whether each epoch has an order of its own.
        seed: Of the orders: epoch ``e`` depends on (seed, e) alone, so that a resumed training goes through the same
            orders.
        balance_subjects: Whether an epoch shows every person equally often, drawing among a person's pairs; the
            number of pairs an epoch stays the same. Needs ``pairs`` with a table.
        cache_bytes: Memory for decoded pairs.

    Raises:
        ValueError: If there is no pair.
    """

    def __init__(
        self,
        pairs: Sequence[Pair],
        batch_size: int,
        shuffle: bool,
        seed: int,
        balance_subjects: bool = False,
        cache_bytes: int = 2**31,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        if not len(pairs):
            raise ValueError("There is no pair to make batches of: is one of the subject sets empty?")
        self._pairs, self._batch_size, self._shuffle, self._seed = pairs, batch_size, shuffle, seed
        self._subjects = _positions_by_subject(pairs) if balance_subjects else []
        self._cache: dict[int, tuple[np.ndarray, np.ndarray]] = {}
        self._cache_bytes = cache_bytes
        self._decoders = ThreadPoolExecutor(DECODERS, thread_name_prefix="decode")
        self.start_epoch(0)

    def start_epoch(self, epoch: int) -> None:
        """Put the pairs into the order of this epoch."""
        rng = np.random.default_rng((self._seed, epoch))
        if not self._shuffle:
            self._order = np.arange(len(self._pairs))
        elif self._subjects:
            self._order = _balanced_order(self._subjects, len(self._pairs), rng)
        else:
            self._order = rng.permutation(len(self._pairs))

    def __len__(self) -> int:
        return -(-len(self._order) // self._batch_size)

    def __getitem__(self, batch: int) -> tuple[np.ndarray, np.ndarray]:
        chosen = self._order[batch * self._batch_size : (batch + 1) * self._batch_size]
        photos, levels = zip(*self._decoders.map(self._decoded, chosen.tolist()), strict=True)
        return np.stack(photos), np.stack(levels)

    def _decoded(self, position: int) -> tuple[np.ndarray, np.ndarray]:
        if position in self._cache:
            return self._cache[position]
        pair = self._pairs[position]
        decoded = pair.photo, depth_to_png_levels(pair.depth_map)[..., None]
        size = sum(array.nbytes for array in decoded)
        if size <= self._cache_bytes:
            self._cache_bytes -= size
            self._cache[position] = decoded
        return decoded


def _positions_by_subject(pairs: Sequence[Pair]) -> list[np.ndarray]:
    subjects = pairs.table["subject_id"] if isinstance(pairs, Pairs) else [pair.subject_id for pair in pairs]
    subject_ids = np.asarray(subjects)
    return [np.flatnonzero(subject_ids == subject_id) for subject_id in np.unique(subject_ids)]


def _balanced_order(subjects: list[np.ndarray], count: int, rng: np.random.Generator) -> np.ndarray:
    rounds = [rng.permutation(len(subjects)) for _ in range(-(-count // len(subjects)))]
    return np.array([rng.choice(subjects[subject]) for subject in np.concatenate(rounds)[:count]])
