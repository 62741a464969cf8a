from collections import Counter

import numpy as np
import pytest

from facedepth_pipeline.data.pairs import Pair
from facedepth_pipeline.depth import depth_to_png_levels
from facedepth_pipeline.pix2pix.backends import tensorflow
from facedepth_pipeline.pix2pix.backends.tensorflow import as_dataset
from facedepth_pipeline.pix2pix.input_pipeline import PairBatches
from faces import ListedPairs

PAIR_BYTES = 256 * 256 * 5


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
    batches = PairBatches(lopsided, 1, shuffle=True, seed=0, balance_subjects=True)
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
