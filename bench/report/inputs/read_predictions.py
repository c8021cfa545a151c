"""Reading what the cells of a report answered: thousands of predictions files, once."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from bench.report.inputs.prediction_cache import keep, load
from bench.report.inputs.prediction_store import PredictionStore, UnreadablePredictions
from bench.report.inputs.records import CellRecord, ExpectedCell
from bench.report.statistics.correctness import Grid, TestPredictions
from bench.report.statistics.points import Point
from bench.results.record import Record, Status


@dataclass(frozen=True, slots=True)
class ReadPredictions:
    """What the `ok` cells of all data sets answered."""

    grids: Mapping[str, Grid]
    """The answers by data set."""
    unreadable: Mapping[ExpectedCell, str]
    """Cells that are `ok` and whose answers can't be used, with the reason."""
    library: PredictionStore = field(default_factory=PredictionStore)
    """Where it comes from; knows how sure models were."""
    used: tuple[str, ...] = ()
    """The names of the predictions files."""

    def keep(self, cache: Path) -> None:
        """Write to `cache` what was read, unless it is known there. Raises OSError."""
        if self.library.is_new:
            keep(self.library, cache, self.used)
            self.library.is_new = False


def read_predictions(found: Mapping[ExpectedCell, CellRecord], cache: Path | None = None) -> ReadPredictions:
    """The test answers of the `ok` cells among `found`, points and seeds in its order.

    `cache` is a file that is read (`ReadPredictions.keep` writes it); without it every predictions file is opened.
    """
    library = load(cache) if cache is not None else PredictionStore()
    grids: dict[str, dict[Point, dict[int, TestPredictions]]] = {}
    unreadable: dict[ExpectedCell, str] = {}
    used: list[str] = []
    for cell, record in found.items():
        if not isinstance(record, Record) or record.status is not Status.OK:
            continue
        try:
            answers = library.of(cell.folder, record)
        except UnreadablePredictions as error:
            unreadable[cell] = str(error)
            continue
        used.append(Path(str(record.predictions_file)).name)
        point = Point(cell.row, cell.num_labels, cell.train_size)
        grids.setdefault(cell.data, {}).setdefault(point, {})[cell.seed] = answers
    return ReadPredictions(grids, unreadable, library, tuple(used))
