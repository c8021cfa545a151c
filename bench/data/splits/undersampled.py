"""Every label cut down to the rarest one's count, shuffled once, and cut into three parts by fractions."""

from bench.config import UndersampledSplitConfig
from bench.data.examples import Splits
from bench.data.pool import Pool
from bench.data.splits.rows import allocate, by_hash, members_of, refuse_scarce, select_labels
from bench.data.task import Task
from bench.errors import TaskInfeasible


def draw(task: Task, pool: Pool) -> Splits:
    """Draw the task's examples from `pool`.

    The three parts hang on `split.draw_seed` alone, so validation and test are the same for every size and seed. Of
    the training part `train_size` examples are used, in its proportions; which, where it is not all, follows the
    seed, and a smaller set is, label by label, a prefix of a bigger one. Raises TaskInfeasible.
    """
    split = task.split
    assert isinstance(split, UndersampledSplitConfig)
    found = members_of(pool, split)
    members = found.by_label
    labels = select_labels({label: len(rows) for label, rows in members.items()}, task)
    train_part, validation_part, test_part = _parts(task, pool, {label: members[label] for label in labels}, split)
    counts = {label: len(rows) for label, rows in train_part.items()}
    refuse_scarce(task, counts, lambda size: allocate(size, counts), f"of the {sum(counts.values())} for training")
    trained = allocate(task.train_size, counts)
    train = [
        by_hash(train_part[label], pool.ids, (task.data.name, label, "train", task.seed))[: trained[label]]
        for label in labels
    ]
    return found.drawn(pool, labels, train=train, validation=validation_part.values(), test=test_part.values())


def _parts(
    task: Task, pool: Pool, members: dict[str, list[int]], split: UndersampledSplitConfig
) -> list[dict[str, list[int]]]:
    """Training, validation and test rows by label; sizes are cut off, not rounded, and the rest is for testing."""
    scarcest = min(members, key=lambda label: len(members[label]))
    rarest = len(members[scarcest])
    name, draw_seed = task.data.name, split.draw_seed
    label_of = {
        row: label
        for label, rows in members.items()
        for row in by_hash(rows, pool.ids, (name, label, "undersampled", draw_seed))[:rarest]
    }
    shuffled = by_hash(label_of, pool.ids, (name, "shuffled", draw_seed))
    first = int(len(shuffled) * split.train_fraction)
    second = first + int(len(shuffled) * split.validation_fraction)
    parts = []
    for rows in (shuffled[:first], shuffled[first:second], shuffled[second:]):
        if not rows:
            raise TaskInfeasible(
                f"{len(shuffled)} examples of {name}, {rarest} of each label ({scarcest!r} has no more), are too "
                f"few for split.train_fraction={split.train_fraction} and "
                f"split.validation_fraction={split.validation_fraction}"
            )
        parts.append({label: [row for row in rows if label_of[row] == label] for label in members})
    return parts
