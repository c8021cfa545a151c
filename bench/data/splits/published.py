"""The emotion study's own protocol: few and small test sets, drawn once, in the order of the source."""

import random

from bench.data.examples import Splits
from bench.data.pool import Pool
from bench.data.splits.rows import all_members, gather
from bench.data.task import Task
from bench.errors import TaskInfeasible

LABEL_COUNTS = (2, 4, 8, 16)
"""The label sets that were drawn, in this order, from one random state."""
LABEL_SEED = 11
MORE_THAN = 800
"""Labels with more examples than this take part."""
NUM_FREQUENT = 9
"""The pair is drawn from so many labels, the other sets from all."""


def draw(task: Task, pool: Pool) -> Splits:
    """Draw as the study did: per label, in the order of the source, first training, then validation, then test rows.

    With n = `train_size // num_labels`: the first n rows train, the next up to 1.1 n validate, the next up to 1.2 n
    test. Nothing is deduplicated, and the seed has no effect on examples. Raises TaskInfeasible.
    """
    members = all_members(pool).by_label
    labels = label_set({label: len(rows) for label, rows in members.items()}, task)
    ends = _ends(task.train_size // task.num_labels)
    scarcest = min(labels, key=lambda label: len(members[label]))
    if ends[-1] > (count := len(members[scarcest])):
        fitting = max(n for n in range(count + 1) if _ends(n)[-1] <= count) * task.num_labels
        raise TaskInfeasible(
            f"train_size={task.train_size} with num_labels={task.num_labels} takes the first {ends[-1]} rows of each "
            f"label; {scarcest!r} of {task.data.name} has {count}: "
            + (f"at most train_size={fitting} fits" if fitting else "no training size fits"),
            fitting=fitting or None,
        )

    train, validation, test = (
        gather(pool, labels, [members[label][start:end] for label in labels])
        for start, end in zip((0, *ends), ends, strict=False)
    )
    return Splits(labels=tuple(labels), train=train, validation=validation, test=test, duplicates_dropped=0)


def label_set(counts: dict[str, int], task: Task) -> list[str]:
    """The labels of the study for this label count: drawn from the frequent ones, sorted by count.

    `counts` are in the order in which the source first shows each label, which decides between equal counts.
    Raises TaskInfeasible where fewer labels are frequent.
    """
    frequent = sorted((label for label in counts if counts[label] > MORE_THAN), key=lambda label: -counts[label])
    if task.num_labels > len(frequent):
        raise TaskInfeasible(
            f"num_labels={task.num_labels}, but split=published draws from labels with more than {MORE_THAN} "
            f"examples, of which {task.data.name} has {len(frequent)}"
        )
    state = random.Random(LABEL_SEED)
    drawn: list[str] = []
    for number in LABEL_COUNTS[: LABEL_COUNTS.index(task.num_labels) + 1]:
        drawn = state.sample(frequent[:NUM_FREQUENT] if number == LABEL_COUNTS[0] else frequent, number)
    return drawn


def problems(task: Task) -> list[str]:
    """What this protocol can't give, whatever the data."""
    found = []
    if task.num_labels not in LABEL_COUNTS:
        found.append(f"num_labels={task.num_labels}, but split=published has label sets of 2, 4, 8 and 16 only")
    elif task.train_size < 10 * task.num_labels:
        found.append(
            f"train_size={task.train_size}, but split=published tests on a tenth of the training size: "
            f"at least {10 * task.num_labels} for num_labels={task.num_labels}"
        )
    return found


def _ends(per_label: int) -> tuple[int, int, int]:
    """Where a label's training, validation and test rows end."""
    return per_label, per_label * 11 // 10, per_label * 12 // 10
