"""Balanced, nested draws with one fixed test set: the project's own protocol."""

import itertools

from bench.config import NestedSplitConfig
from bench.data.examples import Splits
from bench.data.pool import Pool
from bench.data.splits.rows import FEWER, by_hash, members_of, select_labels
from bench.data.task import Task
from bench.errors import TaskInfeasible

MAX_NAMED = 3
"""Labels that one message names."""


def draw(task: Task, pool: Pool) -> Splits:
    """Draw the task's examples from `pool`: the same number of each label in each set.

    - Labels: the `num_labels` most frequent ones (ties by name), so smaller label sets are part of bigger ones.
    - Test: per label the first `n` in an order that no seed changes; the same for every training size and seed.
    - Training: a prefix of the remaining examples in the seed's order, so that a smaller training set is a
      prefix of a bigger one, label by label. Validation: from the other end of the same order, so that no
      training set of that seed, of whatever size, meets it.

    Raises TaskInfeasible, naming the label and the count, where a label has too few examples.
    """
    split = _split(task)
    found = members_of(pool, split)
    members = found.by_label
    labels = select_labels({label: len(rows) for label, rows in members.items()}, task)
    test_per_label = min(
        split.test_size // task.num_labels,
        *(int(len(members[label]) * split.max_test_fraction) for label in labels),
    )
    if split.test_size < task.num_labels:
        raise TaskInfeasible(
            f"split.test_size={split.test_size} leaves no test example for each of {len(labels)} labels"
        )
    _check_enough({label: len(members[label]) for label in labels}, test_per_label, task)
    train, validation, test = [], [], []
    for label in labels:
        ordered = by_hash(members[label], pool.ids, (task.data.name, label, "test"))
        rest = by_hash(ordered[test_per_label:], pool.ids, (task.data.name, label, "train", task.seed))
        test.append(ordered[:test_per_label])
        train.append(rest[: train_per_label(task)])
        validation.append(rest[len(rest) - validation_per_label(task) :][::-1])
    return found.drawn(pool, labels, train=train, validation=validation, test=test)


def train_per_label(task: Task) -> int:
    """Training examples of each label."""
    return task.train_size // task.num_labels


def validation_per_label(task: Task) -> int:
    """Validation examples of each label, on top of the training examples."""
    split = _split(task)
    return max(round(train_per_label(task) * split.validation_fraction), split.min_validation_per_label)


def _split(task: Task) -> NestedSplitConfig:
    assert isinstance(task.split, NestedSplitConfig)
    return task.split


def _check_enough(counts: dict[str, int], test_per_label: int, task: Task) -> None:
    """Raise TaskInfeasible where the scarcest label can't give its test, training and validation examples."""
    label = min(counts, key=lambda name: counts[name])
    left = counts[label] - test_per_label
    needed = train_per_label(task) + validation_per_label(task)
    if test_per_label >= 1 and needed <= left:
        return
    fitting = _largest(left, task)
    if test_per_label < 1 or fitting == 0:
        raise TaskInfeasible(_too_rare(counts, task))
    raise TaskInfeasible(
        f"train_size={task.train_size} with num_labels={task.num_labels} needs {train_per_label(task)} training "
        f"and {validation_per_label(task)} validation examples per label; {label!r} of {task.data.name} has "
        f"{counts[label]}, of which {test_per_label} are for testing: at most train_size={fitting} fits",
        fitting=fitting,
    )


def _too_rare(counts: dict[str, int], task: Task) -> str:
    """Which labels have too few examples for any training size, and how many it takes."""
    least = next(n for n in itertools.count(1) if int(n * _split(task).max_test_fraction) and _fits(n, task))
    rare = [label for label in sorted(counts, key=lambda name: counts[name]) if counts[label] < least]
    named = ", ".join(f"{label!r} has {counts[label]}" for label in rare[:MAX_NAMED])
    unit = " example" if counts[rare[0]] == 1 and len(rare) == 1 else " examples"
    more = f" and {len(rare) - MAX_NAMED} labels more are like that" if len(rare) > MAX_NAMED else ""
    return (
        f"no training size fits num_labels={task.num_labels} of {task.data.name}: {named}{unit}{more}, and each label "
        f"needs {least} with split.max_test_fraction={_split(task).max_test_fraction:.3g} and "
        f"split.min_validation_per_label={_split(task).min_validation_per_label}{FEWER}"
    )


def _fits(count: int, task: Task) -> bool:
    """Whether a label with so many examples is enough for the smallest training size."""
    split = _split(task)
    tested = min(max(split.test_size // task.num_labels, 1), int(count * split.max_test_fraction))
    return _largest(count - tested, task) > 0


def _largest(rest: int, task: Task) -> int:
    """The biggest training size, over all labels, for which `rest` examples of the scarcest label do."""
    split = _split(task)
    fraction, least = split.validation_fraction, split.min_validation_per_label
    per_label = max(0, rest - least)
    while per_label > 0 and per_label + max(round(per_label * fraction), least) > rest:
        per_label -= 1
    return per_label * task.num_labels
