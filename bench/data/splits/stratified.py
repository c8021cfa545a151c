"""Natural proportions of the labels; every seed is a new trial with a training and a test set of its own."""

from bench.config import StratifiedSplitConfig
from bench.data.examples import Splits
from bench.data.pool import Pool
from bench.data.splits.rows import allocate, by_hash, members_of, refuse_scarce, select_labels
from bench.data.task import Task
from bench.errors import TaskInfeasible


def draw(task: Task, pool: Pool) -> Splits:
    """Draw the task's examples from `pool`, labels in the proportions of the data, at least one of each.

    The seed's test set is the same for every training size; a smaller training set is, label by label, a prefix of
    a bigger one of that seed; validation examples come on top, from the other end. Raises TaskInfeasible.
    """
    split = task.split
    assert isinstance(split, StratifiedSplitConfig)
    if split.test_size < task.num_labels:
        raise TaskInfeasible(f"split.test_size={split.test_size} is smaller than num_labels={task.num_labels}")
    found = members_of(pool, split)
    members = found.by_label
    labels = select_labels({label: len(rows) for label, rows in members.items()}, task)
    counts = {label: len(members[label]) for label in labels}
    tested = allocate(split.test_size, counts)

    def validated(train_size: int) -> dict[str, int]:
        size = max(round(train_size * split.validation_fraction), split.min_validation_size, task.num_labels)
        return allocate(size, counts)

    def needed(train_size: int) -> dict[str, int]:
        trained, validating = allocate(train_size, counts), validated(train_size)
        return {label: tested[label] + trained[label] + validating[label] for label in labels}

    refuse_scarce(task, counts, needed, f"with its validation set and split.test_size={split.test_size}")
    trained, validating = allocate(task.train_size, counts), validated(task.train_size)
    train, validation, test = [], [], []
    for label in labels:
        ordered = by_hash(members[label], pool.ids, (task.data.name, label, "stratified", task.seed))
        test.append(ordered[: tested[label]])
        train.append(ordered[tested[label] : tested[label] + trained[label]])
        validation.append(ordered[len(ordered) - validating[label] :][::-1])
    return found.drawn(pool, labels, train=train, validation=validation, test=test)
