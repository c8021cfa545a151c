"""Which rows of a big grid figures tell apart; the others are grey, for nobody can follow forty colours."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from itertools import zip_longest

import pandas as pd

from bench.report.statistics.correctness import Grid
from bench.report.statistics.fitted_curves import best_first
from bench.report.statistics.points import Point

MAX_NAMED, FEW_NAMED = 16, 10
"""Rows that are all named; how many are where there are more."""


def named_rows(rows: Sequence[str], grid: Grid, always: Iterable[str] = ()) -> list[str]:
    """All of `rows` if they are few. Else the rows `always`, then the best of each label count, then the second best,
    and so on; where there are no answers to say which are best, the first ones. In the order of `rows`."""
    if len(rows) <= MAX_NAMED:
        return list(rows)
    ranked = [best_first(grid, labels) for labels in sorted({point.num_labels for point in grid})]
    in_turn = [row for places in zip_longest(*ranked) for row in places if row is not None]
    chosen = dict.fromkeys(always)
    for row in (*in_turn, *rows):
        if len(chosen) < FEW_NAMED:
            chosen[row] = None
    return [row for row in rows if row in chosen]


def best_rows(accuracies: Mapping[Point, float], most: int, always: Iterable[str] = ()) -> list[str]:
    """All rows if there are at most `most`. Else the rows `always`, then the best of each label count, then the second
    best, and so on, up to `most`; `accuracies` have one point a row and label count."""
    by_count: dict[int, list[Point]] = {}
    for point in sorted(accuracies, key=lambda point: -accuracies[point]):
        by_count.setdefault(point.num_labels, []).append(point)
    ranked = [by_count[labels] for labels in sorted(by_count)]
    in_turn = [point.row for places in zip_longest(*ranked) for point in places if point is not None]
    return list(dict.fromkeys([*always, *in_turn]))[:most]


def named_and_others(
    rows: Iterable[str], frame: pd.DataFrame, named: Collection[str] | None
) -> tuple[list[str], list[str]]:
    """Those of `rows` that `frame` has, in two parts: what a figure names (None: all), and the others."""
    met = set(frame["row"])
    there = [row for row in rows if row in met]
    told = [row for row in there if named is None or row in named]
    return told, [row for row in there if row not in told]
