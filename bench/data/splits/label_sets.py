"""Draws for tasks whose examples may have several labels or none: `natural`, `official` and `fraction`.

The test set is what the single-label protocols take: marked rows, the latest, whole groups, or a part. All that is
drawn is stratified by `bench.data.splits.iterative`.
"""

from collections.abc import Sequence

from bench.config import (
    FractionSplitConfig,
    NaturalSplitConfig,
    OfficialSplitConfig,
)
from bench.data.examples import Examples, Splits
from bench.data.pool import Pool
from bench.data.set_names import set_of
from bench.data.splits.iterative import Target, first_of, parted
from bench.data.splits.parting import by_group, by_time, is_marked
from bench.data.splits.rows import all_members, by_hash, members_of, select_labels
from bench.data.task import Task
from bench.errors import TaskInfeasible

PROTOCOLS = ("natural", "official", "fraction")
"""The splits that can draw such tasks."""
Targets = dict[int, Target]
"""By row number."""


def problems(task: Task) -> list[str]:
    """Why `task` can't be drawn, as far as that is known before data is read."""
    if task.split.name in PROTOCOLS:
        return []
    return [
        f"split={task.split.name} draws examples of one label each; several labels go with split={', '.join(PROTOCOLS)}"
    ]


def draw(task: Task, pool: Pool) -> Splits:
    """Draw the task's examples from `pool`, labels in the proportions of the data.

    Labels are the most frequent ones; rows of others alone are left out, rows without any label are not. No size and no
    seed changes the test set. The rest is cut by the seed into a part for validation and one for training, and a
    smaller training set is a part of a bigger one. It has an example of each label. Raises TaskInfeasible.
    """
    split = task.split
    assert isinstance(split, NaturalSplitConfig | OfficialSplitConfig | FractionSplitConfig)
    found = all_members(pool) if isinstance(split, OfficialSplitConfig) else members_of(pool, split)
    kept = sorted(row for rows in found.by_label.values() for row in rows)
    labels, targets = _labelled(kept, pool, task)
    rows = by_hash(targets, pool.ids, (task.data.name, "label sets"))
    tested = _tested(rows, targets, pool, task)
    rest = _without(rows, tested)
    validating = _validating(rest, targets, pool, task)
    for purpose, part in (("testing", tested), ("validation", validating)):
        if not any(any(targets[row]) for row in part):
            raise TaskInfeasible(f"{task.data.name} has no example with a label for {purpose}")
    left = by_hash(_without(rest, validating), pool.ids, (task.data.name, "train", task.seed))
    _refuse_missing(labels, left, targets, task)
    if task.train_size > len(left):
        raise TaskInfeasible(
            f"train_size={task.train_size}, but {task.data.name} has {len(left):,} examples of {len(labels)} labels "
            f"for training, beside {len(tested):,} for testing and {len(validating):,} for validation: at most "
            f"train_size={len(left)} fits (all of them: train_size=all)",
            fitting=len(left),
        )
    trained = first_of(left, targets, task.train_size)
    if isinstance(split, NaturalSplitConfig) and not is_marked(pool, "validation") and not task.validates:
        wanted = max(round(task.train_size * split.validation_fraction), split.min_validation_size)
        validating = first_of(validating, targets, min(wanted, len(validating)))
    order = task.data.name, "order", task.seed
    return Splits(
        labels=tuple(labels),
        train=_examples(by_hash(trained, pool.ids, order), targets, pool),
        validation=_examples(by_hash(validating, pool.ids, order), targets, pool),
        test=_examples(sorted(tested), targets, pool),
        duplicates_dropped=found.duplicates_dropped,
        conflicts_dropped=found.conflicts_dropped,
        kind=task.kind,
    )


def _labelled(kept: Sequence[int], pool: Pool, task: Task) -> tuple[list[str], Targets]:
    """The task's labels, and what each row has of them; rows that have other labels alone are not there."""
    counts: dict[str, int] = {}
    for row in kept:
        for name in pool.label_sets[row]:
            counts[name] = counts.get(name, 0) + 1
    labels = select_labels(counts, task)
    known: dict[tuple[str, ...], Target] = {}
    targets: Targets = {}
    for row in kept:
        names = pool.label_sets[row]
        if names not in known:
            known[names] = tuple(int(label in names) for label in labels)
        if any(known[names]) or not names:
            targets[row] = known[names]
    return labels, targets


