"""What the data on this machine says about tasks, in a moment and without a download: which it can't give."""

import time
from collections.abc import Iterable
from dataclasses import dataclass, field, replace

from bench.config import DataConfig
from bench.data.local import local_pool
from bench.data.pool import Pool
from bench.data.split import Splits, draw, problems
from bench.data.task import Task
from bench.errors import TaskInfeasible, UserError, refuse
from bench.settings import Settings
from bench.sources.cache import cache_folder

SECONDS = 1.5
"""Drawing tasks ends after so long; what is left stays unchecked."""


@dataclass(frozen=True, slots=True)
class LocalData:
    """The data of a grid's tasks, as far as it is here."""

    pools: dict[DataConfig, Pool] = field(default_factory=dict)
    absent: dict[str, str] = field(default_factory=dict)
    """Why not, by the names of the others."""

    @property
    def characters(self) -> dict[str, float]:
        """Mean length of the texts, by the data's name."""
        return {data.name: sum(map(len, pool.texts)) / len(pool.texts) for data, pool in self.pools.items()}


@dataclass(frozen=True, slots=True)
class Feasibility:
    """What was found out about tasks."""

    impossible: dict[Task, str] = field(default_factory=dict)
    """Why, by task."""
    unchecked: dict[str, str] = field(default_factory=dict)
    """Data sets that tasks were not, or not all, checked against, and why."""
    drawn: dict[tuple[str, int], Splits] = field(default_factory=dict)
    """By data set and label count, the examples of one task."""


def local_data(tasks: Iterable[Task], settings: Settings) -> LocalData:
    """Read the data of `tasks` where it is on this machine and that takes a moment.

    Raises UserError, with the problems of all data, where some can't be read as described.
    """
    found = LocalData()
    problems: list[str] = []
    for data in dict.fromkeys(task.data for task in tasks):
        try:
            pool = local_pool(data, cache=cache_folder(settings.cache_dir), mirror_dir=settings.mirror_dir)
        except UserError as error:
            problems.append(str(error))
            continue
        if pool is None:
            found.absent[data.name] = "it is not on this machine, or takes long to read"
        else:
            found.pools[data] = pool
    refuse(problems)
    return found


def feasibility(tasks: Iterable[Task], local: LocalData, seconds: float = SECONDS) -> Feasibility:
    """Judge `tasks` as drawing them would; no seed makes a difference to that, so one stands for all."""
    found = Feasibility(unchecked=dict(local.absent))
    deadline = time.monotonic() + seconds
    verdicts: dict[Task, str | None] = {}
    for task in dict.fromkeys(tasks):
        kind = replace(task, seed=0)
        if kind not in verdicts:
            in_time = time.monotonic() < deadline
            pool = local.pools.get(task.data)
            verdicts[kind], splits = _verdict(kind, pool if in_time else None)
            if splits is not None:
                found.drawn.setdefault((task.data.name, task.num_labels), splits)
            if pool is not None and not in_time:
                found.unchecked[task.data.name] = "checking all of its tasks would take too long"
        if (reason := verdicts[kind]) is not None:
            found.impossible[task] = reason
    return found


def _verdict(task: Task, pool: Pool | None) -> tuple[str | None, Splits | None]:
    """Why `task` can't be drawn, or its examples; neither where that is not known without a pool."""
    if reasons := problems(task):
        return "; ".join(reasons), None
    if pool is None:
        return None, None
    try:
        return None, draw(task, pool)
    except TaskInfeasible as error:
        return str(error), None
