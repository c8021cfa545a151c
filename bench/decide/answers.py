"""What the cells of a race have answered so far: each record is read once, and again where it was replaced."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field

from bench.metrics.metric import Metric
from bench.report.inputs.prediction_store import PredictionStore, UnreadablePredictions
from bench.report.inputs.records import ExpectedCell, read_checked, split_of
from bench.report.race.field import Field, Place
from bench.report.race.races import State
from bench.report.statistics.correctness import Grid, TestPredictions
from bench.report.statistics.deciding import by_metric, deciding
from bench.report.statistics.points import Point
from bench.results import store
from bench.results.record import Record, Status
from bench.results.store import Stamp
from bench.running.garbage import gc_relaxed


@dataclass(frozen=True, slots=True)
class Found:
    """A cell's record, as far as a race needs it."""

    stamp: Stamp
    status: Status | None
    """Null where the record, or what it answered, can't be used."""
    reason: str
    """Why it has no answers; empty where it has."""
    answers: TestPredictions | None = None
    split: str | None = None
    examples: str | None = None
    """The digest of all examples of its task."""
    seconds: float | None = None
    """Of training."""


@dataclass
class Answers:
    """By cell, what `look` found."""

    cells: Iterable[ExpectedCell]
    metric: str
    """As a report is asked for it: `auto`, or a metric's name."""
    found: dict[ExpectedCell, Found] = field(default_factory=dict)
    library: PredictionStore = field(default_factory=PredictionStore)
    metrics: dict[str, Metric] = field(default_factory=dict)
    """By which rows are compared, by data set, as `grid` found it last."""
    _scored: dict[tuple[str, TestPredictions], TestPredictions] = field(default_factory=dict)
    """Answers with their parts in a metric, by its name: each is worked out once."""

    def look(self) -> None:
        """Read the records that are new."""
        with gc_relaxed():
            for cell in self.cells:
                stamp = store.stamp(cell.folder)
                known = self.found.get(cell)
                if stamp is None:
                    self.found.pop(cell, None)
                elif known is None or known.stamp != stamp:
                    self.found[cell] = self._read(cell, stamp)

    def _read(self, cell: ExpectedCell, stamp: Stamp) -> Found:
        record = read_checked(cell)
        if not isinstance(record, Record):
            return Found(stamp, None, str(record or "its record is gone"))
        if record.status is not Status.OK or record.measurements is None:
            message = record.failure.message.strip() if record.failure is not None else ""
            return Found(stamp, record.status, message.splitlines()[-1] if message else record.status.value)
        try:
            answers = self.library.of(cell.folder, record)
        except UnreadablePredictions as error:
            return Found(stamp, None, str(error))
        measured = record.measurements
        return Found(
            stamp, record.status, "", answers, split_of(record), measured.examples.sha256, measured.seconds.train
        )

    def failed(self, wanted: Collection[str]) -> set[str]:
        """Keys of cells that ended without an answer, but for the `wanted` ones, which are to be run again."""
        return {cell.key for cell, one in self.found.items() if one.answers is None and cell.key not in wanted}

    def done(self) -> set[str]:
        """Keys of cells with an answer."""
        return {cell.key for cell, one in self.found.items() if one.answers is not None}

    def state(self, of: Field, failed: Collection[str]) -> State:
        """What the races of a field are replayed from; `failed` are keys of cells that are not tried again."""
        unequal = {place for place, rows in of.places.items() if self._is_unequal(rows.values())}
        seconds = {
            (place, row): found
            for place, rows in of.places.items()
            for row, lane in rows.items()
            if (found := self._seconds(lane.values())) is not None
        }
        grids = {data: self.grid(data) for data in dict.fromkeys(place.data for place in of.places)}
        pruned = {cell.key for cell, one in self.found.items() if one.status is Status.PRUNED}
        return State(grids, failed, pruned, unequal, seconds)

    def _is_unequal(self, lanes: Iterable[Mapping[int, ExpectedCell]]) -> bool:
        """Whether rows had other examples for one seed."""
        digests: dict[int, set[str]] = {}
        for lane in lanes:
            for seed, cell in lane.items():
                one = self.found.get(cell)
                if one is not None and one.examples is not None and cell.train_size:
                    digests.setdefault(seed, set()).add(one.examples)
        return any(len(each) > 1 for each in digests.values())

    def _seconds(self, cells: Iterable[ExpectedCell]) -> float | None:
        """The mean time of training."""
        known = [one.seconds for cell in cells if (one := self.found.get(cell)) is not None and one.seconds is not None]
        return sum(known) / len(known) if known else None

    def test_size(self, place: Place) -> int | None:
        """Test examples at a label count, where something was answered there; the fewest."""
        sizes = {
            len(one.answers.test_set)
            for cell, one in self.found.items()
            if one.answers is not None and (cell.data, cell.num_labels) == (place.data, place.num_labels)
        }
        return min(sizes, default=None)

    def plain(self, data: str) -> Grid:
        """The answers on one data set."""
        grid: dict[Point, dict[int, TestPredictions]] = {}
        for cell, one in self.found.items():
            if cell.data == data and one.answers is not None:
                point = Point(cell.row, cell.num_labels, cell.train_size)
                grid.setdefault(point, {})[cell.seed] = one.answers
        return grid

    def grid(self, data: str) -> Grid:
        """The answers on one data set, by the metric that decides there."""
        plain = self.plain(data)
        splits = {one.split for cell, one in self.found.items() if cell.data == data and one.answers is not None}
        metric = self.metrics[data] = deciding(self.metric, plain, splits).metric
        new = {
            point: {seed: one for seed, one in seeds.items() if (metric.name, one) not in self._scored}
            for point, seeds in plain.items()
        }
        for point, seeds in by_metric(new, metric).items():
            self._scored |= {(metric.name, plain[point][seed]): one for seed, one in seeds.items()}
        return {
            point: {seed: self._scored[metric.name, one] for seed, one in seeds.items()}
            for point, seeds in plain.items()
        }