def _tested(rows: Sequence[int], targets: Targets, pool: Pool, task: Task) -> list[int]:
    split = task.split
    if isinstance(split, OfficialSplitConfig):
        known = dict.fromkeys(name for name in pool.splits if name)
        if split.test_split not in known:
            raise TaskInfeasible(
                f"split.test_split={split.test_split} is not there; published splits of {task.data.name} are "
                f"{', '.join(known) or 'none'} (split=fraction draws a test set instead)"
            )
        return [row for row in rows if pool.splits[row] == split.test_split]
    if isinstance(split, FractionSplitConfig):
        return _stratified(rows, targets, round(len(rows) * split.test_fraction))
    assert isinstance(split, NaturalSplitConfig)
    if is_marked(pool, "test"):
        return [row for row in rows if set_of(pool.splits[row]) == "test"]
    size = min(split.test_size, max(round(len(rows) * split.max_test_fraction), 1))
    return _part(rows, targets, pool, size, (task.data.name, "test"))


def _validating(rest: Sequence[int], targets: Targets, pool: Pool, task: Task) -> list[int]:
    """What is for validation of the rows that are not for testing."""
    split, purpose = task.split, (task.data.name, "validation", task.seed)
    if isinstance(split, OfficialSplitConfig):
        size = split.validation_size
    elif isinstance(split, FractionSplitConfig):
        size = round(len(targets) * split.validation_fraction)
    else:
        assert isinstance(split, NaturalSplitConfig)
        if is_marked(pool, "validation"):
            return [row for row in rest if set_of(pool.splits[row]) == "validation"]
        size = max(round(len(rest) * split.validation_fraction / (1 + split.validation_fraction)), 1)
        if pool.times or pool.groups:
            return _part(rest, targets, pool, size, purpose[:2])
    if size >= len(rest):
        raise TaskInfeasible(
            f"a validation set of {size} leaves none of {len(rest)} examples of {task.data.name} for training"
        )
    return _stratified(by_hash(rest, pool.ids, purpose), targets, size)


def _part(rows: Sequence[int], targets: Targets, pool: Pool, size: int, purpose: tuple[str | int, ...]) -> list[int]:
    """The latest rows, whole groups, or a stratified part, about `size` of them."""
    if pool.times:
        return by_time({"": list(rows)}, pool, size)[""]
    if pool.groups:
        return by_group({"": list(rows)}, pool, size, purpose)[""]
    return _stratified(by_hash(rows, pool.ids, purpose), targets, size)


def _stratified(rows: Sequence[int], targets: Targets, size: int) -> list[int]:
    size = min(max(size, 1), max(len(rows) - 1, 0))
    return parted(rows, targets, (size, len(rows) - size))[0]


def _without(rows: Sequence[int], taken: Sequence[int]) -> list[int]:
    gone = set(taken)
    return [row for row in rows if row not in gone]


def _refuse_missing(labels: Sequence[str], left: Sequence[int], targets: Targets, task: Task) -> None:
    """Raise TaskInfeasible where a label has no example for training."""
    present = [any(column) for column in zip(*(targets[row] for row in left), strict=True)] or [False] * len(labels)
    if missing := [label for label, has in zip(labels, present, strict=True) if not has]:
        more = f" (nor have {', '.join(map(repr, missing[1:4]))})" if len(missing) > 1 else ""
        raise TaskInfeasible(
            f"label {missing[0]!r} of {task.data.name} has no example for training{more}; data.exclude_labels leaves "
            "labels out, num_labels=N takes the N most frequent"
        )


def _examples(rows: Sequence[int], targets: Targets, pool: Pool) -> Examples:
    return Examples(
        ids=tuple(pool.ids[row] for row in rows),
        texts=tuple(pool.texts[row] for row in rows),
        labels=tuple(targets[row] for row in rows),
    )
