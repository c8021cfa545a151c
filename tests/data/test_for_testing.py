"""Tasks of models that learn nothing: no training examples, the same test examples, and one task where that is so."""

from dataclasses import replace

import pytest

from bench.config import (
    DataConfig,
    FractionSplitConfig,
    NaturalSplitConfig,
    NestedSplitConfig,
    PublishedSplitConfig,
    StratifiedSplitConfig,
    UndersampledSplitConfig,
)
from bench.data.pool import Pool
from bench.data.split import PROTOCOLS, draw, problems
from bench.data.task import REDRAWN, Task

SPLITS = {
    "nested": NestedSplitConfig(),
    "published": PublishedSplitConfig(name="published"),
    "stratified": StratifiedSplitConfig(name="stratified", test_size=100),
    "undersampled": UndersampledSplitConfig(name="undersampled"),
    "fraction": FractionSplitConfig(name="fraction"),
    "natural": NaturalSplitConfig(name="natural"),
}


def make_task(split: str, train_size: int = 40, seed: int = 0) -> Task:
    data = DataConfig(name="topics", source="file")
    return Task(data=data, num_labels=2, train_size=train_size, seed=seed, split=SPLITS[split])


@pytest.fixture(scope="module")
def pool() -> Pool:
    rows = [(f"{label}-{i}", f"text {i} about {label}", label) for label in "abc" for i in range(801 + ord(label))]
    ids, texts, labels = zip(*rows, strict=True)
    return Pool(ids=ids, texts=texts, labels=labels, revision=None)


@pytest.mark.parametrize("split", SPLITS)
@pytest.mark.parametrize(("train_size", "seed"), [(40, 0), (100, 0), (40, 1)])
def test_the_test_set_is_that_of_other_models(split: str, train_size: int, seed: int, pool: Pool) -> None:
    task = make_task(split, train_size, seed)
    trained, asked = draw(task, pool), draw(task.for_testing(), pool)
    assert asked.test == trained.test
    assert asked.labels == trained.labels
    assert len(asked.train) == len(asked.validation) == 0 < len(trained.train)
    assert not problems(task.for_testing())


@pytest.mark.parametrize("split", SPLITS)
@pytest.mark.parametrize(("axis", "change"), [("train_size", 100), ("seed", 7)])
def test_tasks_are_one_where_the_test_set_is(split: str, axis: str, change: int, pool: Pool) -> None:
    task = make_task(split)
    other = replace(task, **{axis: change})
    assert (draw(task, pool).test == draw(other, pool).test) == (task.for_testing() == other.for_testing())
    assert task.for_testing() != task
    assert task.for_testing().for_testing() == task.for_testing()


def test_every_split_is_tested() -> None:
    """A new split says in `REDRAWN` what its test set follows."""
    assert set(SPLITS) | {"official"} == set(PROTOCOLS), "official is fraction, with a test set that is given"
    assert set(REDRAWN) <= set(PROTOCOLS)


def test_a_task_without_training_examples_is_no_users_wish(pool: Pool) -> None:
    assert "train_size=0 is smaller than num_labels=2" in problems(make_task("nested", train_size=0))[0]
