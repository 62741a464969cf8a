"""Batches of pairs: decoded once where memory allows, and without TensorFlow."""

import bisect
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any, NamedTuple

import numpy as np

from facedepth_pipeline.data.layers import LIGHT_SIZE_PX, RelightablePair
from facedepth_pipeline.data.pairs import Pair, Pairs
from facedepth_pipeline.data.relightable import RelightablePairs
from facedepth_pipeline.depth import IMAGE_SIZE_PX, depth_to_png_levels
from facedepth_pipeline.runtime.keras_import import keras

DECODERS = 4
NO_SURFACE = np.zeros((IMAGE_SIZE_PX, IMAGE_SIZE_PX, 3), np.uint8)
NO_VISIBILITY = np.zeros((LIGHT_SIZE_PX, LIGHT_SIZE_PX, 16), np.uint8)

AnyPair = Pair | RelightablePair
Arrays = tuple[np.ndarray, ...]


class Mixture(NamedTuple):
    """What an epoch shows of a set; it has as many pairs as the set.

    Attributes:
        balance_subjects: Whether it shows every person equally often, drawing among a person's pairs.
        relightable_share: Share of relightable pairs; None as there are in the set. Without pairs of one kind all are
            of the other.
    """

    balance_subjects: bool = False
    relightable_share: float | None = None


EVERY_PAIR = Mixture()


class PairBatches(keras.utils.PyDataset):
    """Pairs in batches, in a new order each epoch.

    A batch is (photo uint8 (N, 256, 256, 3), depth_level uint16 (N, 256, 256, 1)), depth in levels of 0.01 mm and 0
    where there is no surface: what the files hold, half of the bytes of floats, and the mask comes for free.
    As soon as one pair of the set is relightable, every batch is (photo, depth_level, surface uint8 (N, 256, 256, 3),
    visibility uint8 (N, 128, 128, 16)): of a relightable pair the photo is the albedo, of a finished one surface and
    visibility are 0.

    Pairs are decoded once and kept while they fit into ``cache_bytes`` (0.33 MB for a finished pair, 0.79 MB for a
    relightable one); those beyond are decoded again each time, so memory does not grow with the set.

    Args:
        pairs: At least one. A sequence with a table holds finished pairs first, then relightable ones.
        batch_size: Pairs a batch; the last batch of an epoch may be smaller.
        shuffle: Whether each epoch has an order of its own.
        seed: Of the orders: epoch ``e`` depends on (seed, e) alone, so that a resumed training goes through the same
            orders.
        mixture: What each epoch shows of the set; without a table every pair is decoded for it.
        cache_bytes: Memory for decoded pairs.

    Raises:
        ValueError: If there is no pair.
    """

    def __init__(
        self,
        pairs: Sequence[AnyPair],
        batch_size: int,
        shuffle: bool,
        seed: int,
        mixture: Mixture = EVERY_PAIR,
        cache_bytes: int = 2**31,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        if not len(pairs):
            raise ValueError("There is no pair to make batches of: is one of the subject sets empty?")
        self._pairs, self._batch_size, self._shuffle, self._seed = pairs, batch_size, shuffle, seed
        relightable = _relightable(pairs)
        self._with_layers = bool(relightable.any())
        people = _people(pairs) if mixture.balance_subjects else np.arange(len(pairs))
        self._groups = _groups(people, relightable, mixture.relightable_share)
        self._cache: dict[int, Arrays] = {}
        self._cache_bytes = cache_bytes
        self._decoders = ThreadPoolExecutor(DECODERS, thread_name_prefix="decode")
        self.start_epoch(0)

    def start_epoch(self, epoch: int) -> None:
        """Put the pairs into the order of this epoch."""
        rng = np.random.default_rng((self._seed, epoch))
        if not self._shuffle:
            self._order = np.arange(len(self._pairs))
            return
        orders = [_balanced_order(group.people, group.shown, rng) for group in self._groups]
        self._order = orders[0] if len(orders) == 1 else rng.permutation(np.concatenate(orders))

    def __len__(self) -> int:
        return -(-len(self._order) // self._batch_size)

    def __getitem__(self, batch: int) -> Arrays:
        chosen = self._order[batch * self._batch_size : (batch + 1) * self._batch_size]
        decoded = list(self._decoders.map(self._decoded, chosen.tolist()))
        if self._with_layers:
            decoded = [arrays if len(arrays) == 4 else (*arrays, NO_SURFACE, NO_VISIBILITY) for arrays in decoded]
        return tuple(np.stack(arrays) for arrays in zip(*decoded, strict=True))

    def _decoded(self, position: int) -> Arrays:
        if position in self._cache:
            return self._cache[position]
        decoded = _arrays(self._pairs[position])
        size = sum(array.nbytes for array in decoded)
        if size <= self._cache_bytes:
            self._cache_bytes -= size
            self._cache[position] = decoded
        return decoded


class _Group(NamedTuple):
    """Pairs that share a part of each epoch.

    Attributes:
        people: Positions of the pairs of each person.
        shown: How many pairs of the group an epoch shows.
    """

    people: list[np.ndarray]
    shown: int


def _groups(people: np.ndarray, relightable: np.ndarray, relightable_share: float | None) -> list[_Group]:
    """One group, or finished and relightable pairs apart where the recipe says their shares and there are both."""
    if relightable_share is None or relightable.all() or not relightable.any():
        return [_Group(_positions_by_person(people, np.arange(len(people))), len(people))]
    relit = round(relightable_share * len(people))
    counted = ((~relightable, len(people) - relit), (relightable, relit))
    return [_Group(_positions_by_person(people, np.flatnonzero(part)), count) for part, count in counted if count]


def _positions_by_person(people: np.ndarray, positions: np.ndarray) -> list[np.ndarray]:
    by_person = positions[np.argsort(people[positions], kind="stable")]
    starts = np.unique(people[by_person], return_index=True)[1]
    return np.split(by_person, starts[1:])


def _balanced_order(people: list[np.ndarray], count: int, rng: np.random.Generator) -> np.ndarray:
    rounds = [rng.permutation(len(people)) for _ in range(-(-count // len(people)))]
    return np.array([rng.choice(people[person]) for person in np.concatenate(rounds)[:count]])


def _people(pairs: Sequence[AnyPair]) -> np.ndarray:
    """(pairs,) subject id of each."""
    table = getattr(pairs, "table", None)
    return np.asarray([pair.subject_id for pair in pairs] if table is None else table["subject_id"], dtype=str)


def _relightable(pairs: Sequence[AnyPair]) -> np.ndarray:
    """(pairs,) bool; where pairs lie on a disk, few of them are decoded to know."""
    if isinstance(pairs, Pairs):
        return np.zeros(len(pairs), bool)
    if isinstance(pairs, RelightablePairs):
        return np.ones(len(pairs), bool)
    if getattr(pairs, "table", None) is None:
        return np.array([isinstance(pair, RelightablePair) for pair in pairs])
    first = bisect.bisect_left(range(len(pairs)), True, key=lambda position: _is_relightable(pairs[position]))
    return np.arange(len(pairs)) >= first


def _is_relightable(pair: AnyPair) -> bool:
    return isinstance(pair, RelightablePair)


def _arrays(pair: AnyPair) -> Arrays:
    levels = depth_to_png_levels(pair.depth_map)[..., None]
    if isinstance(pair, RelightablePair):
        return pair.layers.albedo, levels, pair.layers.surface, pair.layers.visibility
    return pair.photo, levels
