"""The cells that a report is about, and the records that they left."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from bench.report.statistics.points import Point
from bench.results.measurements import Measurements
from bench.results.record import Record, Status
from bench.results.store import UnreadableRecord, read
from bench.running.garbage import gc_disabled

Content = TypeVar("Content")
CellRecord = Record | UnreadableRecord | None
"""What is in a cell's folder: its record, one that can't be used (and why), or none."""


@dataclass(frozen=True, slots=True)
class ExpectedCell:
    """One cell of the grid, whether or not it ran."""

    folder: Path
    """Where its record is, if it has one."""
    key: str
    model: str
    method: str | None
    data: str
    num_labels: int
    train_size: int
    """0 where no training examples are used: the cell then stands for every size."""
    seed: int
    published_as: tuple[str, str] | None = None
    """Model (its hub id where it has one) and method as publications name them; null: as they are named here."""
    command: str | None = None
    """What runs the cell again, where that is known."""
    role: str = "fine-tuning"
    """What its method counts as (`bench.config.method.base.Role`): only classical rows can be the baseline."""
    names: tuple[str, str] = ("", "")
    """What people call its row and its data set; empty: as they are named."""
    needed: bool = True
    """Whether somebody misses it where it has no record: a race leaves out what would change no answer."""

    @property
    def row(self) -> str:
        """The cell's row in figures and tables: model and method; the model alone where it has no method."""
        return self.model if self.method is None else f"{self.model} {self.method}"


Seeds = Mapping[int, Measurements]
"""What was measured at one point, by seed."""
Points = Mapping[Point, Seeds]


def read_records(expected: Iterable[ExpectedCell]) -> dict[ExpectedCell, CellRecord]:
    """Look into every cell's folder, once; equal entries count once and keep their order."""
    with gc_disabled():
        return {cell: read_checked(cell) for cell in dict.fromkeys(expected)}


def read_checked(cell: ExpectedCell) -> CellRecord:
    """The cell's own record; one that says `ok` without numbers, or is another cell's, can't be used."""
    try:
        record = read(cell.folder)
    except UnreadableRecord as error:
        return error
    if record is None:
        return None
    if record.key != cell.key:
        return UnreadableRecord(f"the record is another cell's: its key is {record.key}")
    if record.status is Status.OK and record.measurements is None:
        return UnreadableRecord("the record says ok and has no measurements")
    return record


def measured_points(found: Mapping[ExpectedCell, CellRecord], data: str) -> Points:
    """What the `ok` cells of one data set measured, by point of the grid and seed, in the order of `found`."""
    points: dict[Point, dict[int, Measurements]] = {}
    for cell, record in found.items():
        if cell.data != data or not isinstance(record, Record) or record.status is not Status.OK:
            continue
        assert record.measurements is not None  # `read_checked` saw to it
        point = Point(cell.row, cell.num_labels, cell.train_size)
        points.setdefault(point, {})[cell.seed] = record.measurements
    return points


def display_names(cells: Iterable[ExpectedCell]) -> dict[str, str]:
    """What people call each row; rows that would be called alike have their names behind it."""
    given = {cell.row: cell.names[0] or cell.row for cell in cells}
    called = Counter(given.values())
    return {row: name if called[name] == 1 else f"{name} ({row})" for row, name in given.items()}


def split_of(record: Record) -> str | None:
    """The name of the split that drew the cell's examples; None where its record does not say."""
    task = record.configuration.identity.get("task")
    split = task.get("split") if isinstance(task, Mapping) else None
    name = split.get("name") if isinstance(split, Mapping) else None
    return name if isinstance(name, str) else None


def in_order(points: Mapping[Point, Content], rows: Sequence[str]) -> dict[Point, Content]:
    """`points` by row in the order of `rows`, then by label count and size."""
    return dict(sorted(points.items(), key=lambda item: (rows.index(item[0].row), item[0][1:])))


def at_largest_size(points: Mapping[Point, Content]) -> dict[Point, Content]:
    """Of each row and label count, the point with the most training examples."""
    largest: dict[tuple[str, int], int] = {}
    for point in points:
        place = (point.row, point.num_labels)
        largest[place] = max(point.train_size, largest.get(place, 0))
    return {point: seeds for point, seeds in points.items() if point.train_size == largest[point.row, point.num_labels]}
