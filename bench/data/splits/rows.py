"""Choosing and ordering rows of a pool: what all protocols draw with."""

import hashlib
import heapq
import json
from bisect import bisect_left
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

from bench.config import (
    FractionSplitConfig,
    NaturalSplitConfig,
    NestedSplitConfig,
    StratifiedSplitConfig,
    UndersampledSplitConfig,
)
from bench.data.examples import Examples, Splits
from bench.data.pool import Pool
from bench.data.problems import shown
from bench.data.sametext import compared, conflicting
from bench.data.task import Task
from bench.errors import TaskInfeasible

FEWER = "; fewer labels (num_labels) leave the rare ones out"
Deduplicating = (
    NestedSplitConfig | StratifiedSplitConfig | UndersampledSplitConfig | FractionSplitConfig | NaturalSplitConfig
)


@dataclass(frozen=True, slots=True)
class Members:
    """Row numbers by label, and how many rows were left out."""

    by_label: dict[str, list[int]]
    duplicates_dropped: int = 0
    conflicts_dropped: int = 0

    def drawn(
        self,
        pool: Pool,
        labels: Sequence[str],
        *,
        train: Iterable[Sequence[int]],
        validation: Iterable[Sequence[int]],
        test: Iterable[Sequence[int]],
    ) -> Splits:
        """The sets that were drawn of these rows, each given by its rows of every label, in the order of `labels`."""
        return Splits(
            labels=tuple(labels),
            train=gather(pool, labels, list(train)),
            validation=gather(pool, labels, list(validation)),
            test=gather(pool, labels, list(test)),
            duplicates_dropped=self.duplicates_dropped,
            conflicts_dropped=self.conflicts_dropped,
        )


def all_members(pool: Pool) -> Members:
    """Every row, repeats and all."""
    return Members(_by_label(range(len(pool.ids)), pool))


def members_of(pool: Pool, split: Deduplicating) -> Members:
    """Rows by label as `split` says: each text once, where it says `deduplicate`.

    Of repeated texts the one with the smallest id stays, so the choice does not hang on the order of the source. Of
    texts under several labels none does, with `conflicts=drop`; else one (that of the source's first row, unless texts
    are compared `exact`). Raises TaskInfeasible for such texts with `conflicts=refuse`.
    """
    if not split.deduplicate:
        return all_members(pool)
    keys = compared(pool.texts, split.same_text)
    looks = split.same_text != "exact" or split.conflicts != "keep_first"
    torn = conflicting(pool.texts, pool.labels, split.same_text) if looks else frozenset()
    if torn and split.conflicts == "refuse":
        raise TaskInfeasible(_torn_text(pool, keys, torn))
    first: dict[str, int] = {}
    dropped = 0
    for row, key in enumerate(keys):
        if key in torn and split.conflicts == "drop":
            dropped += 1
            continue
        other = first.setdefault(key, row)
        if key not in torn and pool.ids[row] < pool.ids[other]:
            first[key] = row
    if not first:
        raise TaskInfeasible(
            f"all {dropped:,} rows have texts that stand under several labels, too: are data.text_column and "
            "data.label_column right? (split.conflicts=keep_first keeps one row of each)"
        )
    return Members(_by_label(first.values(), pool), len(pool.ids) - len(first) - dropped, dropped)


def _torn_text(pool: Pool, keys: Sequence[str], torn: Collection[str]) -> str:
    """What to say of texts under several labels that nobody wants."""
    first: dict[str, int] = {}
    example = ""
    for row, key in enumerate(keys):
        if key in torn and pool.labels[other := first.setdefault(key, row)] != pool.labels[row]:
            one, two = (f"{shown(pool.labels[each])} ({place_of(pool, each)})" for each in (other, row))
            example = f"{shown(pool.texts[other])} as {one} and {two}"
            break
    texts = "1 text stands" if len(torn) == 1 else f"{len(torn):,} texts stand"
    return (
        f"{texts} under several labels: {example}; split.conflicts=refuse wants none: mend them, or "
        "split.conflicts=drop leaves their rows out, keep_first keeps one row of each"
    )


def place_of(pool: Pool, row: int) -> str:
    """Where an example stands, for messages: its place in a file, or its id."""
    return pool.ids[row] if pool.where is None else pool.where(row)


