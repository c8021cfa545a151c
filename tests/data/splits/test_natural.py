"""The split for own data: natural proportions, one test set, and what the data say about sides."""

from collections import Counter
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bench.config import DataConfig, NaturalSplitConfig
from bench.data.pool import Pool
from bench.data.split import draw
from bench.data.task import Task
from bench.errors import TaskInfeasible

COUNTS = {"thanks": 230, "bill": 150, "login": 110, "sport": 80, "other": 30}
SETS = ("train", "validation", "test")


def pool_of(counts=None, **more):
    labels = tuple(label for label, count in (counts or COUNTS).items() for _ in range(count))
    ids = tuple(f"file:{row}" for row in range(len(labels)))
    texts = tuple(f"a text of {label} with number {row}" for row, label in enumerate(labels))
    return Pool(ids, texts, labels, None, **more)


def task(train_size=64, seed=0, num_labels=5, data=None, **options):
    config = DataConfig(name="mine", source="file", **(data or {}))
    return Task(config, num_labels, train_size, seed, NaturalSplitConfig(name="natural", **options))


def by_label(splits, name):
    part = getattr(splits, name)
    found = {label: [] for label in splits.labels}
    for example, label in zip(part.ids, part.labels, strict=True):
        found[splits.labels[label]].append(example)
    return found


def ids(splits):
    return [set(getattr(splits, name).ids) for name in SETS]


def check(splits):
    train, validation, test = ids(splits)
    assert not train & validation
    assert not train & test
    assert not validation & test
    assert all(by_label(splits, "train").values())


def test_one_test_set_and_nested_training_sets_in_natural_proportions():
    pool = pool_of()
    drawn = {(size, seed): draw(task(size, seed), pool) for size in (5, 64, 200, 400) for seed in (0, 1)}
    assert len({splits.test.ids for splits in drawn.values()}) == 1
    for (size, seed), splits in drawn.items():
        check(splits)
        assert len(splits.train) == size
        bigger = by_label(drawn[400, seed], "train")
        assert all(own == bigger[label][: len(own)] for label, own in by_label(splits, "train").items())
        assert not ids(splits)[1] & ids(drawn[400, seed])[0]
    assert Counter({label: len(own) for label, own in by_label(drawn[64, 0], "test").items()}) == {
        "thanks": 46, "bill": 30, "login": 22, "sport": 16, "other": 6
    }  # fmt: skip
    assert len(by_label(drawn[200, 0], "train")["thanks"]) == pytest.approx(200 * 230 / 600, abs=1)
    assert ids(drawn[64, 0])[0] != ids(drawn[64, 1])[0]
    assert [len(drawn[size, 0].validation) for size in (5, 64, 200, 400)] == [16, 16, 30, 60]


def test_nine_tenths_of_a_small_file_are_used():
    splits = draw(task(417), pool_of())
    assert sum(map(len, ids(splits))) >= 0.98 * 600


def test_too_much_is_told_with_what_fits():
    with pytest.raises(TaskInfeasible, match=r"at most train_size=417 fits \(all of them: train_size=all\)") as caught:
        draw(task(600), pool_of())
    assert caught.value.fitting == 417
    with pytest.raises(TaskInfeasible) as caught:
        draw(task(num_labels=3), pool_of({"a": 50, "b": 40, "c": 1}))
    assert str(caught.value).startswith("label 'c' of mine has 1 text, and training and testing need one each")
    assert "data.exclude_labels=" in str(caught.value)
    assert len(draw(task(2, num_labels=2), pool_of({"a": 2, "b": 2})).train) == 2


def test_a_big_file_has_a_bounded_test_set():
    splits = draw(task(100, num_labels=2), pool_of({"a": 9000, "b": 1000}))
    assert Counter(splits.test.labels) == {0: 900, 1: 100}


class TestMarks:
    marks = tuple(SETS[0 if row % 5 < 3 else row % 5 - 2] for row in range(600))

    def test_marked_rows_are_where_they_are_marked(self):
        pool = pool_of(splits=self.marks)
        splits = draw(task(100), pool)
        for name in SETS:
            assert {self.marks[int(example[5:])] for example in getattr(splits, name).ids} == {name}
        assert (len(splits.validation), len(splits.test)) == (120, 120)
        assert draw(task(360), pool).test == splits.test

    def test_published_names_are_understood_and_others_are_no_marks(self):
        names = {"train": "Training", "validation": "dev", "test": "Test"}
        pool = pool_of(splits=tuple(names[mark] for mark in self.marks))
        assert draw(task(100), pool).test == draw(task(100), pool_of(splits=self.marks)).test
        odd = pool_of(splits=tuple({"train": "a", "validation": "b", "test": "test"}[mark] for mark in self.marks))
        assert len(draw(task(100), odd).test) == 120
        assert len(draw(task(100), pool_of(splits=("train",) * 600)).test) == 120

    def test_a_test_set_alone_leaves_validation_to_be_drawn(self):
        marks = tuple("test" if mark == "test" else "train" for mark in self.marks)
        splits = draw(task(100), pool_of(splits=marks))
        check(splits)
        assert len(splits.validation) == 16

    def test_a_label_that_is_only_in_the_test_part_is_named(self):
        marks = tuple("test" if row >= 570 or row % 5 == 0 else "train" for row in range(600))
        with pytest.raises(TaskInfeasible, match=r"label 'other' of mine has no example for training: of its 30, 30"):
            draw(task(100), pool_of(splits=marks))
        splits = draw(task(100, num_labels=4), pool_of(splits=marks))
        assert "other" not in splits.labels

    def test_a_label_without_a_test_example_is_said(self):
        marks = tuple("test" if row < 570 and row % 5 == 0 else "train" for row in range(600))
        splits = draw(task(100), pool_of(splits=marks))
        assert "no test example has the label 'other'" in splits.source.notes

    def test_a_group_on_both_sides_is_refused(self):
        pool = pool_of(splits=self.marks, groups=tuple(f"g{row // 2}" for row in range(600)))
        with pytest.raises(TaskInfeasible, match=r"group 'g\d+' of data.group_column=who has texts for"):
            draw(task(100, data={"group_column": "who"}), pool)

    def test_times_beside_all_marks_have_no_effect(self):
        with pytest.raises(TaskInfeasible, match=r"data.time_column has no effect"):
            draw(task(100), pool_of(splits=self.marks, times=tuple(map(float, range(600)))))


