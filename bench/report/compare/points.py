"""Two sets of records by point of the grid: which seeds and examples are paired, and what that says."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from bench.metrics.deciding import AUTO
from bench.metrics.metric import Metric
from bench.report.inputs.frame import UNREADABLE, row_order, test_metrics
from bench.report.inputs.prediction_store import PredictionStore, UnreadablePredictions
from bench.report.inputs.record_rows import Cells, cells_of
from bench.report.inputs.record_sets import RecordSet
from bench.report.inputs.records import CellRecord, ExpectedCell, display_names, in_order, split_of
from bench.report.statistics.changes import (
    PointChange,
    RowChange,
    Side,
    common_part,
    corrected,
    paired_change,
    row_changes,
)
from bench.report.statistics.correctness import TestPredictions
from bench.report.statistics.deciding import Deciding, by_metric, deciding
from bench.report.statistics.metrics import TEST
from bench.report.statistics.points import Point
from bench.results.record import Record, Status

Seeds = dict[int, tuple[ExpectedCell, CellRecord]]
Points = dict[Point, Seeds]


@dataclass(frozen=True)
class Comparison:
    """Two sets of records, compared."""

    before: Cells
    after: Cells
    changes: list[PointChange]
    """All points of both sets, in the order of their rows, label counts and sizes."""
    rows: list[RowChange]
    decidings: Mapping[str, Deciding]
    """What points are compared by, by data set."""
    row_names: Mapping[str, str] = field(default_factory=dict)
    """What people call each row."""
    data_names: Mapping[str, str] = field(default_factory=dict)

    def name_of(self, row: str) -> str:
        """What people call a row."""
        return self.row_names.get(row, row)

    def metric_of(self, data: str) -> Metric:
        """What the points of a data set are compared by."""
        return self.decidings[data].metric

    @property
    def compared(self) -> list[PointChange]:
        """The points that were compared."""
        return [one for one in self.changes if one.comparison is not None]


def compare_points(
    a: RecordSet, b: RecordSet, metric: str = AUTO, library: PredictionStore | None = None
) -> Comparison:
    """Compare the records `a` and `b`, before and after, by `metric` (of `metrics.deciding`); `library` has the
    predictions that were read already."""
    before, after = cells_of(a, b)
    cells = list(dict.fromkeys([*before, *after]))
    library = library or PredictionStore()
    changes, decidings = list[PointChange](), dict[str, Deciding]()
    for data in dict.fromkeys(cell.data for cell in cells):
        one, other = (_points(data, each) for each in (before, after))
        paired = {point: _paired(one.get(point, {}), other.get(point, {}), library) for point in {**one, **other}}
        decidings[data] = _deciding(paired, (one, other), metric)
        made = _changes(data, paired, (one, other), decidings[data])
        changes += in_order(made, row_order(cells)).values()
    changes = corrected(changes)
    return Comparison(
        before=before,
        after=after,
        changes=changes,
        rows=row_changes(changes),
        decidings=decidings,
        row_names=display_names(cells),
        data_names={cell.data: cell.names[1] or cell.data for cell in cells},
    )


@dataclass(frozen=True, slots=True)
class _Paired:
    """The answers of the seeds of a point that can be compared, on the examples that both sides have."""

    before: Mapping[int, TestPredictions]
    after: Mapping[int, TestPredictions]
    why: str
    """Why seeds that finished in both can't be, or not on all examples."""


def _deciding(paired: Mapping[Point, _Paired], sides: tuple[Points, Points], asked: str) -> Deciding:
    """The metric that decides on a data set."""
    records = (record for side in sides for seeds in side.values() for _, record in seeds.values())
    splits = {split_of(record) for record in records if isinstance(record, Record)}
    return deciding(asked, {point: each.before for point, each in paired.items() if each.before}, splits)


def _changes(
    data: str, paired: Mapping[Point, _Paired], sides: tuple[Points, Points], decided: Deciding
) -> dict[Point, PointChange]:
    """The points of a data set, p not corrected."""
    was = by_metric({point: each.before for point, each in paired.items()}, decided.metric)
    now = by_metric({point: each.after for point, each in paired.items()}, decided.metric)
    made = {}
    for point, each in paired.items():
        one, other = (_side(side[point], decided.column) if point in side else None for side in sides)
        change = PointChange(data, point, one, other, why=each.why)
        made[point] = paired_change(change, was[point], now[point]) if was[point] else change
    return made


def _points(data: str, cells: Cells) -> Points:
    points: Points = {}
    for cell, record in cells.items():
        if cell.data == data:
            point = Point(cell.row, cell.num_labels, cell.train_size)
            points.setdefault(point, {})[cell.seed] = (cell, record)
    return points


def _side(seeds: Seeds, column: str) -> Side:
    ended = {
        seed: record.status.value if isinstance(record, Record) else UNREADABLE for seed, (_, record) in seeds.items()
    }
    scores = [value for _, record in seeds.values() if (value := _score(record, column)) is not None]
    return Side(ended, float(np.mean(scores)) if scores else np.nan)


def _score(record: CellRecord, column: str) -> float | None:
    if not isinstance(record, Record) or record.status is not Status.OK or record.measurements is None:
        return None
    test = record.measurements.test
    scores = test_metrics(test)
    return scores[column] if column in scores else test.metric(column.removeprefix(TEST))


def _paired(one: Seeds, other: Seeds, library: PredictionStore) -> _Paired:
    before, after, reasons = {}, {}, []
    finished = [{seed for seed, (_, record) in seeds.items() if _is_ok(record)} for seeds in (one, other)]
    common = sorted(finished[0] & finished[1])
    if all(finished) and not common:
        reasons.append("no seed finished in both")
    for seed in common:
        answers = [_answers(name, *seeds[seed], library) for name, seeds in (("A", one), ("B", other))]
        lacking = [each for each in answers if isinstance(each, str)]
        if lacking:
            reasons += lacking
            continue
        was, now = (each for each in answers if isinstance(each, TestPredictions))
        sizes = len(was.test_set), len(now.test_set)
        if _same_data(one[seed][1], other[seed][1]):
            was, now = common_part(was, now)
        if was.test_set.digest != now.test_set.digest or not len(was.test_set):
            reasons.append("other test examples")
            continue
        if len(was.test_set) < max(sizes):
            reasons.append(f"test sets differ: {len(was.test_set):,} examples of {sizes[0]:,} and {sizes[1]:,}")
        before[seed], after[seed] = was, now
    return _Paired(before, after, "; ".join(dict.fromkeys(reasons)))


def _is_ok(record: CellRecord) -> bool:
    return isinstance(record, Record) and record.status is Status.OK


def _answers(name: str, cell: ExpectedCell, record: CellRecord, library: PredictionStore) -> TestPredictions | str:
    """What a finished cell answered, or that it can't be used."""
    assert isinstance(record, Record)
    try:
        return library.of(cell.folder, record)
    except UnreadablePredictions:
        return f"the predictions of {name} are missing or damaged"


def _same_data(one: CellRecord, other: CellRecord) -> bool:
    """Whether two cells read the same rows, so that the same ids are the same texts."""
    known = [_data_of(record) for record in (one, other) if isinstance(record, Record)]
    return known[0] == known[1]


def _data_of(record: Record) -> Any:
    task = record.configuration.identity.get("task")
    return task.get("data") if isinstance(task, Mapping) else None
