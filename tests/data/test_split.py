"""Tasks: balanced, nested, disjoint, and the same whatever the order of the source."""

import random
from dataclasses import replace

import pytest

from bench.config import DataConfig, NestedSplitConfig
from bench.data.pool import Pool
from bench.data.split import Examples, Splits, draw
from bench.data.task import Task
from bench.errors import TaskInfeasible

EXPECTED_TRAIN = ("news-164", "sport-115", "tech-70")
EXPECTED_TEST = ("news-163", "sport-0", "tech-62")
COUNTS = {"news": 200, "sport": 150, "tech": 120, "rare": 30}


def make_pool(counts: dict[str, int] = COUNTS, shuffle: int | None = None) -> Pool:
    rows = [(f"{label}-{i}", f"text {i} about {label}", label) for label, count in counts.items() for i in range(count)]
    if shuffle is not None:
        random.Random(shuffle).shuffle(rows)
    ids, texts, labels = zip(*rows, strict=True)
    return Pool(ids=ids, texts=texts, labels=labels, revision=None)


def make_task(num_labels: int = 3, train_size: int = 60, seed: int = 0, **split: object) -> Task:
    data = DataConfig(name="topics", source="file")
    return Task(data=data, num_labels=num_labels, train_size=train_size, seed=seed, split=NestedSplitConfig(**split))


def ids_by_label(examples: Examples) -> dict[int, list[str]]:
    found: dict[int, list[str]] = {}
    for example, label in zip(examples.ids, examples.labels, strict=True):
        found.setdefault(label, []).append(example)
    return found


def overlaps(splits: Splits) -> set[str]:
    train, validation, test = (set(part.ids) for part in (splits.train, splits.validation, splits.test))
    return (train & validation) | (train & test) | (validation & test)


def test_balanced_with_the_most_frequent_labels() -> None:
    splits = draw(make_task(), make_pool())
    assert splits.labels == ("news", "sport", "tech")
    assert {label: len(ids) for label, ids in ids_by_label(splits.train).items()} == {0: 20, 1: 20, 2: 20}
    assert {len(ids) for ids in ids_by_label(splits.validation).values()} == {8}  # the least, for a quarter is 5
    assert {len(ids) for ids in ids_by_label(splits.test).values()} == {40}  # a third of the scarcest label
    pool = make_pool()
    known = dict(zip(pool.ids, zip(pool.texts, pool.labels, strict=True), strict=True))
    for part in (splits.train, splits.validation, splits.test):
        for example, text, label in zip(part.ids, part.texts, part.labels, strict=True):
            assert known[example] == (text, splits.labels[label])


def test_labels_can_be_given() -> None:
    pool = make_pool()
    splits = draw(replace(make_task(num_labels=2, train_size=16), labels=("rare", "sport")), pool)
    assert splits.labels == ("rare", "sport")
    assert {example.partition("-")[0] for example in splits.test.ids} == {"rare", "sport"}
    with pytest.raises(TaskInfeasible, match=r"data\.label_sets names art, which topics does not have"):
        draw(replace(make_task(num_labels=2), labels=("art", "sport")), pool)


def test_size_is_over_all_labels_and_a_remainder_is_left_out() -> None:
    assert len(draw(make_task(num_labels=3, train_size=62), make_pool()).train) == 60


def test_smaller_training_sets_are_prefixes_label_by_label() -> None:
    small, big = (ids_by_label(draw(make_task(train_size=size), make_pool()).train) for size in (30, 120))
    assert all(big[label][: len(ids)] == ids for label, ids in small.items())


@pytest.mark.parametrize("num_labels", [2, 3, 4])
def test_sets_are_disjoint_over_all_sizes_of_a_seed(num_labels: int) -> None:
    pool = make_pool()
    drawn = [draw(make_task(num_labels=num_labels, train_size=size), pool) for size in (8, 16, 32)]
    assert not any(map(overlaps, drawn))
    for one in drawn:
        for other in drawn:
            assert not set(one.train.ids) & (set(other.validation.ids) | set(other.test.ids))


def test_the_test_set_is_fixed_and_the_rest_follows_the_seed() -> None:
    pool = make_pool()
    first, second = draw(make_task(seed=0), pool), draw(make_task(seed=1, train_size=120), pool)
    assert first.test == second.test
    same_size = draw(make_task(seed=1), pool)
    assert set(first.train.ids) != set(same_size.train.ids)
    assert set(first.validation.ids) != set(same_size.validation.ids)


def test_fewer_labels_are_part_of_more() -> None:
    few, many = draw(make_task(num_labels=2), make_pool()), draw(make_task(num_labels=3), make_pool())
    assert many.labels[:2] == few.labels


def test_order_of_the_source_does_not_matter() -> None:
    assert draw(make_task(), make_pool()) == draw(make_task(), make_pool(shuffle=3))
    assert draw(make_task(), make_pool()).sha256() == draw(make_task(), make_pool(shuffle=3)).sha256()


def test_draws_stay_as_they_were() -> None:
    """What was drawn once is drawn again by later versions: records of both belong to the same task."""
    splits = draw(make_task(), make_pool())
    assert splits.train.ids[:3] == EXPECTED_TRAIN
    assert splits.test.ids[:3] == EXPECTED_TEST


def test_another_data_set_is_drawn_differently() -> None:
    task = make_task()
    other = replace(task, data=replace(task.data, name="other"))
    assert draw(task, make_pool()).test != draw(other, make_pool()).test


def test_repeated_texts_count_once() -> None:
    pool = make_pool()
    copies = Pool(
        ids=pool.ids + tuple(f"copy-{i}" for i in range(100)),
        texts=pool.texts + tuple(f" {text}\n" for text in pool.texts[:100]),
        labels=pool.labels + pool.labels[:100],
        revision=None,
    )
    splits = draw(make_task(train_size=120), copies)
    assert splits.duplicates_dropped == 100
    texts = [text.strip() for part in (splits.train, splits.validation, splits.test) for text in part.texts]
    assert len(texts) == len(set(texts))
    assert draw(make_task(deduplicate=False), copies).duplicates_dropped == 0


def test_test_size_is_a_limit() -> None:
    assert len(draw(make_task(test_size=30), make_pool()).test) == 30


@pytest.mark.parametrize(
    ("task", "message"),
    [
        (make_task(num_labels=5), "num_labels=5, but topics has 4 labels"),
        (make_task(num_labels=4, train_size=3), "train_size=3 is smaller than num_labels=4"),
        (make_task(num_labels=4, train_size=80), "'rare' of topics has 30, of which 10 are for testing"),
        (make_task(num_labels=2, train_size=20, test_size=1), "test_size=1"),
    ],
)
def test_impossible_tasks_say_why(task: Task, message: str) -> None:
    with pytest.raises(TaskInfeasible, match=message):
        draw(task, make_pool())


def test_the_size_that_is_said_to_fit_does() -> None:
    with pytest.raises(TaskInfeasible) as raised:
        draw(make_task(num_labels=4, train_size=400), make_pool())
    largest = int(str(raised.value).partition("at most train_size=")[2].split()[0])
    assert len(draw(make_task(num_labels=4, train_size=largest), make_pool()).train) == largest
    with pytest.raises(TaskInfeasible):
        draw(make_task(num_labels=4, train_size=largest + 4), make_pool())


def test_known_class_count_is_checked_before_any_data_is_read() -> None:
    task = make_task(num_labels=9)
    assert replace(task, data=replace(task.data, num_classes=5)).problems() == ["num_labels=9, but topics has 5 labels"]
    assert not task.problems()
