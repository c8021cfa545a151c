"""Pools of made-up texts, and what the tests ask of a draw."""

import random
from collections import Counter

from bench.config import DataConfig, SplitConfig
from bench.data.pool import Pool
from bench.data.split import Examples, Splits
from bench.data.task import Task


def make_pool(counts: dict[str, int], *, shuffle: int | None = 0, splits: dict[str, float] | None = None) -> Pool:
    """So many distinct texts of each label, shuffled; with `splits`, those parts of the rows belong to each."""
    rows = [(f"{label}-{i}", f"text {i} about {label}", label) for label, count in counts.items() for i in range(count)]
    if shuffle is not None:
        random.Random(shuffle).shuffle(rows)
    ids, texts, labels = zip(*rows, strict=True)
    names = [name for name, part in (splits or {}).items() for _ in range(round(part * len(rows)))]
    return Pool(ids=ids, texts=texts, labels=labels, revision=None, splits=tuple(names))


def make_task(split: SplitConfig, *, num_labels: int = 2, train_size: int = 32, seed: int = 0) -> Task:
    data = DataConfig(name="topics", source="file")
    return Task(data=data, num_labels=num_labels, train_size=train_size, seed=seed, split=split)


def counts(splits: Splits, part: Examples) -> dict[str, int]:
    """Examples of each label, by its name."""
    return {splits.labels[index]: count for index, count in Counter(part.labels).items()}


def sizes(splits: Splits) -> tuple[int, int, int]:
    return len(splits.train), len(splits.validation), len(splits.test)


def check(splits: Splits, pool: Pool) -> None:
    """The three sets are disjoint, and every example has its own text and label."""
    known = dict(zip(pool.ids, zip(pool.texts, pool.labels, strict=True), strict=True))
    ids = [example for part in (splits.train, splits.validation, splits.test) for example in part.ids]
    assert len(ids) == len(set(ids))
    for part in (splits.train, splits.validation, splits.test):
        for example, text, label in zip(part.ids, part.texts, part.labels, strict=True):
            assert known[example] == (text, splits.labels[label])


def is_nested(small: Splits, big: Splits) -> bool:
    """Whether the smaller training set is, label by label, a prefix of the bigger one."""

    def of(splits: Splits, name: str) -> list[str]:
        index = splits.labels.index(name)
        return [i for i, label in zip(splits.train.ids, splits.train.labels, strict=True) if label == index]

    return all(of(big, name)[: len(of(small, name))] == of(small, name) for name in small.labels)
