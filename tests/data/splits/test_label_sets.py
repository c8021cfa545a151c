"""Draws where an example may have several labels or none: stratified label by label, nested, one test set."""

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bench.config import (
    DataConfig,
    FractionSplitConfig,
    NaturalSplitConfig,
    NestedSplitConfig,
    OfficialSplitConfig,
    SplitConfig,
)
from bench.data.examples import Splits
from bench.data.label_sets import written
from bench.data.pool import Pool
from bench.data.split import draw, problems
from bench.data.splits.iterative import first_of, parted
from bench.data.task import Task
from bench.errors import TaskInfeasible

SHARES = (0.5, 0.3, 0.15, 0.05, 0.02, 0.01)
NAMES = tuple("abcdef")
DATA = DataConfig(name="mine", source="file", multi_label="keep")


def pool_of(rows: int = 1500, seed: int = 0, **more: object) -> Pool:
    has = np.random.default_rng(seed).random((rows, len(SHARES))) < SHARES
    sets = tuple(tuple(name for name, is_its in zip(NAMES, row, strict=True) if is_its) for row in has)
    ids = tuple(f"file:{row}" for row in range(rows))
    texts = tuple(f"text {row}" for row in range(rows))
    return Pool(ids, texts, tuple(map(written, sets)), None, label_sets=sets, **more)  # type: ignore[arg-type]


def task(train_size: int = 200, seed: int = 0, num_labels: int = 6, split: SplitConfig | None = None) -> Task:
    return Task(DATA, num_labels, train_size, seed, split or NaturalSplitConfig(name="natural"))


def shares(splits: Splits, name: str) -> np.ndarray:
    found: np.ndarray = np.asarray(getattr(splits, name).labels).mean(axis=0)
    return found


SPLITS = (
    NaturalSplitConfig(name="natural"),
    FractionSplitConfig(name="fraction"),
    OfficialSplitConfig(name="official", validation_size=200),
)


@pytest.mark.parametrize("split", SPLITS, ids=lambda split: split.name)
def test_one_test_set_and_nested_training_sets_in_natural_proportions(split: SplitConfig) -> None:
    pool = pool_of(splits=("train",) * 1200 + ("test",) * 300 if split.name == "official" else ())
    drawn = {(size, seed): draw(task(size, seed, split=split), pool) for size in (6, 50, 203, 600) for seed in (0, 1)}
    assert len({splits.test.ids for splits in drawn.values()}) == 1
    assert drawn[203, 0].train.ids != drawn[203, 1].train.ids
    for (size, seed), splits in drawn.items():
        assert splits.kind == "multi_label"
        assert splits.labels == NAMES, "the most frequent first"
        sets = [set(getattr(splits, name).ids) for name in ("train", "validation", "test")]
        assert len(sets[0]) == size
        assert sum(map(len, sets)) == len(set.union(*sets)), "disjoint"
        assert sets[0] <= set(drawn[600, seed].train.ids)
        assert np.asarray(splits.train.labels).any(axis=0).all(), "each label has an example for training"
        known = dict(zip(pool.ids, pool.label_sets, strict=True))
        for example, target in zip(splits.train.ids, splits.train.labels, strict=True):
            assert isinstance(target, tuple)
            assert tuple(name for name, has in zip(splits.labels, target, strict=True) if has) == known[example]
    whole = np.asarray([[name in of for name in NAMES] for of in pool.label_sets]).mean(axis=0)
    assert np.abs(shares(drawn[600, 0], "train") - whole).max() < 0.02
    assert np.abs(shares(drawn[600, 0], "validation") - whole).max() < 0.03
    if split.name != "official":
        assert np.abs(shares(drawn[600, 0], "test") - whole).max() < 0.012


def test_parts_are_nearer_to_the_whole_than_drawn_ones() -> None:
    """Of rows with the rarest label each part has its share to within one, which chance does not give."""
    has = np.random.default_rng(1).random((2000, len(SHARES))) < SHARES
    targets = dict(enumerate(map(tuple, has.astype(int).tolist())))
    rows = list(range(2000))
    found = parted(rows, targets, (400, 1600))
    assert list(map(len, found)) == [400, 1600]
    off = np.abs(has[found[0]].sum(axis=0) - has.sum(axis=0) / 5)
    assert off.max() <= 1.5
    random = np.random.default_rng(0)
    chance = [np.abs(has[random.permutation(2000)[:400]].sum(axis=0) - has.sum(axis=0) / 5).max() for _ in range(50)]
    assert min(chance) > off.max()


