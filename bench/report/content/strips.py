"""Dots with their intervals beside the numbers of a table, all on one scale: what differs is seen before it is read."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from math import isnan
from typing import Any

from bench.report.content.parts import Entry, Strip

Lines = Sequence[Sequence[Any]]


def with_strips(lines: Lines, column: int | None = None, *, around_zero: bool = False) -> list[list[Any]]:
    """The same lines, with `Entry.strip` where an entry has an interval: in one column, or in all, on one scale.

    With `around_zero` the scale has 0 on it, which is marked. An interval without width makes no strip: the scale would
    be nothing but it.
    """
    known = [one for line in lines for one in _entries(line, column) if _interval(one) is not None]
    ends = [end for one in known for end in _interval(one) or ()] + [0.0] * around_zero
    low, high = min(ends, default=0.0), max(ends, default=0.0)
    if not known or low == high:
        return [list(line) for line in lines]

    def place(value: float) -> float:
        return (value - low) / (high - low)

    zero = place(0.0) if around_zero else None

    def drawn(value: Any) -> Any:
        found = _interval(value) if isinstance(value, Entry) else None
        if found is None:
            return value
        left, middle, right = map(place, found)
        return replace(value, strip=Strip(left, middle, right, zero))

    return [
        [drawn(value) if column is None or number == column else value for number, value in enumerate(line)]
        for line in lines
    ]


def _entries(line: Sequence[Any], column: int | None) -> Iterable[Entry]:
    chosen = line if column is None else [line[column]]
    return (one for one in chosen if isinstance(one, Entry))


def _interval(entry: Entry) -> tuple[float, float, float] | None:
    """Low, middle and high."""
    numbers = entry.numbers or {}
    low, middle, high = (numbers.get(name) for name in ("low", "mean" if "mean" in numbers else "", "high"))
    if not (isinstance(low, float) and isinstance(middle, float) and isinstance(high, float)):
        return None
    return None if isnan(low + middle + high) else (low, middle, high)
