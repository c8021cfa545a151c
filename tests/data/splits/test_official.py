"""Test sets that come with the source, and fractions in their place."""

import pytest

from bench.config import FractionSplitConfig, OfficialSplitConfig
from bench.data.pool import Pool
from bench.data.split import draw
from bench.errors import TaskInfeasible
from tests.data.splits.pools import check, counts, is_nested, make_pool, make_task, sizes

NEWS = {"world": 500, "sports": 500, "business": 500, "science": 500}
OFFICIAL = OfficialSplitConfig(name="official", validation_size=40)
FRACTION = FractionSplitConfig(name="fraction")


def news() -> Pool:
    return make_pool(NEWS, splits={"train": 0.75, "test": 0.25})


def test_the_sources_test_set_is_the_test_set() -> None:
    pool = news()
    splits = draw(make_task(OFFICIAL, num_labels=4, train_size=1460), pool)
    check(splits, pool)
    assert sizes(splits) == (1460, 40, 500)  # all that is left is for training
    published = {example for example, split in zip(pool.ids, pool.splits, strict=True) if split == "test"}
    assert set(splits.test.ids) == published
    assert counts(splits, splits.validation) == dict.fromkeys(NEWS, 10)
    assert draw(make_task(OFFICIAL, num_labels=4, train_size=100, seed=3), pool).test == splits.test


def test_training_and_validation_follow_the_seed() -> None:
    pool = news()
    small, big = (draw(make_task(OFFICIAL, num_labels=4, train_size=size), pool) for size in (20, 400))
    other = draw(make_task(OFFICIAL, num_labels=4, train_size=400, seed=1), pool)
    assert is_nested(small, big)
    assert small.validation == big.validation
    assert set(other.validation.ids) != set(big.validation.ids)
    assert set(other.train.ids) != set(big.train.ids)


def test_fewer_labels_take_their_part_of_the_test_set() -> None:
    pool = news()
    splits = draw(make_task(OFFICIAL, num_labels=2, train_size=100), pool)
    check(splits, pool)
    assert splits.labels == ("business", "science")
    assert len(splits.test) == sum(
        label in splits.labels and split == "test" for label, split in zip(pool.labels, pool.splits, strict=True)
    )


def test_published_repeats_stay() -> None:
    pool = news()
    repeated = Pool(pool.ids, ("same",) * len(pool.ids), pool.labels, None, pool.splits)
    assert sizes(draw(make_task(OFFICIAL, num_labels=4, train_size=1460), repeated)) == (1460, 40, 500)


@pytest.mark.parametrize("splits", [None, {"all": 1.0}, {"": 1.0}])
def test_a_source_without_that_split(splits: dict[str, float] | None) -> None:
    there = "all" if splits and "all" in splits else "none"
    with pytest.raises(TaskInfeasible, match=rf"split.test_split=test is not there; .* are {there} \(split=fraction"):
        draw(make_task(OFFICIAL), make_pool(NEWS, splits=splits))


def test_another_name_of_the_test_set() -> None:
    split = OfficialSplitConfig(name="official", test_split="20newsgroups-test", validation_size=8)
    pool = make_pool(NEWS, splits={"20newsgroups-train": 0.5, "20newsgroups-test": 0.5})
    assert len(draw(make_task(split, num_labels=4), pool).test) == 1000


def test_too_much_asked_of_the_rest() -> None:
    with pytest.raises(TaskInfeasible, match="at most train_size=1460 fits"):
        draw(make_task(OFFICIAL, num_labels=4, train_size=1461), news())
    whole = OfficialSplitConfig(name="official", validation_size=1500)
    with pytest.raises(TaskInfeasible, match=r"a validation set of 1500 leaves no example of"):
        draw(make_task(whole, num_labels=4), news())
    with pytest.raises(TaskInfeasible, match=r"split.validation_size=3 is smaller than num_labels=4"):
        draw(make_task(OfficialSplitConfig(name="official", validation_size=3), num_labels=4), news())


def test_a_fraction_is_fixed_and_in_proportion() -> None:
    pool = make_pool({"a": 60, "b": 30, "c": 10})
    splits = draw(make_task(FRACTION, num_labels=3, train_size=60), pool)
    check(splits, pool)
    assert sizes(splits) == (60, 15, 25)
    assert counts(splits, splits.test) == {"a": 15, "b": 8, "c": 2}
    other = draw(make_task(FRACTION, num_labels=3, train_size=10, seed=1), make_pool({"a": 60, "b": 30, "c": 10}))
    assert other.test == splits.test
    assert set(other.validation.ids) != set(splits.validation.ids)


def test_a_fraction_of_few_examples_has_one_of_each_label() -> None:
    splits = draw(make_task(FRACTION, num_labels=2, train_size=2), make_pool({"a": 9, "b": 3}))
    assert all(len(counts(splits, part)) == 2 for part in (splits.train, splits.validation, splits.test))
    with pytest.raises(TaskInfeasible, match="leaves no example of 'b' for training"):
        draw(make_task(FRACTION, num_labels=2, train_size=2), make_pool({"a": 9, "b": 2}))
