from itertools import accumulate

import numpy as np
import pytest

from facedepth_pipeline.synthetic.people.imbalance import takes_per_subject


def counts_of(subjects, pairs, seed=0):
    return takes_per_subject(np.random.default_rng(seed), subjects, pairs)


@pytest.mark.parametrize("seed", range(5))
def test_118_people_are_shaped_like_the_real_database(seed):
    counts = counts_of(118, 1149, seed)
    singles = {number for number, count in enumerate(counts, start=1) if count == 1}
    assert singles == {1, 2, 6, 7, 8, 14, 35, 69, 76, 85, 87, 102, 105, 106, 118}
    last_image = dict(enumerate(accumulate(counts), start=1))
    # image ids and subject ids that are seen together in public code
    for subject, image in {7: 10, 14: 22, 21: 36, 28: 51, 35: 64, 42: 78, 49: 92}.items():
        assert last_image[subject] == image
    for subject, image in {56: 107, 63: 121, 70: 134, 77: 148, 84: 162, 91: 174, 118: 1149}.items():
        assert last_image[subject] == image
    assert max(counts[:91]) == 3
    often = [count for count in counts[91:] if count > 1]
    assert np.mean(often) == pytest.approx(42.2, abs=0.1)
    assert min(often) > 15
    assert max(often) < 80
    assert len(set(often)) > 10


def test_any_size_sums_up_with_one_take_each_at_least():
    sizes = [(1, 1), (1, 40), (2, 9), (5, 8), (7, 7), (360, 420), (118, 1148), (999, 9999), (118, 9999)]
    sizes += [(subjects, subjects + extra) for subjects in range(1, 130) for extra in (0, 1, 2, 17, 500)]
    for subjects, pairs in sizes:
        counts = counts_of(subjects, pairs)
        assert len(counts) == subjects
        assert sum(counts) == pairs
        assert min(counts) >= 1


@pytest.mark.parametrize(("subjects", "pairs"), [(59, 575), (236, 2300), (40, 200), (999, 9999)])
def test_other_sizes_have_the_same_shape(subjects, pairs):
    counts = counts_of(subjects, pairs)
    seldom = round(subjects * 91 / 118)
    assert counts.count(1) / subjects == pytest.approx(15 / 118, abs=0.05)
    assert np.median(counts[:seldom]) == 2
    assert sum(counts[seldom:]) > 0.5 * pairs


def test_few_extra_takes_go_by_halves():
    five = counts_of(5, 8)
    assert (sum(five[:4]), five[4]) == (5, 3)
    assert sum(counts_of(360, 420)[:278]) - 278 == 30
