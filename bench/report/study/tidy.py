"""Tidy tables beside the report: `points.csv`, and the intervals that `summary.csv` has beside its means."""

from collections.abc import Mapping, Sequence

import pandas as pd

from bench.report.inputs.frame import POINT
from bench.report.statistics.metrics import TEST, metric_columns

POINTS = "points.csv"
COSTS = (
    *("train_seconds", "total_seconds", "gpu_hours", "money"),
    *("peak_memory_gib", "test_examples_per_second", "energy_wh"),
)
"""Of `cost_points`: means of a seed, the same in all lines of a point."""
COLUMNS = (
    *("data", "row", "labels", "size", "metric", "mean", "low", "high", "sd", "n_seeds", "n_seeds_expected", "n_test"),
    *COSTS,
)
"""Of `points_frame`."""
Intervals = Mapping[str, pd.DataFrame]
"""Frames of `interval_frame` by metric column."""


def points_frame(summary: pd.DataFrame, cells: pd.DataFrame, intervals: Intervals, costs: pd.DataFrame) -> pd.DataFrame:
    """One line a point and metric of one data set's frames, columns `COLUMNS`; points without a finished seed have
    lines of accuracy alone, without numbers.

    `costs` are `costs.cost_points` of the same frames. `low` and `high` are 95 % intervals, null where the report has
    none of the metric; `n_test` is the smallest test set of the point's seeds.
    """
    points = with_intervals(summary, {"": intervals}, data=False)
    tests = cells.groupby(POINT, observed=True)["num_test"].min().rename("n_test").reset_index()
    points = points.merge(tests, on=POINT, how="left").merge(costs[[*POINT, *COSTS]], on=POINT, how="left")
    parts = [_of_metric(points, metric) for metric in metric_columns() if f"{metric}_mean" in points]
    return pd.concat(parts, ignore_index=True)[list(COLUMNS)]


def _of_metric(points: pd.DataFrame, metric: str) -> pd.DataFrame:
    known = points[f"{metric}_mean"].notna()
    found = points[known | (points["n_ok"] == 0)] if metric == metric_columns()[0] else points[known]
    numbers = {name: found.get(f"{metric}_{name}") for name in ("mean", "low", "high", "sd")}
    names = {"num_labels": "labels", "train_size": "size", "n_ok": "n_seeds", "n_expected": "n_seeds_expected"}
    found = found.rename(columns=names).assign(metric=metric.removeprefix(TEST), **numbers)
    # a column of nothing but gaps would have no type, and frames of a page could not be joined without a warning
    return found.astype(dict.fromkeys((*numbers, *COSTS), float))


def with_intervals(summary: pd.DataFrame, intervals: Mapping[str, Intervals], *, data: bool = True) -> pd.DataFrame:
    """`summary` with `<metric>_low` and `<metric>_high`, at its end, for each metric that some data set has intervals
    of; null elsewhere. `intervals` are by data set; with `data` false they are the only one's."""
    keys = POINT if data else POINT[1:]
    metrics: Sequence[str] = list(dict.fromkeys(metric for known in intervals.values() for metric in known))
    for metric in metrics:
        found = [known[metric].assign(data=name) for name, known in intervals.items() if metric in known]
        ends = pd.concat(found)[[*keys, "low", "high"]].astype({"row": object})
        names = {"low": f"{metric}_low", "high": f"{metric}_high"}
        summary = summary.merge(ends.rename(columns=names), on=keys, how="left")
    return summary