class TestTimes:
    when = tuple(float(row * 7 % 600) for row in range(600))

    def test_the_latest_are_for_testing_and_the_latest_of_the_rest_for_validation(self):
        splits = draw(task(417), pool_of(times=self.when))
        times = [[self.when[int(example[5:])] for example in getattr(splits, name).ids] for name in SETS]
        assert max(times[0]) < min(times[1])
        assert max(times[1]) < min(times[2])
        assert [len(splits.train), len(splits.test)] == [417, 120]

    def test_ties_stay_together(self):
        when = tuple(float(row % 7) for row in range(600))
        splits = draw(task(100), pool_of(times=when))
        assert {when[int(example[5:])] for example in splits.test.ids} == {6.0}
        with pytest.raises(TaskInfeasible, match=r"all have the same time in data.time_column=day"):
            draw(task(100, data={"time_column": "day"}), pool_of(times=(1.0,) * 600))
        two = tuple(float(row % 2) for row in range(600))
        assert len(draw(task(100), pool_of(times=two)).test) == 300

    def test_a_label_that_came_up_late_is_named(self):
        with pytest.raises(TaskInfeasible, match=r"'sport' of mine has no ex.*nor has 'other'.*, the latest by data.t"):
            draw(task(100, data={"time_column": "day"}), pool_of(times=tuple(map(float, range(600)))))


class TestGroups:
    def test_no_group_is_on_two_sides_and_labels_keep_their_part(self):
        groups = tuple(f"customer {row * row % 97}" for row in range(600))
        pool = pool_of(groups=groups)
        drawn = [draw(task(size, seed), pool) for size in (64, 300) for seed in (0, 1)]
        assert len({splits.test.ids for splits in drawn}) == 1
        for splits in drawn:
            check(splits)
            whose = [{groups[int(example[5:])] for example in getattr(splits, name).ids} for name in SETS]
            assert not whose[0] & whose[1]
            assert not whose[0] & whose[2]
            assert not whose[1] & whose[2]
        shares = {label: len(own) / COUNTS[label] for label, own in by_label(drawn[0], "test").items()}
        assert all(0.1 < share < 0.3 for share in shares.values())

    def test_a_giant_group_trains(self):
        groups = tuple("giant" if row % 10 else f"small {row}" for row in range(600))
        splits = draw(task(100), pool_of(groups=groups))
        assert "giant" not in {groups[int(example[5:])] for example in splits.test.ids}
        assert 40 <= len(splits.test) <= 60

    def test_one_group_alone_cannot_be_split(self):
        with pytest.raises(TaskInfeasible, match=r"no group of data.group_column=who can be taken .*'g' alone has 600"):
            draw(task(100, data={"group_column": "who"}), pool_of(groups=("g",) * 600))

    @given(st.lists(st.integers(0, 30), min_size=60, max_size=60), st.integers(0, 5))
    @settings(max_examples=40, deadline=None)
    def test_any_groups(self, numbers, seed):
        pool = pool_of({"a": 30, "b": 20, "c": 10}, groups=tuple(map(str, numbers)))
        try:
            splits = draw(task(6, seed, 3), pool)
        except TaskInfeasible:
            return
        check(splits)
        whose = [{pool.groups[int(example[5:])] for example in getattr(splits, name).ids} for name in SETS]
        assert not whose[2] & (whose[0] | whose[1])
        assert not whose[0] & whose[1]


@given(st.lists(st.integers(2, 60), min_size=2, max_size=6), st.integers(0, 100), st.integers(0, 3))
@settings(max_examples=60, deadline=None)
def test_every_size_that_fits_can_be_drawn(counts, share, seed):
    names = {f"l{place}": count for place, count in enumerate(counts)}
    pool = pool_of(names)
    with pytest.raises(TaskInfeasible) as caught:
        draw(task(10**6, seed, len(counts)), pool)
    most = caught.value.fitting
    size = len(counts) + (most - len(counts)) * share // 100
    splits = draw(task(size, seed, len(counts)), pool)
    check(splits)
    assert len(splits.train) == size
    assert all(by_label(splits, "test").values())
    whole = draw(replace(task(most, seed, len(counts))), pool)
    assert ids(splits)[0] <= ids(whole)[0]
