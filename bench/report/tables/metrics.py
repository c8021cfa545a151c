"""Every metric that the records have, row by row: for looking up, where figures show one or two."""

from collections.abc import Callable, Mapping

import pandas as pd

from bench.report.content.parts import Entry, Titled, known_number, point_id, size_entry
from bench.report.content.table import table
from bench.report.content.wording import deviation_text, in_words, metric_words, number_text, seeds_text
from bench.report.statistics.metrics import lower_is_better, ordered_columns
from bench.report.statistics.points import Point
from bench.report.tables.results import shades, state_of

Limits = Mapping[tuple[Point, str], tuple[float, float]]
"""From where to where a metric (by column) may lie at a point."""


def at_largest_size(summary: pd.DataFrame) -> pd.DataFrame:
    """The points of `summary` (of one data set) with each row's most training examples, by label count and row."""
    largest = summary.sort_values("train_size").groupby(["row", "num_labels"], observed=True, sort=False).tail(1)
    return largest.sort_values(["num_labels", "row"])


def measured_metrics(points: pd.DataFrame) -> list[str]:
    """The columns of the metrics that some of these points have."""
    return [metric for metric in ordered_columns() if points[f"{metric}_mean"].notna().any()]


def metrics_table(points: pd.DataFrame, limits: Limits) -> Titled:
    """A line a point; a column a metric: means over seeds with their interval, or where there is none, the deviation.

    Nothing where a metric was not measured.
    """
    metrics = measured_metrics(points)
    lines = []
    for _, group in points.groupby("num_labels"):
        scales = {metric: shades(group[f"{metric}_mean"], metric) for metric in metrics}
        for _, line in group.iterrows():
            point = Point(str(line["row"]), int(line["num_labels"]), int(line["train_size"]))
            place = point_id(line["data"], *point)
            entries = [_entry(line, metric, place, scales[metric], limits.get((point, metric))) for metric in metrics]
            size = size_entry(point.train_size)
            lines.append([point.row, point.num_labels, size, *entries, _seeds(line, place)])
    header = ["row", "labels", "training examples", *map(_head, metrics), "seeds"]
    return Titled("All metrics [95 % interval]" if limits else "All metrics", table(header, lines), name="metrics")


def _head(metric: str) -> str:
    words = metric_words(metric).removeprefix("test ")
    return f"{words} (lower is better)" if lower_is_better(metric) else words


def _entry(
    line: pd.Series, metric: str, place: str, scale: Callable[[float], float], interval: tuple[float, float] | None
) -> Entry | str:
    mean, deviation = line[f"{metric}_mean"], line[f"{metric}_sd"]
    if pd.isna(mean):
        return ""
    low, high = interval or (None, None)
    numbers = {"mean": float(mean), "low": low, "high": high, "sd": known_number(deviation)}
    return Entry(_text(mean, deviation, interval), "", place, scale(mean), numbers)


def _text(mean: float, deviation: float, interval: tuple[float, float] | None) -> str:
    if interval is not None:
        return f"{number_text(mean)} [{number_text(interval[0])}, {number_text(interval[1])}]"
    return number_text(mean) if pd.isna(deviation) else f"{number_text(mean)} {deviation_text(deviation)}"


def _seeds(line: pd.Series, place: str) -> Entry:
    ok, expected = int(line["n_ok"]), int(line["n_expected"])
    text = seeds_text(ok, expected) if ok else in_words(line["not_ok"])
    return Entry(text, state_of(ok, expected, line["not_ok"]), place, numbers={"": ok, "expected": expected})
