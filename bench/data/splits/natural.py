"""Natural proportions of the labels, and one test set for all sizes and seeds: for somebody's own data.

The test set is what the source marks as such (`data.split_column`, `data.test_path`, its published test set), else the
latest part (`data.time_column`), whole groups (`data.group_column`) or a part of each label.
"""

from collections import Counter
from collections.abc import Mapping

from bench.config import NaturalSplitConfig
from bench.data.examples import Splits
from bench.data.pool import Pool
from bench.data.set_names import set_of
from bench.data.splits.parting import Rows, by_group, by_label, by_time, counts_of, is_marked, without
from bench.data.splits.rows import allocate, members_of, place_of, select_labels
from bench.data.splits.rows import by_hash as ordered_by_hash
from bench.data.task import Task
from bench.errors import TaskInfeasible
from bench.escape.shell import word


def draw(task: Task, pool: Pool) -> Splits:
    """Draw the task's examples from `pool`, labels in the proportions of the data, at least one of each for training.

    No size and no seed changes the test set. What is left is cut into a part for validation and one for training, by
    the seed; the latest of the rest, and whole groups, are the same for every seed. A smaller training set is, label
    by label, a prefix of a bigger one of that seed. Validation examples come on top of it, as many as
    `split.validation_fraction` says of the training size; those that the source marks for validation are all used.
    Raises TaskInfeasible.
    """
    split = task.split
    assert isinstance(split, NaturalSplitConfig)
    found = members_of(pool, split)
    labels = select_labels({label: len(rows) for label, rows in found.by_label.items()}, task)
    rows = {label: found.by_label[label] for label in labels}
    tested, validating, rest = _parts(rows, pool, split, task)
    _refuse_empty(tested, rest, pool, split, task)
    available = counts_of(rest)
    if task.train_size > (most := sum(available.values())):
        raise TaskInfeasible(
            f"train_size={task.train_size}, but {task.data.name} has {most:,} examples of {len(labels)} labels for "
            f"training, beside {sum(map(len, tested.values())):,} for testing and "
            f"{sum(map(len, validating.values())):,} for validation: at most train_size={most} fits (all of them: "
            "train_size=all)",
            fitting=most,
        )
    shares = allocate(task.train_size, available)
    train = {
        label: ordered_by_hash(own, pool.ids, (task.data.name, label, "train", task.seed))[: shares[label]]
        for label, own in rest.items()
    }
    if not is_marked(pool, "validation"):
        validating = _as_many(validating, split, task)
    return found.drawn(pool, labels, train=train.values(), validation=validating.values(), test=tested.values())


def _parts(rows: Rows, pool: Pool, split: NaturalSplitConfig, task: Task) -> tuple[Rows, Rows, Rows]:
    """The rows for testing, those for validation and those for training. No seed changes the first."""
    total = sum(map(len, rows.values()))
    size = min(split.test_size, max(round(total * split.max_test_fraction), 1))
    if is_marked(pool, "test"):
        tested = {label: [row for row in own if set_of(pool.splits[row]) == "test"] for label, own in rows.items()}
    elif pool.times:
        tested = by_time(rows, pool, size)
    elif pool.groups:
        tested = by_group(rows, pool, size, (task.data.name, "test"))
    else:
        tested = by_label(rows, pool, max(size, len(rows)), (task.data.name, "test"))
        if short := [label for label, own in tested.items() if not own]:
            raise TaskInfeasible(_too_rare(short[0], len(rows[short[0]]), short[1:], task))
    rest = without(rows, tested)
    if is_marked(pool, "validation"):
        if is_marked(pool, "test") and pool.times:
            raise TaskInfeasible(
                "data.time_column has no effect: the rows are marked for training, validation and test"
            )
        marked = {
            label: [row for row in own if set_of(pool.splits[row]) == "validation"] for label, own in rest.items()
        }
        parts = tested, marked, without(rest, marked)
    else:
        parts = tested, *_cut_off(rest, pool, split, task)
    if pool.groups:
        _refuse_torn(parts, pool, task)
    return parts


