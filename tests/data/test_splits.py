from collections import Counter

import numpy as np
import pytest

from facedepth_pipeline.data.splits import SubjectSplit, split_subjects

# As unequal as the real database: most people have one or two images, a few have dozens.
COUNTS = {f"{i:03d}": (2 if i <= 91 else 36) for i in range(1, 119)}


@pytest.mark.parametrize("seed", range(20))
def test_sets_are_disjoint_complete_and_of_the_size_asked_for(seed):
    split = split_subjects(COUNTS, 10, 8, seed)
    counted = Counter(split.train + split.validation + split.test)
    assert set(counted) == set(COUNTS)
    assert max(counted.values()) == 1
    assert (len(split.test), len(split.validation)) == (10, 8)


def test_the_draw_is_stratified_by_number_of_images():
    held_out = [sum(COUNTS[s] for s in split_subjects(COUNTS, 10, 8, seed).test) for seed in range(200)]
    # 27 of 118 people own 36 images: a plain draw of ten gives 0 to 7 of them, 20 to 258 images.
    assert max(held_out) - min(held_out) <= 36
    assert np.mean(held_out) == pytest.approx(10 * np.mean(list(COUNTS.values())), rel=0.2)


def test_every_subject_can_be_drawn_and_a_seed_always_draws_the_same():
    drawn = {s for seed in range(300) for s in split_subjects(COUNTS, 10, 8, seed).test}
    assert drawn == set(COUNTS)
    assert split_subjects(COUNTS, 10, 8, 5) == split_subjects(dict(reversed(COUNTS.items())), 10, 8, 5)


def test_test_subjects_can_be_listed():
    split = split_subjects(COUNTS, ["007", "101"], 3, seed=0)
    assert split.test == ("007", "101")
    assert not set(split.test) & set(split.train + split.validation)


@pytest.mark.parametrize(
    ("test_subjects", "validation_subjects", "message"),
    [
        (100, 18, "118 test and validation subjects of 118"),
        (["007", "999"], 1, "999.*no pair"),
        (["007", "007"], 1, "twice"),
    ],
)
def test_splits_that_cannot_be_made_say_why(test_subjects, validation_subjects, message):
    with pytest.raises(ValueError, match=message):
        split_subjects(COUNTS, test_subjects, validation_subjects, seed=0)


def test_all_tests_everybody_and_trains_nobody():
    assert split_subjects(COUNTS, "all", 3, seed=0) == SubjectSplit((), (), tuple(sorted(COUNTS)))


def test_folds_are_apart_together_everybody_and_alike():
    folds = [split_subjects(COUNTS, f"fold {fold}/4", 2, seed=5) for fold in (1, 2, 3, 4)]
    tested = [subject for split in folds for subject in split.test]
    assert sorted(tested) == sorted(COUNTS)
    sizes = [len(split.test) for split in folds]
    assert max(sizes) - min(sizes) <= 1
    for split in folds:
        assert not set(split.test) & {*split.train, *split.validation}
        assert len(split.validation) == 2
    assert folds[1] == split_subjects(COUNTS, "fold 2/4", 2, seed=5)


def test_a_fold_that_does_not_exist_is_refused():
    with pytest.raises(ValueError, match="There is no fold 5/4"):
        split_subjects(COUNTS, "fold 5/4", 1, seed=0)
