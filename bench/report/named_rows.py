"""Which rows of a big grid figures tell apart; the others are grey, for nobody can follow forty colours."""

from collections.abc import Collection, Iterable, Sequence
from itertools import zip_longest

import pandas as pd

from bench.report.fitted import best_first
from bench.report.statistics.correctness import Grid

MOST_NAMED, FEW_NAMED = 16, 10
"""Rows that are all named; how many are where there are more."""


def named_rows(rows: Sequence[str], grid: Grid, always: Iterable[str] = ()) -> list[str]:
    """All of `rows` if they are few. Else the rows `always`, then the best of each label count, then the second best,
    and so on; where there are no answers to say which are best, the first ones. In the order of `rows`."""
    if len(rows) <= MOST_NAMED:
        return list(rows)
    ranked = [best_first(grid, labels) for labels in sorted({point.num_labels for point in grid})]
    in_turn = [row for places in zip_longest(*ranked) for row in places if row is not None]
    chosen = dict.fromkeys(always)
    for row in (*in_turn, *rows):
        if len(chosen) < FEW_NAMED:
            chosen[row] = None
    return [row for row in rows if row in chosen]


def named_and_others(
    rows: Iterable[str], frame: pd.DataFrame, named: Collection[str] | None
) -> tuple[list[str], list[str]]:
    """Those of `rows` that `frame` has, in two parts: what a figure names (None: all), and the others."""
    met = set(frame["row"])
    there = [row for row in rows if row in met]
    told = [row for row in there if named is None or row in named]
    return told, [row for row in there if row not in told]
