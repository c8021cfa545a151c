"""Parts of rows that may have several labels or none, each label in its proportion: iterative stratification.

Sechidis, Tsoumakas & Vlahavas 2011, On the stratification of multi-label data, algorithm 1: again and again the label
with the fewest rows left is taken, and its rows go where most of it is still wanted. Here sizes of parts are exact, and
rows come in the order of a hash, so that a part is the same on every machine.
"""

from collections.abc import Iterable, Mapping, Sequence

Target = tuple[int, ...]
"""1 for each label that a row has, 0 for the others."""


def parted(rows: Sequence[int], targets: Mapping[int, Target], sizes: Sequence[int]) -> list[list[int]]:
    """`rows` in parts of `sizes`, which add up to all of them; `targets` are by row number. Of equal parts the one that
    wants most rows gets a row, then the first."""
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

    open_labels = set(rows_of)
    while open_labels:
        rarest = min(open_labels, key=lambda label: (len(rows_of[label]), label))
        for row in list(rows_of[rarest]):
            put(row, _most_wanting(wanted[rarest], room))
        open_labels = {label for label in open_labels if rows_of[label]}
    for row in rows:
        if not any(targets[row]):
            part = max(range(len(room)), key=lambda place: (room[place] / max(sizes[place], 1), room[place], -place))
            parts[part].append(row)
            room[part] -= 1
    return parts


def first_of(rows: Sequence[int], targets: Mapping[int, Target], size: int) -> list[int]:
    """The first `size` of `rows` in an order of which every beginning has the labels in about their proportions.

    A smaller size gives a part of what a bigger one gives. At the beginning stands a row of each label; the rest is
    halved by `parted`, and its halves again: what is asked for is some of these parts, and of the last one a beginning.
    """
    covering = _covering(rows, targets)
    if size <= len(covering):
        return covering[:size]
    taken, first = list(covering), set(covering)
    left = [row for row in rows if row not in first]
    missing = size - len(taken)
    while missing:
        if missing >= len(left):
            return taken + left
        half = (len(left) + 1) // 2
        one, other = parted(left, targets, (half, len(left) - half))
        if missing <= len(one):
            left = one
        else:
            taken += one
            missing -= len(one)
            left = other
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