def test_a_row_of_each_label_counts_for_its_labels() -> None:
    """What stands at the beginning so that each label is there is no more than the label's share, later on."""
    of = np.random.default_rng(0).choice(22, 4000, p=[0.02] * 20 + [0.4, 0.2])
    targets = {row: tuple(int(label == each) for each in range(21)) for row, label in enumerate(of)}
    for size in (100, 200, 500):
        counts = np.asarray([targets[row] for row in first_of(range(4000), targets, size)]).sum(axis=0)
        assert np.abs(counts - size * np.bincount(of)[:21] / 4000).max() < 3.5, size


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(*[st.integers(0, 1)] * 4), min_size=1, max_size=40), st.data())
def test_any_sizes(targets: list[tuple[int, ...]], data: st.DataObject) -> None:
    rows, of = list(range(len(targets))), dict(enumerate(targets))
    first = data.draw(st.integers(0, len(rows)))
    one, other = parted(rows, of, (first, len(rows) - first))
    assert (len(one), len(other)) == (first, len(rows) - first)
    assert sorted(one + other) == rows
    fixed = data.draw(st.lists(st.sampled_from(rows), max_size=first, unique=True))
    one, other = parted(rows, of, (first, len(rows) - first), fixed)
    assert set(fixed) <= set(one)
    assert (len(one), sorted(one + other)) == (first, rows)
    beginnings = [first_of(rows, of, size) for size in range(len(rows) + 1)]
    assert [len(set(each)) for each in beginnings] == list(range(len(rows) + 1))
    assert all(set(a) <= set(b) for a, b in pairwise(beginnings))


def test_fewer_labels_keep_their_rows_and_those_without_any() -> None:
    pool = pool_of()
    splits = draw(replace(task(num_labels=2), train_size=400), pool)
    assert splits.labels == ("a", "b")
    known = dict(zip(pool.ids, pool.label_sets, strict=True))
    drawn = [known[example] for part in (splits.train, splits.validation, splits.test) for example in part.ids]
    assert any(not of for of in drawn)
    assert all({"a", "b"} & set(of) or not of for of in drawn)
    assert splits.source is not None
    assert splits.source.rows_of_labels == sum(bool({"a", "b"} & set(of)) or not of for of in pool.label_sets)


def test_marks_groups_and_times_are_kept() -> None:
    marks = ("train",) * 1000 + ("validation",) * 200 + ("test",) * 300
    splits = draw(task(1000), pool_of(splits=marks))
    assert set(splits.test.ids) == {f"file:{row}" for row in range(1200, 1500)}
    assert set(splits.validation.ids) == {f"file:{row}" for row in range(1000, 1200)}
    groups = tuple(f"group {row // 5}" for row in range(1500))
    splits = draw(task(), pool_of(groups=groups))
    parts = [{int(example[5:]) // 5 for example in getattr(splits, name).ids} for name in ("train", "test")]
    assert not parts[0] & parts[1]
    splits = draw(task(), pool_of(times=tuple(map(float, range(1500)))))
    assert min(int(example[5:]) for example in splits.test.ids) > max(int(e[5:]) for e in splits.train.ids)


def test_a_repeated_text_with_other_labels_is_a_conflict() -> None:
    pool = pool_of(300)
    pool = replace(pool, texts=("same", "same", *pool.texts[2:]), labels=('["a"]', '["b"]', *pool.labels[2:]))
    assert draw(task(50), pool).conflicts_dropped == 2


def test_what_cannot_be_is_told() -> None:
    with pytest.raises(TaskInfeasible, match="at most train_size=1043 fits") as caught:
        draw(task(2000), pool_of())
    assert caught.value.fitting == 1043
    with pytest.raises(TaskInfeasible, match="split=nested draws examples of one label each"):
        draw(task(split=NestedSplitConfig(name="nested")), pool_of())
    assert problems(task(split=NestedSplitConfig(name="nested")))
    rare = pool_of(splits=("train",) * 1200 + ("test",) * 300)
    rare = replace(rare, label_sets=tuple(of if row >= 1200 else of[:1] for row, of in enumerate(rare.label_sets)))
    sets = tuple(tuple(name for name in of if name != "f" or row >= 1200) for row, of in enumerate(rare.label_sets))
    with pytest.raises(TaskInfeasible, match="label 'f' of mine has no example for training"):
        draw(task(), replace(rare, label_sets=sets))
