"""The section with every metric that the records have, for looking up."""

from typing import Any

import pandas as pd

from bench.report.content.parts import Section
from bench.report.content.wording import AT_LARGEST
from bench.report.inputs.prediction_store import UnreadablePredictions
from bench.report.statistics.bootstrap import Draws
from bench.report.statistics.correctness import Grid, TestPredictions
from bench.report.statistics.interval_frames import interval_frame
from bench.report.statistics.metrics import metric_of
from bench.report.statistics.points import Point
from bench.report.tables.metrics import Limits, at_largest_size, measured_metrics, metrics_table
from bench.report.view import View
from bench.results.record import Record

NOTE = (
    "ROC AUC and average precision are of each label against the rest, then the mean over labels. All sizes and seeds "
    "are in results.csv."
)
OF_DEVIATIONS = "After ± is the deviation over seeds, which says nothing of the test examples."
FEW_DRAWS = 200
"""Of the bootstrap, for metrics that nothing else on the page shows."""
MAX_WORK = 500_000
"""Test examples times labels, of all seeds together, whose probabilities are read: some seconds."""


def section(view: View) -> Section | None:
    """A table of all metrics."""
    if not view.summary["n_ok"].any():
        return None
    points = at_largest_size(view.summary)
    metrics = metrics_table(points, _limits(view, points))
    deviates = any("±" in str(entry) for line in metrics.table.lines for entry in line)
    said = [AT_LARGEST, OF_DEVIATIONS, NOTE] if deviates else [AT_LARGEST, NOTE]
    return Section("All metrics", [" ".join(said)], tables=[metrics])


def _limits(view: View, points: pd.DataFrame) -> Limits:
    """Intervals of every metric at these points; of those that the page shows elsewhere, the same as there."""
    chosen = {_point(one) for one in points.itertuples()}
    answers: Grid = {point: seeds for point, seeds in view.predictions.items() if point in chosen}
    metrics = measured_metrics(points)
    others = [metric for metric in metrics if metric not in view.shown_metrics or view.intervals(metric) is None]
    frames = [view.intervals(metric) for metric in metrics if metric not in others]
    if others and is_small(answers):
        draws, probable = Draws(FEW_DRAWS), with_probabilities(view, answers)
        frames += [interval_frame(probable if _needs_probabilities(m) else answers, m, draws) for m in others]
    return {
        (_point(one), str(one.metric)): (float(one.low), float(one.high))  # type: ignore[arg-type]
        for frame in frames
        if frame is not None
        for one in frame.itertuples()
    }


def is_small(answers: Grid) -> bool:
    """Whether there are few enough answers for their probabilities to be read."""
    work = sum(len(one.test_set) * len(one.test_set.names) for seeds in answers.values() for one in seeds.values())
    return work <= MAX_WORK


def _point(line: Any) -> Point:
    return Point(str(line.row), int(line.num_labels), int(line.train_size))


def _needs_probabilities(column: str) -> bool:
    metric = metric_of(column)
    return metric is not None and metric.needs_probabilities


def with_probabilities(view: View, answers: Grid) -> Grid:
    """The same answers with their probabilities, where their files have them."""
    read: dict[Point, dict[int, TestPredictions]] = {}
    for cell, record in view.found.items():
        point = Point(cell.row, cell.num_labels, cell.train_size)
        if cell.data != view.data or not isinstance(record, Record) or cell.seed not in answers.get(point, {}):
            continue
        try:
            found = view.library.probable(cell.folder, record)
        except UnreadablePredictions:  # the page says so of all such records in one place
            continue
        if found is not None:
            read.setdefault(point, {})[cell.seed] = found
    return {point: seeds for point, seeds in read.items() if len(seeds) == len(answers[point])}
