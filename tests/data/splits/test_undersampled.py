"""As many of each label, shuffled, cut into three parts by truncation."""

import pytest

from bench.config import UndersampledSplitConfig
from bench.data.pool import Pool
from bench.data.split import draw
from bench.errors import TaskInfeasible
from tests.data.splits.pools import check, counts, is_nested, make_pool, make_task, sizes

SPAM = {"ham": 4825, "spam": 747}
SPLIT = UndersampledSplitConfig(name="undersampled")


def test_the_parts_of_the_study() -> None:
    pool = make_pool(SPAM)
    splits = draw(make_task(SPLIT, train_size=1045), pool)
    assert sizes(splits) == (1045, 149, 300)
    check(splits, pool)
    both = [counts(splits, part) for part in (splits.train, splits.validation, splits.test)]
    assert {label: sum(part[label] for part in both) for label in SPAM} == {"ham": 747, "spam": 747}
    # shuffled, not shared out: the parts are about balanced only
    assert 470 < both[0]["spam"] < 575


def test_validation_and_test_hang_on_the_draw_seed_alone() -> None:
    pool = make_pool(SPAM)
    base = draw(make_task(SPLIT, train_size=1045), pool)
    for size, seed in ((1045, 1), (100, 0), (100, 7)):
        other = draw(make_task(SPLIT, train_size=size, seed=seed), pool)
        assert (other.validation, other.test) == (base.validation, base.test)
        assert set(other.train.ids) <= set(base.train.ids)
    redrawn = draw(make_task(UndersampledSplitConfig(name="undersampled", draw_seed=1), train_size=1045), pool)
    assert set(redrawn.test.ids) != set(base.test.ids)


def test_part_of_the_training_examples() -> None:
    pool = make_pool(SPAM)
    small, big = (draw(make_task(SPLIT, train_size=size), pool) for size in (50, 500))
    assert sizes(small) == (50, 149, 300)
    assert is_nested(small, big)
    assert set(draw(make_task(SPLIT, train_size=50, seed=1), pool).train.ids) != set(small.train.ids)


def test_order_of_the_source_does_not_matter() -> None:
    task = make_task(SPLIT, train_size=100)
    assert draw(task, make_pool(SPAM, shuffle=1)) == draw(task, make_pool(SPAM, shuffle=2))


def test_repeated_texts_stay_unless_said() -> None:
    pool = make_pool(SPAM)
    repeated = Pool(pool.ids, tuple(text.replace("7", "") for text in pool.texts), pool.labels, None)
    assert draw(make_task(SPLIT), repeated).duplicates_dropped == 0
    once = draw(make_task(UndersampledSplitConfig(name="undersampled", deduplicate=True)), repeated)
    texts = [text for part in (once.train, once.validation, once.test) for text in part.texts]
    assert once.duplicates_dropped > 0
    assert len(texts) == len(set(texts))


def test_more_than_there_are() -> None:
    with pytest.raises(
        TaskInfeasible, match=r"train_size=1046 of the 1045 for training .* at most train_size=1045 fit"
    ):
        draw(make_task(SPLIT, train_size=1046), make_pool(SPAM))
    with pytest.raises(
        TaskInfeasible, match=r"4 examples of topics, 2 of each label .'spam' has no more., are too few"
    ):
        draw(make_task(SPLIT, train_size=2), make_pool({"ham": 9, "spam": 2}))
