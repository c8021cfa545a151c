"""Balanced, nested draws with one fixed test set: the project's own protocol."""

from bench.config import NestedSplitConfig
from bench.data.examples import Splits
from bench.data.pool import Pool
from bench.data.splits.rows import by_hash, gather, members_by_label, select_labels
from bench.data.task import Task
from bench.errors import TaskInfeasible


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
    members, dropped = members_by_label(pool, deduplicate=split.deduplicate)
    labels = select_labels({label: len(rows) for label, rows in members.items()}, task)
    test_per_label = min(
        split.test_size // task.num_labels,
        *(int(len(members[label]) * split.max_test_fraction) for label in labels),
    )
    if test_per_label < 1:
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
    return Splits(
        labels=tuple(labels),
        train=gather(pool, labels, train),
        validation=gather(pool, labels, validation),
        test=gather(pool, labels, test),
        duplicates_dropped=dropped,
    )


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
    """Raise TaskInfeasible where the scarcest label can't give its training and validation examples."""
    label = min(counts, key=lambda name: counts[name])
    left = counts[label] - test_per_label
    if train_per_label(task) + validation_per_label(task) > left:
        raise TaskInfeasible(
            f"train_size={task.train_size} with num_labels={task.num_labels} needs {train_per_label(task)} training "
            f"and {validation_per_label(task)} validation examples per label; {label!r} of {task.data.name} has "
            f"{counts[label]}, of which {test_per_label} are for testing: at most "
            f"train_size={_largest(left, task)} fits"
        )


def _largest(rest: int, task: Task) -> int:
    """The biggest training size, over all labels, for which `rest` examples of the scarcest label do."""
    split = _split(task)
    fraction, least = split.validation_fraction, split.min_validation_per_label
    per_label = max(0, rest - least)
    while per_label > 0 and per_label + max(round(per_label * fraction), least) > rest:
        per_label -= 1
    return per_label * task.num_labels
