from collections import Counter

import numpy as np
import pandas as pd
import pytest

from facedepth_pipeline.data.layers import Layers, RelightablePair
from facedepth_pipeline.data.pairs import Pair
from facedepth_pipeline.data.relightable import JoinedPairs, RelightablePairs
from facedepth_pipeline.depth import depth_to_png_levels
from facedepth_pipeline.pix2pix.backends import tensorflow
from facedepth_pipeline.pix2pix.backends.tensorflow import as_dataset
from facedepth_pipeline.pix2pix.input_pipeline import Mixture, PairBatches
from faces import ListedPairs

PAIR_BYTES = 256 * 256 * 5
RELIGHTABLE_BYTES = 256 * 256 * 8 + 128 * 128 * 16


class CountingPairs(ListedPairs):
    """Says how often each pair was decoded."""

    def __init__(self, pairs: list[Pair]) -> None:
        super().__init__(pairs)
        self.decoded: Counter[int] = Counter()

    def __getitem__(self, position: int) -> Pair:
        self.decoded[position] += 1
        return super().__getitem__(position)


def epoch_of(batches: PairBatches) -> list[tuple[np.ndarray, np.ndarray]]:
    return [batches[index] for index in range(len(batches))]


def test_a_batch_holds_the_levels_of_the_files(dome_pairs):
    photos, levels = PairBatches(dome_pairs, 3, shuffle=False, seed=0)[1]
    assert (photos.dtype, levels.dtype) == (np.uint8, np.uint16)
    for slot, pair in enumerate(list(dome_pairs)[3:6]):
        np.testing.assert_array_equal(photos[slot], pair.photo)
        np.testing.assert_array_equal(levels[slot, ..., 0], depth_to_png_levels(pair.depth_map))
        np.testing.assert_array_equal(levels[slot, ..., 0] > 0, pair.depth_map.valid)


@pytest.mark.parametrize("kept", [0, 3, 8])
def test_memory_bounds_the_cache_and_changes_no_batch(dome_pairs, kept):
    counting = CountingPairs(list(dome_pairs))
    batches = PairBatches(counting, 3, shuffle=True, seed=0, cache_bytes=kept * PAIR_BYTES)
    reference = PairBatches(dome_pairs, 3, shuffle=True, seed=0)
    for epoch in range(3):
        batches.start_epoch(epoch)
        reference.start_epoch(epoch)
        for ours, theirs in zip(epoch_of(batches), epoch_of(reference), strict=True):
            np.testing.assert_array_equal(ours[0], theirs[0])
            np.testing.assert_array_equal(ours[1], theirs[1])
    assert sum(counting.decoded.values()) == kept + 3 * (8 - kept)


def test_balanced_epochs_show_every_person_equally_often(dome_pairs):
    lopsided = ListedPairs([dome_pairs[position] for position in (0, 2, 3, 3, 3, 3, 3, 3)])  # one pair and seven
    batches = PairBatches(lopsided, 1, shuffle=True, seed=0, mixture=Mixture(balance_subjects=True))
    first = depth_to_png_levels(dome_pairs[0].depth_map).sum()
    assert len(batches) == 8
    for epoch in range(3):
        batches.start_epoch(epoch)
        assert sum(levels.sum() == first for _, levels in epoch_of(batches)) == 4


def test_tensorflow_sees_the_same_batches_in_the_order_of_the_epoch(dome_pairs):
    batches = PairBatches(dome_pairs, 3, shuffle=True, seed=0)
    dataset = as_dataset(batches, training=True)
    assert int(dataset.cardinality()) == 3
    for epoch in range(2):
        batches.start_epoch(epoch)
        for ours, theirs in zip(dataset, epoch_of(batches), strict=True):
            np.testing.assert_array_equal(ours[0], theirs[0])
            np.testing.assert_array_equal(ours[1], theirs[1])


@pytest.mark.parametrize("training", [True, False])
def test_no_device_goes_without_a_pair_and_what_fills_up_counts_no_error(training, monkeypatch, dome_pairs):
    monkeypatch.setattr(tensorflow, "_replicas", lambda: 4)
    batches = PairBatches(dome_pairs, 3, shuffle=False, seed=0)
    filled = [[part.numpy() for part in batch] for batch in as_dataset(batches, training)]
    assert [len(photo) for photo, _ in filled] == [4, 4, 4]
    photos, levels = batches[0]
    np.testing.assert_array_equal(filled[0][0][:3], photos)
    if training:
        np.testing.assert_array_equal(filled[0][0][3], photos[0])
        np.testing.assert_array_equal(filled[0][1][3], levels[0])
    else:
        assert not filled[0][1][3].any()
    np.testing.assert_array_equal(filled[2][0][:2], batches[2][0])


