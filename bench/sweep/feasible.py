"""Which tasks the data can't give, as far as that can be known in a moment and without a download."""

import time
from collections.abc import Iterable
from dataclasses import dataclass, field, replace

from bench.config import DataConfig, Settings
from bench.data.local import local_pool
from bench.data.pool import Pool
from bench.data.split import draw, problems
from bench.data.task import Task
from bench.errors import TaskInfeasible, UserError
from bench.sources.cache import cache_folder

SECONDS = 1.5
"""Drawing tasks ends after so long; what is left stays unchecked."""


@dataclass(frozen=True, slots=True)
class Feasibility:
    """What was found out about tasks."""

    impossible: dict[Task, str] = field(default_factory=dict)
    """Why, by task."""
    unchecked: dict[str, str] = field(default_factory=dict)
    """Data sets that tasks were not, or not all, checked against, and why."""
    characters: dict[str, float] = field(default_factory=dict)
    """Mean length of the texts of those that were read."""


def feasibility(tasks: Iterable[Task], settings: Settings, seconds: float = SECONDS) -> Feasibility:
    """Judge `tasks` as drawing them would; no seed makes a difference to that, so one stands for all."""
    found = Feasibility()
    deadline = time.monotonic() + seconds
    pools: dict[DataConfig, Pool | None] = {}
    verdicts: dict[Task, str | None] = {}
    for task in dict.fromkeys(tasks):
        kind = replace(task, seed=0)
        if kind not in verdicts:
            if task.data not in pools:
                pools[task.data] = _pool(task.data, settings, found)
            verdicts[kind] = _verdict(kind, pools[task.data], deadline, found)
        if (reason := verdicts[kind]) is not None:
            found.impossible[task] = reason
    return found


def _pool(data: DataConfig, settings: Settings, found: Feasibility) -> Pool | None:
    try:
        pool = local_pool(data, cache=cache_folder(settings.cache_dir), mirror_dir=settings.mirror_dir)
    except UserError as error:
        found.unchecked[data.name] = str(error)
        return None
    if pool is None:
        found.unchecked[data.name] = "it is not on this machine, or takes long to read"
        return None
    found.characters[data.name] = sum(map(len, pool.texts)) / len(pool.texts)
    return pool


def _verdict(task: Task, pool: Pool | None, deadline: float, found: Feasibility) -> str | None:
    """Why `task` can't be drawn; None where it can, or that is not known."""
    if reasons := problems(task):
        return "; ".join(reasons)
    if pool is None:
        return None
    if time.monotonic() > deadline:
        found.unchecked.setdefault(task.data.name, "checking all of its tasks would take too long")
        return None
    try:
        draw(task, pool)
    except TaskInfeasible as error:
        return str(error)
    return None
