"""Ranks of rows over independent data sets, and which differ: Friedman's and Nemenyi's tests (Demšar 2006)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy import stats

from bench.report.statistics.correctness import Grid, sample_of

MIN_TASKS = 3
MIN_ROWS = 3
"""Of independent data sets and of rows: below, an order says more about what was left out than about the rows."""
MIN_TESTED = 6
"""Data sets for a test."""


@dataclass(frozen=True, slots=True)
class Ranks:
    """Rows by average rank, 1 the best."""

    average: Mapping[str, float]
    """Rising; empty where there are too few data sets or rows for ranks."""
    tasks: tuple[str, ...]
    """The data sets that all of these rows have."""
    left_out: tuple[str, ...]
    """Rows that lack one of them."""
    p: float | None
    """Friedman's; null where there are too few data sets or rows for a test."""
    critical_difference: float | None
    """Average ranks further apart than this differ at the 5 % level (Nemenyi); null as `p` is."""
    reason: str
    """Why there are no ranks, or no test; empty where there is one."""

    @property
    def groups(self) -> list[tuple[str, ...]]:
        """Largest sets of neighbouring rows that the test can't tell apart: the bars of the diagram.

        All rows are one group where Friedman's test sees no difference; none where there is no test.
        """
        names = list(self.average)
        if self.p is None or self.critical_difference is None:
            return []
        if self.p >= 0.05:
            return [tuple(names)]
        groups: list[tuple[str, ...]] = []
        reached = 0
        for start, name in enumerate(names):
            near = [
                other for other in names[start:] if self.average[other] - self.average[name] <= self.critical_difference
            ]
            if len(near) > 1 and start + len(near) > reached:
                groups.append(tuple(near))
                reached = start + len(near)
        return groups


def task_scores(grids: Mapping[str, Grid]) -> pd.DataFrame:
    """Mean accuracies, rows x data sets: over label counts, and the training sizes of each.

    Only data sets are independent of each other. Label counts and sizes of one share texts, models and a row's luck:
    as tasks of their own they would make equal rows differ in 42 to 97 % of all studies. A row's mean is over the
    sizes that all trained rows of the label count have; rows that lack one, or a label count, are null there.
    """
    return pd.DataFrame({data: _over_label_counts(grid) for data, grid in grids.items()})


def _over_label_counts(grid: Grid) -> dict[str, float]:
    means = [_means(grid, labels) for labels in sorted({point.num_labels for point in grid})]
    return {row: float(np.mean([one.get(row, np.nan) for one in means])) for one in means for row in one}


def _means(grid: Grid, num_labels: int) -> dict[str, float]:
    found: dict[str, dict[int, float]] = {}
    for point, seeds in grid.items():
        if point.num_labels == num_labels:
            found.setdefault(point.row, {})[point.train_size] = sample_of(seeds).mean
    trained = [set(sizes) for sizes in found.values() if set(sizes) != {0}]
    common = sorted(set.intersection(*trained)) if trained else [0]
    means = {}
    for row, sizes in found.items():
        values = [sizes.get(size, sizes.get(0)) for size in common]
        if values and None not in values:
            means[row] = float(np.mean([value for value in values if value is not None]))
    return means


def rank_rows(scores: pd.DataFrame, rows: Sequence[str] | None = None) -> Ranks:
    """Rank `rows` (all by default) over the data sets of `scores` (`task_scores`; higher is better).

    Rows that lack a data set are left out; ties share the mean of their ranks. Below `MIN_TASKS` data sets or
    `MIN_ROWS` rows there are no ranks; below `MIN_TESTED` data sets there are ranks and no test, for Friedman's
    chi-square can't be trusted then.
    """
    chosen = scores if rows is None else scores.loc[list(rows)]
    chosen = chosen.dropna(axis="columns", how="all")
    whole = chosen.dropna(axis="index")
    left_out = tuple(str(row) for row in chosen.index if row not in whole.index)
    tasks = tuple(map(str, whole.columns))
    if reason := _too_few(len(whole), len(tasks)):
        return Ranks({}, tasks, left_out, None, None, reason)
    ranks = whole.rank(axis="index", ascending=False)
    average = {str(row): float(value) for row, value in ranks.mean(axis="columns").sort_values(kind="stable").items()}
    if len(tasks) < MIN_TESTED:
        reason = f"a test of ranks needs at least {MIN_TESTED} independent data sets; there are {len(tasks)}"
        return Ranks(average, tasks, left_out, None, None, reason)
    p = float(stats.friedmanchisquare(*whole.to_numpy()).pvalue)
    return Ranks(average, tasks, left_out, p, critical_difference(len(average), len(tasks)), "")


def _too_few(rows: int, tasks: int) -> str:
    """Why there are no ranks; empty where there are enough rows and data sets."""
    if tasks < MIN_TASKS:
        are = "is" if tasks == 1 else "are"
        return (
            f"ranks need at least {MIN_TASKS} independent data sets (label counts and sizes of one are not), and there "
            f"{are} {tasks}"
        )
    if rows < MIN_ROWS:
        are = "is" if rows == 1 else "are"
        return f"ranks need at least {MIN_ROWS} rows that have every data set, and there {are} {rows}"
    return ""


def critical_difference(rows: int, tasks: int, alpha: float = 0.05) -> float:
    """Nemenyi's critical difference of average ranks: q / sqrt(2) x sqrt(k (k + 1) / (6 N)) (Demšar, 2006)."""
    q = float(stats.studentized_range.ppf(1 - alpha, rows, np.inf)) / np.sqrt(2)
    return float(q * np.sqrt(rows * (rows + 1) / (6 * tasks)))
