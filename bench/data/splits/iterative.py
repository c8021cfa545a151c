"""Parts of rows that may have several labels or none, each label in its proportion: iterative stratification.

Sechidis, Tsoumakas & Vlahavas 2011, On the stratification of multi-label data, algorithm 1: again and again the label
with the fewest rows left is taken, and its rows go where most of it is still wanted. Here sizes of parts are exact, and
rows come in the order of a hash, so that a part is the same on every machine.
"""

from collections.abc import Iterable, Mapping, Sequence

Target = tuple[int, ...]
"""1 for each label that a row has, 0 for the others."""


def parted(
    rows: Sequence[int], targets: Mapping[int, Target], sizes: Sequence[int], first: Sequence[int] = ()
) -> list[list[int]]:
    """`rows` in parts of `sizes`, which add up to all of them; `targets` are by row number. Of equal parts the one that
    wants most rows gets a row, then the first. Those of `rows` that are in `first` are in the first part, and count
    there for what it wants."""
    total = len(rows)
    assert sum(sizes) == total
    room = list(sizes)
    rows_of: dict[int, dict[int, None]] = {}
    for row in rows:
        for label in _labels(targets[row]):
            rows_of.setdefault(label, {})[row] = None
    wanted = {label: [len(own) * size / max(total, 1) for size in sizes] for label, own in rows_of.items()}
    parts: list[list[int]] = [[] for _ in sizes]

    def put(row: int, part: int) -> None:
        parts[part].append(row)
        room[part] -= 1
        for label in _labels(targets[row]):
            wanted[label][part] -= 1
            del rows_of[label][row]

    for row in first:
        put(row, 0)
    open_labels = {label for label in rows_of if rows_of[label]}
    while open_labels:
        rarest = min(open_labels, key=lambda label: (len(rows_of[label]), label))
        for row in list(rows_of[rarest]):
            put(row, _most_wanting(wanted[rarest], room))
        open_labels = {label for label in open_labels if rows_of[label]}
    placed = set(first)
    for row in rows:
        if not any(targets[row]) and row not in placed:
            part = max(range(len(room)), key=lambda place: (room[place] / max(sizes[place], 1), room[place], -place))
            parts[part].append(row)
            room[part] -= 1
    return parts


def first_of(rows: Sequence[int], targets: Mapping[int, Target], size: int) -> list[int]:
    """The first `size` of `rows` in an order of which every beginning has the labels in about their proportions.

    A smaller size gives a part of what a bigger one gives. At the beginning stands a row of each label, which counts
    for its labels in all that is longer. All rows are halved by `parted`, and the halves again: what is asked for is
    some of these parts, and of the last one a beginning.
    """
    first = _covering(rows, targets)
    if size <= len(first):
        return first[:size]
    taken: list[int] = []
    left, missing = list(rows), size
    while missing:
        if missing >= len(left):
            return taken + left
        half = max((len(left) + 1) // 2, len(first))
        one, other = parted(left, targets, (half, len(left) - half), first)
        if missing <= len(one):
            left = one
        else:
            taken += one
            missing -= len(one)
            left, first = other, []
    return taken


def _covering(rows: Sequence[int], targets: Mapping[int, Target]) -> list[int]:
    """A row of each label that is there, the rarest label first; a row may stand for several."""
    rows_of: dict[int, list[int]] = {}
    for row in rows:
        for label in _labels(targets[row]):
            rows_of.setdefault(label, []).append(row)
    chosen: list[int] = []
    met: set[int] = set()
    for label in sorted(rows_of, key=lambda label: (len(rows_of[label]), label)):
        if label not in met:
            chosen.append(rows_of[label][0])
            met.update(_labels(targets[chosen[-1]]))
    return chosen


def _most_wanting(wanted: Sequence[float], room: Sequence[int]) -> int:
    open_parts = [place for place, left in enumerate(room) if left > 0]
    return max(open_parts, key=lambda place: (wanted[place], room[place], -place))


def _labels(target: Target) -> Iterable[int]:
    return [label for label, has in enumerate(target) if has]
