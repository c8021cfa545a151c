"""Drawing a task's training, validation and test examples from the pool.

Every order is by hash: an example's place depends on the data set's name, its label, the purpose and (for
training and validation) the seed, and on nothing else. So a draw is the same on every machine, in every
version, and whatever the order of the source's rows.
"""

import hashlib
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from bench.data.pool import Pool
from bench.data.task import Task
from bench.errors import TaskInfeasible


@dataclass(frozen=True, slots=True)
class Examples:
    """Parallel tuples of one set; `labels` are indices into `Splits.labels`."""

    ids: tuple[str, ...]
    texts: tuple[str, ...]
    labels: tuple[int, ...]

    def __len__(self) -> int:
        return len(self.ids)


@dataclass(frozen=True, slots=True)
class Splits:
    """A task's examples. `labels` are the label names, in the order that predictions use."""

    labels: tuple[str, ...]
    train: Examples
    validation: Examples
    test: Examples
    duplicates_dropped: int

    def sha256(self) -> str:
        """Of everything a model is shown or judged on: equal for all models of a task."""
        content = [
            (part, *row)
            for part in ("train", "validation", "test")
            for row in zip(getattr(self, part).ids, getattr(self, part).texts, getattr(self, part).labels, strict=True)
        ]
        return hashlib.sha256(json.dumps([self.labels, content]).encode()).hexdigest()


def draw(task: Task, pool: Pool) -> Splits:
    """Draw the task's examples from `pool`: the same number of each label in each set.

    - Labels: the `num_labels` most frequent ones (ties by name), so smaller label sets are part of bigger ones.
    - Test: per label the first `n` in an order that no seed changes; the same for every training size and seed.
    - Training: a prefix of the remaining examples in the seed's order, so that a smaller training set is a
      prefix of a bigger one, label by label. Validation: from the other end of the same order, so that no
      training set of that seed, of whatever size, meets it.

    Raises TaskInfeasible, naming the label and the count, where a label has too few examples.
    """
    if problems := task.problems():
        raise TaskInfeasible("; ".join(problems))
    members, dropped = members_by_label(pool, deduplicate=task.split.deduplicate)
    labels = select_labels({label: len(rows) for label, rows in members.items()}, task)
    test_per_label = min(
        task.split.test_size // task.num_labels,
        *(int(len(members[label]) * task.split.max_test_fraction) for label in labels),
    )
    if test_per_label < 1:
        raise TaskInfeasible(
            f"split.test_size={task.split.test_size} leaves no test example for each of {len(labels)} labels"
        )
    _check_enough({label: len(members[label]) for label in labels}, test_per_label, task)
    train, validation, test = [], [], []
    for label in labels:
        ordered = by_hash(members[label], pool.ids, (task.data.name, label, "test"))
        rest = by_hash(ordered[test_per_label:], pool.ids, (task.data.name, label, "train", task.seed))
        test.append(ordered[:test_per_label])
        train.append(rest[: task.train_per_label])
        validation.append(rest[len(rest) - task.validation_per_label :][::-1])
    return Splits(
        labels=tuple(labels),
        train=_gather(pool, labels, train),
        validation=_gather(pool, labels, validation),
        test=_gather(pool, labels, test),
        duplicates_dropped=dropped,
    )


def members_by_label(pool: Pool, *, deduplicate: bool) -> tuple[dict[str, list[int]], int]:
    """Row numbers by label, and how many rows were left out as repeated texts.

    Texts are the same when they differ only in white space at the ends. Of repeated texts the one with the
    smallest id stays, so the choice does not hang on the order of the source.
    """
    kept: Iterable[int] = range(len(pool.ids))
    if deduplicate:
        first: dict[str, int] = {}
        for row, text in enumerate(pool.texts):
            other = first.setdefault(text.strip(), row)
            if pool.ids[row] < pool.ids[other]:
                first[text.strip()] = row
        kept = first.values()
    members: dict[str, list[int]] = {}
    count = 0
    for row in kept:
        members.setdefault(pool.labels[row], []).append(row)
        count += 1
    return members, len(pool.ids) - count


def select_labels(counts: dict[str, int], task: Task) -> list[str]:
    """The task's labels: the most frequent ones, ties by name.

    Raises TaskInfeasible where the data has fewer labels.
    """
    if task.num_labels > len(counts):
        raise TaskInfeasible(f"num_labels={task.num_labels}, but {task.data.name} has {len(counts)} labels")
    return sorted(counts, key=lambda label: (-counts[label], label))[: task.num_labels]


def by_hash(rows: Sequence[int], ids: Sequence[str], parts: tuple[str | int, ...]) -> list[int]:
    """`rows` in the order of a hash of `parts` and each row's id."""
    prefix = hashlib.sha256(json.dumps(parts).encode())

    def place(row: int) -> bytes:
        digest = prefix.copy()
        digest.update(ids[row].encode())
        return digest.digest()

    return sorted(rows, key=place)


def _check_enough(counts: dict[str, int], test_per_label: int, task: Task) -> None:
    """Raise TaskInfeasible where the scarcest label can't give its training and validation examples."""
    label = min(counts, key=lambda name: counts[name])
    left = counts[label] - test_per_label
    if task.train_per_label + task.validation_per_label > left:
        raise TaskInfeasible(
            f"train_size={task.train_size} with num_labels={task.num_labels} needs {task.train_per_label} training "
            f"and {task.validation_per_label} validation examples per label; {label!r} of {task.data.name} has "
            f"{counts[label]}, of which {test_per_label} are for testing: at most "
            f"train_size={_largest(left, task)} fits"
        )


def _largest(rest: int, task: Task) -> int:
    """The biggest training size, over all labels, for which `rest` examples of the scarcest label do."""
    fraction, least = task.split.validation_fraction, task.split.min_validation_per_label
    per_label = max(0, rest - least)
    while per_label > 0 and per_label + max(round(per_label * fraction), least) > rest:
        per_label -= 1
    return per_label * task.num_labels


def _gather(pool: Pool, labels: Sequence[str], rows: Sequence[Sequence[int]]) -> Examples:
    """Examples of all labels, taken in turn, so that any prefix is about balanced."""
    longest = max((len(group) for group in rows), default=0)
    order = [(group[i], index) for i in range(longest) for index, group in enumerate(rows) if i < len(group)]
    return Examples(
        ids=tuple(pool.ids[row] for row, _ in order),
        texts=tuple(pool.texts[row] for row, _ in order),
        labels=tuple(index for _, index in order),
    )
