"""How many takes each person has: the Texas database is far from balanced, and so is the stand-in.

What public code that reads the database says of it: 15 of its 118 subjects have a single pair, and image
ids, which grow with subject ids, tell that the first 91 subjects share 174 of the 1,149 pairs while the last
27 share 975. Who wants to know how a result depends on this finds the same here.
"""

import numpy as np

REAL_SUBJECTS = 118
SELDOM_SEEN = 91  # the first 91 hold two pairs each, but for the singles and for one of each of TRIPLES
SINGLES = (1, 2, 6, 7, 8, 14, 35, 69, 76, 85, 87, 102, 105, 106, 118)
TRIPLES = (range(22, 29), range(50, 57), range(71, 78))
OFTEN_SEEN_EXTRA = 948 / 23  # pairs beyond the first of each of the others, in the mean
SPREAD = 0.5  # and how far below and above that mean they lie


def takes_per_subject(rng: np.random.Generator, subjects: int, pairs: int) -> list[int]:
    """Takes of each person; at least one each, ``pairs`` in all.

    118 people with 1,149 pairs have the shape of the real database. In a stand-in of another size each person
    plays the part of the real subject at the same place of the list: singles stay single, the other seldom
    seen keep their second take as long as they take no more than half of what is left, and the often seen
    share the rest.

    Args:
        rng: Chooses who has three takes, and how many the often seen have.
        subjects: Number of people.
        pairs: Number of pairs, at least ``subjects``.
    """
    part = (2 * np.arange(subjects) + 1) * REAL_SUBJECTS // (2 * subjects)  # index of a real subject
    seldom = part < SELDOM_SEEN
    weights = _extra_takes(rng)[part]
    seldom_weight, often_weight = weights[seldom].sum(), weights[~seldom].sum()
    extra = pairs - subjects
    seldom_extra = round(extra * seldom_weight / (seldom_weight + often_weight))
    if often_weight:
        seldom_extra = max(seldom_extra, min(round(seldom_weight), extra // 2))
    weights[~seldom] *= rng.uniform(1 - SPREAD, 1 + SPREAD, np.count_nonzero(~seldom))
    counts = np.ones(subjects, dtype=int)
    counts[seldom] += _apportion(weights[seldom], seldom_extra)
    counts[~seldom] += _apportion(weights[~seldom], extra - seldom_extra)
    return [int(count) for count in counts]


def even_takes(subjects: int, pairs: int) -> list[int]:
    """Takes of each person, ``pairs`` in all, which differ by one at most."""
    return [len(part) for part in np.array_split(np.arange(pairs), subjects)]


def _extra_takes(rng: np.random.Generator) -> np.ndarray:
    """(118,) float64: takes beyond the first of each real subject."""
    extra = np.where(np.arange(REAL_SUBJECTS) < SELDOM_SEEN, 1.0, OFTEN_SEEN_EXTRA)
    extra[np.array(SINGLES) - 1] = 0
    for candidates in TRIPLES:
        extra[rng.choice([number for number in candidates if number not in SINGLES]) - 1] = 2
    return extra


def _apportion(weights: np.ndarray, total: int) -> np.ndarray:
    """(N,) int that sum to ``total`` in proportion to the weights, by largest remainders."""
    if total == 0:
        return np.zeros(len(weights), dtype=int)
    exact = weights * total / weights.sum()
    counts = np.floor(exact).astype(int)
    left_over = total - counts.sum()
    counts[np.argsort(counts - exact, kind="stable")[:left_over]] += 1
    return counts