def _cut_off(rest: Rows, pool: Pool, split: NaturalSplitConfig, task: Task) -> tuple[Rows, Rows]:
    """What is not for testing as a part for validation and one for training."""
    left = sum(map(len, rest.values()))
    size = max(round(left * split.validation_fraction / (1 + split.validation_fraction)), 1)
    purpose: tuple[str | int, ...] = (task.data.name, "validation")
    if pool.times:
        validating = by_time(rest, pool, size)
    elif pool.groups:
        validating = by_group(rest, pool, size, purpose)
    else:
        validating = by_label(rest, pool, max(size, len(rest)), (*purpose, task.seed))
    return validating, without(rest, validating)


def _as_many(validating: Rows, split: NaturalSplitConfig, task: Task) -> Rows:
    """As many validation rows as go with the training size, in the proportions of those there are."""
    available = {label: len(own) for label, own in validating.items() if own}
    least = max(round(task.train_size * split.validation_fraction), split.min_validation_size, len(available))
    shares = allocate(min(least, sum(available.values())), available)
    return {label: own[: shares.get(label, 0)] for label, own in validating.items()}


def _refuse_torn(parts: tuple[Rows, Rows, Rows], pool: Pool, task: Task) -> None:
    """Raise TaskInfeasible where texts of one group are marked for more than one of training, validation and test."""
    first: dict[str, tuple[str, int]] = {}
    for name, part in zip(("test", "validation", "training"), parts, strict=True):
        for own in part.values():
            for row in own:
                other, at = first.setdefault(pool.groups[row], (name, row))
                if other != name:
                    raise TaskInfeasible(
                        f"group {pool.groups[row]!r} of data.group_column={task.data.group_column} has texts for "
                        f"{other} ({place_of(pool, at)}) and for {name} ({place_of(pool, row)}), as they are marked: "
                        "mark each group for one of them, or leave data.group_column out"
                    )


def _refuse_empty(tested: Rows, rest: Rows, pool: Pool, split: NaturalSplitConfig, task: Task) -> None:
    """Raise TaskInfeasible where nothing is for testing, or a label has no example for training."""
    name, counts = task.data.name, counts_of(rest)
    if not any(tested.values()):
        raise TaskInfeasible(f"{name} has no example for testing{_why_none(pool, task)}")
    missing = [label for label, count in counts.items() if count == 0]
    if not missing:
        return
    label = missing[0]
    others = f" (nor has {_named(missing[1:])})" if len(missing) > 1 else ""
    tests = len(tested[label])
    where = f"{tests} are for testing" if tests else "the others are for validation"
    all_of_it = Counter(pool.labels)[label]
    raise TaskInfeasible(
        f"label {label!r} of {name} has no example for training{others}: of its {all_of_it}, {where}"
        f"{_why(pool, task)}{_without_it(label)}"
    )


def _too_rare(label: str, count: int, others: list[str], task: Task) -> str:
    more = f" (nor has {_named(others)} enough)" if others else ""
    texts = "1 text" if count == 1 else f"{count} texts"
    needed = f"training and testing need one each{more}"
    return f"label {label!r} of {task.data.name} has {texts}, and {needed}{_without_it(label)}"


def _named(labels: list[str]) -> str:
    more = f" and {len(labels) - 3} more" if len(labels) > 3 else ""
    return ", ".join(map(repr, labels[:3])) + more


def _without_it(label: str) -> str:
    """What to do about a label that there is too little of."""
    option = word(f'data.exclude_labels=["{label}"]')
    return (
        f"; {option} leaves it out, data.merge_labels makes it one with another, num_labels=N takes the N most frequent"
    )


def _why(pool: Pool, task: Task) -> str:
    if is_marked(pool, "test"):
        return ", as they are marked"
    if pool.times:
        return f", the latest by data.time_column={task.data.time_column}"
    if pool.groups:
        return f", for whole groups of data.group_column={task.data.group_column} are tested on"
    return ""


def _why_none(pool: Pool, task: Task) -> str:
    if is_marked(pool, "test"):
        return ": none of the rows that are marked for it has a label of this task"
    if pool.times:
        return f": all have the same time in data.time_column={task.data.time_column}"
    if pool.groups:
        counts: Mapping[str, int] = Counter(pool.groups)
        biggest = max(counts, key=lambda group: counts[group])
        return (
            f": no group of data.group_column={task.data.group_column} can be taken from training ({biggest!r} alone "
            f"has {counts[biggest]:,} of {len(pool.ids):,} rows)"
        )
    return ""
