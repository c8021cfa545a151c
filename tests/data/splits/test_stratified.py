"""Natural proportions, nested sizes, and a trial of its own for each seed."""

from itertools import pairwise

import pytest

from bench.config import StratifiedSplitConfig
from bench.data.pool import Pool
from bench.data.split import draw
from bench.errors import TaskInfeasible
from tests.data.splits.pools import check, counts, is_nested, make_pool, make_task, sizes

SPAM = {"ham": 4825, "spam": 747}
SIZES = (4, 8, 16, 32, 64, 128, 256, 384, 512, 768, 1024)
SPLIT = StratifiedSplitConfig(name="stratified")


def test_the_sizes_of_the_study() -> None:
    pool = make_pool(SPAM)
    drawn = [draw(make_task(SPLIT, train_size=size), pool) for size in SIZES]
    for size, splits in zip(SIZES, drawn, strict=True):
        check(splits, pool)
        assert sizes(splits) == (size, max(16, size // 4), 1024)
        # the largest remainder of two labels is rounding; a label that would get none gets one
        spam = max(1, round(size * 747 / 5572))
        assert counts(splits, splits.train) == {"ham": size - spam, "spam": spam}
        assert counts(splits, splits.test) == {"ham": 887, "spam": 137}
        assert counts(splits, splits.validation)["spam"] >= 1
        assert splits.test == drawn[0].test
    assert all(is_nested(small, big) for small, big in pairwise(drawn))


def test_each_seed_is_a_new_trial() -> None:
    pool = make_pool(SPAM)
    first, second = (draw(make_task(SPLIT, train_size=64, seed=seed), pool) for seed in (0, 1))
    assert set(first.test.ids) != set(second.test.ids)
    assert set(first.train.ids) != set(second.train.ids)
    assert counts(first, first.test) == counts(second, second.test)


def test_validation_meets_no_training_set_of_its_seed() -> None:
    pool = make_pool(SPAM)
    drawn = [draw(make_task(SPLIT, train_size=size), pool) for size in (4, 1024)]
    assert not set(drawn[0].validation.ids) & set(drawn[1].train.ids)


def test_nested_with_many_labels_whatever_the_sizes() -> None:
    """Largest remainders would take examples away from a label here as the size grows."""
    pool = make_pool({"a": 400, "b": 270, "c": 115, "d": 70, "e": 45})
    split = StratifiedSplitConfig(name="stratified", test_size=50)
    drawn = [draw(make_task(split, num_labels=5, train_size=size), pool) for size in range(5, 120)]
    assert all(len(small.train) + 1 == len(big.train) for small, big in pairwise(drawn))
    assert all(is_nested(small, big) for small, big in pairwise(drawn))
    assert all(len(counts(splits, splits.train)) == 5 for splits in drawn)


def test_repeated_texts_count_once_and_can_be_kept() -> None:
    pool = make_pool(SPAM)
    texts = ("win a prize",) * 300 + pool.texts[300:]
    repeated = Pool(pool.ids, texts, pool.labels, None)
    splits = draw(make_task(SPLIT, train_size=1024), repeated)
    assert splits.duplicates_dropped == 299
    assert sum(part.texts.count("win a prize") for part in (splits.train, splits.validation, splits.test)) <= 1
    kept = StratifiedSplitConfig(name="stratified", deduplicate=False)
    splits = draw(make_task(kept, train_size=1024), repeated)
    assert splits.duplicates_dropped == 0
    assert sum(part.texts.count("win a prize") for part in (splits.train, splits.validation, splits.test)) > 1


def test_order_of_the_source_does_not_matter() -> None:
    task = make_task(SPLIT, train_size=64)
    assert draw(task, make_pool(SPAM, shuffle=1)) == draw(task, make_pool(SPAM, shuffle=2))


def test_impossible_sizes_say_what_fits() -> None:
    pool = make_pool({"ham": 300, "spam": 60})
    split = StratifiedSplitConfig(name="stratified", test_size=120)
    with pytest.raises(TaskInfeasible, match=r"train_size=256 .* needs .* of 'ham', and there are 300") as raised:
        draw(make_task(split, train_size=256), pool)
    largest = int(str(raised.value).partition("at most train_size=")[2].split()[0])
    assert len(draw(make_task(split, train_size=largest), pool).train) == largest
    with pytest.raises(TaskInfeasible):
        draw(make_task(split, train_size=largest + 1), pool)
    with pytest.raises(TaskInfeasible, match=r"split.test_size=1024 .* no training size fits"):
        draw(make_task(SPLIT, train_size=256), pool)
    with pytest.raises(TaskInfeasible, match=r"split.test_size=1 is smaller than num_labels=2"):
        draw(make_task(StratifiedSplitConfig(name="stratified", test_size=1)), pool)
