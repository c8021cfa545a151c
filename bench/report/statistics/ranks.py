"""Ranks of rows over tasks, and which rows they tell apart: Friedman's test, then Nemenyi's (Demšar, JMLR 2006)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy import stats

from bench.report.statistics.correctness import Grid, sample_of

MIN_TASKS = 6
MIN_ROWS = 3


@dataclass(frozen=True, slots=True)
class Ranks:
    """Rows by average rank, 1 the best."""

    average: Mapping[str, float]
    """Rising."""
    tasks: tuple[str, ...]
    """The tasks that all of these rows have."""
    left_out: tuple[str, ...]
    """Rows that lack one of the tasks."""
    p: float | None
    """Friedman's; null where there are too few tasks or rows for a test."""
    critical_difference: float | None
    """Average ranks further apart than this differ at the 5 % level (Nemenyi); null as `p` is."""
    reason: str
    """Why there is no test; empty where there is one."""

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
    """Mean accuracies, rows x tasks, by data set; a task is a label count of a data set, its sizes averaged.

    Sizes share test examples and the smaller training sets are parts of the larger, so they are no tasks of their own.
    A row's mean is over the sizes that all trained rows of the task have; rows without one of these are null there.
    """
    columns: dict[str, dict[str, float]] = {}
    for data, grid in grids.items():
        for labels in sorted({point.num_labels for point in grid}):
            columns[f"{data}, {labels} labels"] = _means(grid, labels)
    return pd.DataFrame(columns)


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
    """Rank `rows` (all by default) over the tasks of `scores` (rows x tasks, higher is better).

    Rows that lack a task that most have are left out; ties share the mean of their ranks. Below `MIN_TASKS` tasks or
    `MIN_ROWS` rows there are ranks and no test: Friedman's chi-square can't be trusted then.
    """
    chosen = scores if rows is None else scores.loc[list(rows)]
    chosen = chosen.dropna(axis="columns", how="all")
    whole = chosen.dropna(axis="index")
    left_out = tuple(str(row) for row in chosen.index if row not in whole.index)
    ranks = whole.rank(axis="index", ascending=False)
    average = {str(row): float(value) for row, value in ranks.mean(axis="columns").sort_values(kind="stable").items()}
    tasks = tuple(map(str, whole.columns))
    if reason := _too_few(len(average), len(tasks)):
        return Ranks(average, tasks, left_out, None, None, reason)
    p = float(stats.friedmanchisquare(*whole.to_numpy()).pvalue)
    return Ranks(average, tasks, left_out, p, critical_difference(len(average), len(tasks)), "")


def _too_few(rows: int, tasks: int) -> str:
    if rows < MIN_ROWS:
        return f"a test of ranks needs at least {MIN_ROWS} rows that have every task; there are {rows}"
    if tasks < MIN_TASKS:
        are = "is" if tasks == 1 else "are"
        return f"a test of ranks needs at least {MIN_TASKS} tasks (data sets, label counts); there {are} {tasks}"
    return ""


def critical_difference(rows: int, tasks: int, alpha: float = 0.05) -> float:
    """Nemenyi's critical difference of average ranks: q / sqrt(2) x sqrt(k (k + 1) / (6 N)) (Demšar, 2006)."""
    q = float(stats.studentized_range.ppf(1 - alpha, rows, np.inf)) / np.sqrt(2)
    return float(q * np.sqrt(rows * (rows + 1) / (6 * tasks)))
