"""Drawing a task's training, validation and test examples from the pool, by the protocol that `split` names.

Every order is by hash or the source's own. By hash, an example's place depends on the data set's name, its label,
the purpose and (where a protocol redraws) the seed, and on nothing else. So a draw is the same on every machine and
in every version.
"""

import functools
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from types import ModuleType
from typing import Any

from bench.data.examples import Examples, Source, Splits
from bench.data.pool import Pool
from bench.data.sametext import conflicting
from bench.data.splits import label_sets, natural, nested, official, published, stratified, undersampled
from bench.data.task import Task
from bench.errors import TaskInfeasible
from bench.kind import MULTI_LABEL

__all__ = ["Examples", "Source", "Splits", "draw", "problems", "source"]

PROTOCOLS: dict[str, ModuleType] = {
    "nested": nested,
    "published": published,
    "stratified": stratified,
    "undersampled": undersampled,
    "official": official,
    "fraction": official,
    "natural": natural,
}
"""The module whose `draw(task, pool)` does the work, by `split.name`."""


def draw(task: Task, pool: Pool) -> Splits:
    """The task's examples out of `pool`: disjoint sets, of each label at least one for training and validation.

    Raises TaskInfeasible, naming the label and the limit, where the pool can't give them.
    """
    if found := problems(task):
        raise TaskInfeasible("; ".join(found))
    if task.test_only:  # what trains has no effect on what tests: as little as any split gives
        smallest = replace(task, test_only=False, train_size=task.train_size or task.num_labels)
        return draw(smallest, pool).for_testing(validates=task.validates)
    protocol = label_sets if task.kind == MULTI_LABEL else PROTOCOLS[task.split.name]
    splits: Splits = protocol.draw(task, pool)
    known = source(pool, splits.labels)
    if untested := _untested(splits):
        known = replace(known, notes=(*known.notes, f"no test example has the label {', '.join(map(repr, untested))}"))
    return replace(splits, source=known)


def _untested(splits: Splits) -> list[str]:
    """Labels that no test example has."""
    tested = {
        label
        for target in set(splits.test.labels)
        for label in ([target] if isinstance(target, int) else [place for place, has in enumerate(target) if has])
    }
    return [label for number, label in enumerate(splits.labels) if number not in tested]


def source(pool: Pool, labels: Sequence[str]) -> Source:
    """What the pool holds beside a task's labels."""
    counts = _counted(pool.labels)
    rows_of_labels = sum(counts[label] for label in labels)
    if pool.label_sets:
        sets, wanted = _counted(pool.label_sets), set(labels)
        rows_of_labels = sum(rows for names, rows in sets.items() if not names or wanted & set(names))
        counts = pool.label_counts()
    return Source(
        rows=len(pool.ids),
        labels=len(counts),
        rows_of_labels=rows_of_labels,
        conflicting_texts=len(conflicting(pool.texts, pool.labels, "normalized")),
        notes=pool.notes,
        cleaned=pool.cleaned,
    )


@functools.lru_cache(maxsize=4)
def _counted(labels: tuple[Any, ...]) -> Counter[Any]:
    return Counter(labels)


def problems(task: Task) -> list[str]:
    """What can be known to be impossible before any data is read."""
    own = published.problems(task) if task.split.name == "published" else []
    of_kind = label_sets.problems(task) if task.kind == MULTI_LABEL else []
    return [*task.problems(), *own, *of_kind]