class ListedRelightablePairs(RelightablePairs):
    """Relightable pairs in memory."""

    def __init__(self, pairs: list[RelightablePair]) -> None:
        self._pairs = pairs
        self.table = pd.DataFrame({"subject_id": [pair.subject_id for pair in pairs]})

    def __len__(self) -> int:
        return len(self._pairs)

    def __getitem__(self, position: int) -> RelightablePair:
        return self._pairs[position]


def relightable(pair: Pair, person: str) -> RelightablePair:
    """A pair with layers that can be told apart."""
    surface = np.full((256, 256, 3), int(pair.image_id), np.uint8)
    layers = Layers(pair.photo, surface, np.full((128, 128, 16), 7, np.uint8))
    return RelightablePair(pair.image_id, person, "makehuman", layers, pair.depth_map, pair.fit)


@pytest.fixture
def joined(dome_pairs) -> JoinedPairs:
    """Six finished pairs, then two relightable ones of one person."""
    finished = ListedPairs([dome_pairs[position] for position in range(6)])
    return JoinedPairs(finished, ListedRelightablePairs([relightable(dome_pairs[k], "ict-001") for k in (6, 7)]))


def test_a_set_with_layers_makes_batches_of_four_and_finished_photos_have_no_surface(joined):
    photos, levels, surface, visibility = PairBatches(joined, 4, shuffle=False, seed=0)[1]
    assert [part.dtype for part in (photos, levels, surface, visibility)] == [np.uint8, np.uint16, np.uint8, np.uint8]
    assert [int(part[0, 0, 0]) for part in surface] == [0, 0, 7, 8]
    assert [int(part[0, 0, 0]) for part in visibility] == [0, 0, 7, 7]
    np.testing.assert_array_equal(photos[2], joined[6].layers.albedo)
    np.testing.assert_array_equal(levels[2, ..., 0], depth_to_png_levels(joined[6].depth_map))
    in_memory = PairBatches([joined[7], joined[0]], 2, shuffle=False, seed=0)[0]
    np.testing.assert_array_equal(in_memory[2][:, 0, 0, 0], [8, 0])


def relit(batches: PairBatches) -> int:
    return sum(int(batch[2].any(axis=(1, 2, 3)).sum()) for batch in epoch_of(batches))


@pytest.mark.parametrize(("share", "expected"), [(None, 2), (0.5, 4), (0.0, 0), (1.0, 8)])
def test_the_share_of_relightable_pairs_is_that_of_the_recipe_in_every_epoch(joined, share, expected):
    batches = PairBatches(joined, 3, shuffle=True, seed=0, mixture=Mixture(relightable_share=share))
    assert len(batches) == 3
    for epoch in range(3):
        batches.start_epoch(epoch)
        assert relit(batches) == expected


def test_people_are_balanced_over_both_kinds(joined):
    batches = PairBatches(joined, 3, shuffle=True, seed=0, mixture=Mixture(balance_subjects=True))
    assert {relit(batches) for epoch in range(4) if batches.start_epoch(epoch) is None} == {2}  # one person of four
    lopsided = JoinedPairs(ListedPairs([joined[0]]), ListedRelightablePairs([relightable(joined[1], "a")] * 7))
    assert relit(PairBatches(lopsided, 8, shuffle=True, seed=0, mixture=Mixture(balance_subjects=True))) == 4


def test_layers_count_in_the_cache_with_all_their_bytes(joined):
    pairs = [joined[6], joined[7]]
    for room, kept in ((RELIGHTABLE_BYTES - 1, 0), (RELIGHTABLE_BYTES, 1), (2 * RELIGHTABLE_BYTES, 2)):
        batches = PairBatches(pairs, 2, shuffle=False, seed=0, cache_bytes=room)
        first, again = batches[0], batches[0]
        assert sum(np.shares_memory(a, b) for a, b in zip(first, again)) == 0  # batches are copies
        assert len(batches._cache) == kept


def test_tensorflow_sees_all_four_parts(joined):
    batches = PairBatches(joined, 3, shuffle=False, seed=0)
    for ours, theirs in zip(as_dataset(batches, training=True), epoch_of(batches), strict=True):
        assert len(ours) == 4
        for our_part, their_part in zip(ours, theirs, strict=True):
            np.testing.assert_array_equal(our_part, their_part)
