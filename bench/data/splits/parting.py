"""Taking a part of the rows of each label: by hash, by whole groups, or by time. The same on every machine."""

from collections import Counter, defaultdict
from itertools import accumulate

from bench.data.pool import Pool
from bench.data.set_names import set_of
from bench.data.splits.rows import allocate, by_hash

Rows = dict[str, list[int]]
"""Row numbers by label."""


def counts_of(rows: Rows) -> dict[str, int]:
    """Rows of each label."""
    return {label: len(own) for label, own in rows.items()}


def without(rows: Rows, taken: Rows) -> Rows:
    """The other rows."""
    rest = {}
    for label, own in rows.items():
        gone = set(taken[label])
        rest[label] = [row for row in own if row not in gone]
    return rest


def is_marked(pool: Pool, name: str) -> bool:
    """Whether the source says of some rows that they are for `name`, and of some that they are for training."""
    named = {split: set_of(split) for split in dict.fromkeys(pool.splits)}
    return {name, "train"} <= set(named.values()) and all(named.values())


def by_label(rows: Rows, pool: Pool, size: int, purpose: tuple[str | int, ...]) -> Rows:
    """`size` rows in the proportions of the labels, one of each at least, and never the last two of one."""
    shares = allocate(size, counts_of(rows))
    taken = {}
    for label, own in rows.items():
        share = min(shares[label], max(len(own) - 1, 0))
        taken[label] = by_hash(own, pool.ids, (*purpose, label))[:share]
    return taken


def by_time(rows: Rows, pool: Pool, size: int) -> Rows:
    """The latest rows, about `size` of them; what has the same time stays together."""
    counts = Counter(pool.times[row] for own in rows.values() for row in own)
    latest_first = sorted(counts, reverse=True)
    if len(latest_first) < 2:
        return {label: [] for label in rows}
    ends = list(accumulate(counts[time] for time in latest_first[:-1]))
    best = min(range(len(ends)), key=lambda place: (abs(ends[place] - size), place))
    since = latest_first[best]
    return {
        label: by_hash([r for r in own if pool.times[r] >= since], pool.ids, ("time",)) for label, own in rows.items()
    }


def by_group(rows: Rows, pool: Pool, size: int, purpose: tuple[str | int, ...]) -> Rows:
    """Whole groups with about `size` rows, of each label its part, as far as groups allow; never a label's last one.

    Groups are gone through by hash, and one is taken where that brings the labels' numbers nearer to what they should
    be. A label without any is then given the smallest group that has it and is not the only one.
    """
    groups: dict[str, Counter[str]] = defaultdict(Counter)
    for label, own in rows.items():
        for row in own:
            groups[pool.groups[row]][label] += 1
    wanted = allocate(max(size, len(rows)), counts_of(rows))
    left_groups = Counter(label for counts in groups.values() for label in counts)
    have: Counter[str] = Counter()
    taken: set[str] = set()

    def take(group: str) -> None:
        taken.add(group)
        have.update(groups[group])
        left_groups.subtract(dict.fromkeys(groups[group], 1))

    names = list(groups)
    ordered = [names[place] for place in by_hash(range(len(names)), names, (*purpose, "groups"))]
    for group in ordered:
        counts = groups[group]
        gain = sum(n * (n - 2 * (wanted[label] - have[label])) / wanted[label] for label, n in counts.items())
        if gain < 0 and all(left_groups[label] > 1 for label in counts):
            take(group)
    for label in sorted(rows, key=lambda name: left_groups[name]):
        spare = [
            g for g in ordered if g not in taken and label in groups[g] and all(left_groups[n] > 1 for n in groups[g])
        ]
        if not have[label] and spare:
            take(min(spare, key=lambda group: sum(groups[group].values())))
    return {
        label: by_hash([r for r in own if pool.groups[r] in taken], pool.ids, purpose) for label, own in rows.items()
    }
