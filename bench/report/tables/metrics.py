"""Every metric that the records have, row by row: for looking up, where figures show one or two."""

from typing import Any

import pandas as pd

from bench.report.content.parts import Entry, Titled, point_id
from bench.report.content.table import table
from bench.report.content.wording import UNTRAINED, deviation_text, in_words, metric_words, number_text, seeds_text
from bench.report.statistics.metrics import lower_is_better, metric_columns
from bench.report.tables.results import shades, state_of


def metrics_table(summary: pd.DataFrame) -> Titled:
    """A line for each row and label count, of its largest training size; a column for each metric that was measured.

    `summary` is of one data set. Means over seeds with their deviation; nothing where a metric was not measured.
    """
    largest = summary.sort_values("train_size").groupby(["row", "num_labels"], observed=True, sort=False).tail(1)
    points = largest.sort_values(["num_labels", "row"])
    metrics = [metric for metric in metric_columns() if points[f"{metric}_mean"].notna().any()]
    scales = {
        (labels, metric): shades(group[f"{metric}_mean"], metric)
        for labels, group in points.groupby("num_labels")
        for metric in metrics
    }
    lines = []
    for _, point in points.iterrows():
        place = point_id(point["data"], point["row"], point["num_labels"], point["train_size"])
        size = f"{point['train_size']:,}" if point["train_size"] else UNTRAINED
        state = state_of(point["n_ok"], point["n_expected"], point["not_ok"])
        seeds = in_words(point["not_ok"]) if point["n_ok"] == 0 else seeds_text(point["n_ok"], point["n_expected"])
        entries = [_entry(point, metric, scales[point["num_labels"], metric], place) for metric in metrics]
        lines.append([point["row"], point["num_labels"], size, *entries, Entry(seeds, state, place)])
    header = ["row", "labels", "training examples", *map(_head, metrics), "seeds"]
    return Titled("All metrics", table(header, lines), name="metrics")


def _head(metric: str) -> str:
    words = metric_words(metric).removeprefix("test ")
    return f"{words} (lower is better)" if lower_is_better(metric) else words


def _entry(point: pd.Series, metric: str, shade: Any, place: str) -> Entry | str:
    mean, deviation = point[f"{metric}_mean"], point[f"{metric}_sd"]
    if pd.isna(mean):
        return ""
    spread = "" if pd.isna(deviation) else f" {deviation_text(deviation)}"
    return Entry(f"{number_text(mean)}{spread}", "", place, shade(mean))
