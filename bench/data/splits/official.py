"""A test set that comes with the source (`official`), or a fixed fraction in its place (`fraction`)."""

from bisect import bisect_left

from bench.config import FractionSplitConfig, OfficialSplitConfig
from bench.data.examples import Splits
from bench.data.pool import Pool
from bench.data.splits.rows import (
    FEWER,
    all_members,
    allocate,
    by_hash,
    members_of,
    refuse_scarce,
    select_labels,
)
from bench.data.task import Task
from bench.errors import TaskInfeasible

Rows = dict[str, list[int]]
"""Row numbers by label."""


def draw(task: Task, pool: Pool) -> Splits:
    """Draw the task's examples from `pool`, labels in the proportions of the data, at least one of each.

    - `official`: the rows of `split.test_split` are the test set, all other published splits are for training.
    - `fraction`: a part of each label is the test set, the same for every size and seed.

    Validation examples are kept from training; which ones, and which `train_size` of the rest train, follows the
    seed, and a smaller training set is, label by label, a prefix of a bigger one. Raises TaskInfeasible.
    """
    split = task.split
    assert isinstance(split, OfficialSplitConfig | FractionSplitConfig)
    # published sets stay as they are, repeats included: numbers on them are to be compared
    found = members_of(pool, split) if isinstance(split, FractionSplitConfig) else all_members(pool)
    members = found.by_label
    labels = select_labels({label: len(rows) for label, rows in members.items()}, task)
    members = {label: members[label] for label in labels}
    if isinstance(split, OfficialSplitConfig):
        tested, validation_size = _official_test(members, pool, split, task), split.validation_size
    else:
        tested, validation_size = _drawn_test(members, pool, split, task), _part(members, split.validation_fraction)
    if validation_size < task.num_labels:
        raise TaskInfeasible(f"split.validation_size={validation_size} is smaller than num_labels={task.num_labels}")
    train, validation = _from_rest(_without(members, tested), pool, validation_size, task)
    return found.drawn(pool, labels, train=train.values(), validation=validation.values(), test=tested.values())


def _part(members: Rows, fraction: float) -> int:
    """So many examples, at least one of each label."""
    return max(round(sum(map(len, members.values())) * fraction), len(members))


def _official_test(members: Rows, pool: Pool, split: OfficialSplitConfig, task: Task) -> Rows:
    known = dict.fromkeys(name for name in pool.splits if name)
    if split.test_split not in known:
        there = ", ".join(known) or "none"
        raise TaskInfeasible(
            f"split.test_split={split.test_split} is not there; published splits of {task.data.name} are {there} "
            "(split=fraction draws a test set instead)"
        )
    return {label: [row for row in rows if pool.splits[row] == split.test_split] for label, rows in members.items()}


def _drawn_test(members: Rows, pool: Pool, split: FractionSplitConfig, task: Task) -> Rows:
    counts = {label: len(rows) for label, rows in members.items()}
    shares = allocate(_part(members, split.test_fraction), counts)
    return {
        label: by_hash(rows, pool.ids, (task.data.name, label, "test"))[: shares[label]]
        for label, rows in members.items()
    }


def _without(members: Rows, taken: Rows) -> Rows:
    rest = {}
    for label, rows in members.items():
        gone = set(taken[label])
        rest[label] = [row for row in rows if row not in gone]
    return rest


def _leaves_some(validation_size: int, counts: dict[str, int]) -> bool:
    """Whether so many validation examples leave each label one at least for training."""
    validating = allocate(validation_size, counts)
    return all(validating[label] < count for label, count in counts.items())


def _from_rest(rest: Rows, pool: Pool, validation_size: int, task: Task) -> tuple[Rows, Rows]:
    """Training and validation rows out of what is not for testing."""
    counts = {label: len(rows) for label, rows in rest.items()}
    validating = allocate(validation_size, counts)
    left = {label: count - validating[label] for label, count in counts.items()}
    if min(left.values()) < 1:
        scarcest = min(left, key=lambda label: left[label])
        sizes = range(len(counts), validation_size)
        fitting = bisect_left(sizes, True, key=lambda size: not _leaves_some(size, counts))
        way_out = f"at most {sizes[fitting - 1]} fit (split.validation_size)" if fitting else f"no size fits{FEWER}"
        raise TaskInfeasible(
            f"a validation set of {validation_size} leaves no example of {scarcest!r} for training: "
            f"{task.data.name} has {counts[scarcest]} that are not for testing; {way_out}"
        )
    # Proportions of what is left, so that a training size of all of it takes exactly all of it.
    refuse_scarce(
        task, left, lambda size: allocate(size, left), f"beside the test set and {validation_size} validation examples"
    )
    shares = allocate(task.train_size, left)
    train, validation = {}, {}
    for label, rows in rest.items():
        ordered = by_hash(rows, pool.ids, (task.data.name, label, "train", task.seed))
        train[label] = ordered[: shares[label]]
        validation[label] = ordered[len(ordered) - validating[label] :][::-1]
    return train, validation