def _by_label(rows: Iterable[int], pool: Pool) -> dict[str, list[int]]:
    members: dict[str, list[int]] = {}
    for row in rows:
        members.setdefault(pool.labels[row], []).append(row)
    return members


def select_labels(counts: Mapping[str, int], task: Task) -> list[str]:
    """The task's labels: those it names, or the most frequent ones, ties by name.

    Raises TaskInfeasible where the data has fewer labels.
    """
    if task.labels is not None:
        if unknown := [label for label in task.labels if label not in counts]:
            raise TaskInfeasible(f"data.label_sets names {', '.join(unknown)}, which {task.data.name} does not have")
        return list(task.labels)
    if task.num_labels > len(counts):
        raise TaskInfeasible(f"num_labels={task.num_labels}, but {task.data.name} has {len(counts)} labels")
    return sorted(counts, key=lambda label: (-counts[label], label))[: task.num_labels]


def by_hash(rows: Iterable[int], ids: Sequence[str], parts: tuple[str | int, ...]) -> list[int]:
    """`rows` in the order of a hash of `parts` and each row's id."""
    prefix = hashlib.sha256(json.dumps(parts).encode())

    def place(row: int) -> bytes:
        digest = prefix.copy()
        digest.update(ids[row].encode())
        return digest.digest()

    return sorted(rows, key=place)


def allocate(total: int, counts: Mapping[str, int]) -> dict[str, int]:
    """`total` examples shared out among the labels in proportion to `counts`, at least one each.

    By Sainte-Laguë's divisors. For two labels that is what the largest remainders give; for more, a bigger total
    never gives a label fewer, which largest remainders do not promise (the "Alabama paradox") and nested training
    sets need. A `total` of all examples gives `counts`. `total` is at least the number of labels.
    """
    shares = _most_of(total, counts)
    queue = [(-count / (2 * shares[label] + 1), index, label) for index, (label, count) in enumerate(counts.items())]
    heapq.heapify(queue)
    for _ in range(total - sum(shares.values())):
        _, index, label = queue[0]
        shares[label] += 1
        heapq.heapreplace(queue, (-counts[label] / (2 * shares[label] + 1), index, label))
    return shares


def _most_of(total: int, counts: Mapping[str, int]) -> dict[str, int]:
    """Shares as `allocate` gives them for a total a little smaller, in one step: those of one divisor."""

    def at(divisor: float) -> dict[str, int]:
        return {label: max(1, int(count / divisor + 0.5)) for label, count in counts.items()}

    low, high = 0.0, 2.0 * max(counts.values(), default=1) + 1
    for _ in range(60):
        middle = (low + high) / 2
        if sum(at(middle).values()) > total:
            low = middle
        else:
            high = middle
    return at(high * (1 + 1e-9))  # beyond what rounding may do


def refuse_scarce(
    task: Task, available: Mapping[str, int], needed: Callable[[int], Mapping[str, int]], with_what: str
) -> None:
    """Raise TaskInfeasible where a label has fewer `available` examples than are `needed` for the training size.

    `needed` gives the examples of each label, training and other sets together, and grows with the size; the
    message says which label is short and what size fits. `with_what` names the other sets.
    """

    def short(train_size: int) -> str | None:
        wanted = needed(train_size)
        return next((label for label, count in available.items() if wanted[label] > count), None)

    if (label := short(task.train_size)) is None:
        return
    sizes = range(task.num_labels, task.train_size)
    fitting = bisect_left(sizes, True, key=lambda size: short(size) is not None)
    most = sizes[fitting - 1] if fitting else None
    limit = f"at most train_size={most} fits" if fitting else f"no training size fits{FEWER}"
    raise TaskInfeasible(
        f"train_size={task.train_size} {with_what} needs {needed(task.train_size)[label]} examples of {label!r}, and "
        f"there are {available[label]} in {task.data.name}: {limit}",
        fitting=most,
    )


def gather(pool: Pool, labels: Sequence[str], rows: Sequence[Sequence[int]]) -> Examples:
    """Examples of all labels, taken in turn, so that any prefix is about balanced where the sets are."""
    longest = max((len(group) for group in rows), default=0)
    order = [(group[i], index) for i in range(longest) for index, group in enumerate(rows) if i < len(group)]
    return Examples(
        ids=tuple(pool.ids[row] for row, _ in order),
        texts=tuple(pool.texts[row] for row, _ in order),
        labels=tuple(index for _, index in order),
    )
