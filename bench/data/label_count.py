"""`num_labels=all`, `train_size=all`: what a data set gives a split, where that is known before anything is run."""

import functools
from dataclasses import replace
from pathlib import Path

from bench.config import DEDUPLICATING, DataConfig, SplitConfig
from bench.data.errors import data_error
from bench.data.local import local_pool
from bench.data.task import Task
from bench.errors import TaskInfeasible

ALL = "all"
"""What `num_labels` and `train_size` are given as."""
UNKNOWN = "is not known before it is read, and it is not on this machine, or takes long to read: give the number"


@functools.lru_cache(maxsize=64)
def all_labels(data: DataConfig, split: SplitConfig, cache: Path, mirror_dir: str | None) -> int:
    """The number of labels of `data` (pinned) that have an example left after `split` has left some out.

    Data that is not on this machine, or takes long to read, has as many as its configuration says. Raises UserError
    where that says nothing, too.
    """
    from bench.data.splits.rows import all_members, members_of

    pool = local_pool(data, cache=cache, mirror_dir=mirror_dir, patient=True)
    if pool is not None:
        found = members_of(pool, split) if isinstance(split, DEDUPLICATING) else all_members(pool)
        labels = list(found.by_label)
        if pool.label_sets:
            labels = list({name for rows in found.by_label.values() for row in rows for name in pool.label_sets[row]})
        if len(labels) < 2:
            there = f"is one label alone: {labels[0]!r}" if labels else "is no label left"
            raise data_error(data, f"num_labels=all, but there {there}")
        return len(labels)
    if data.num_classes is None:
        raise data_error(data, f"num_labels=all, but how many there are {UNKNOWN}")
    return data.num_classes


def size_of(share: float, task: Task, cache: Path, mirror_dir: str | None) -> int:
    """So many training examples are `share` of what there is for training (1: all), of each label one at least.

    Raises UserError where the data is not on this machine, or gives none.
    """
    return max(round(share * _most(replace(task, train_size=0, seed=0), cache, mirror_dir)), task.num_labels)


@functools.lru_cache(maxsize=64)
def _most(task: Task, cache: Path, mirror_dir: str | None) -> int:
    from bench.data.split import draw

    pool = local_pool(task.data, cache=cache, mirror_dir=mirror_dir, patient=True)
    if pool is None:
        raise data_error(task.data, f"train_size=all, but how much there is for training {UNKNOWN}")
    try:
        draw(replace(task, train_size=len(pool.ids)), pool)  # always too many
    except TaskInfeasible as error:
        if error.fitting is None:
            raise data_error(task.data, str(error)) from error
        return error.fitting
    return len(pool.ids)
