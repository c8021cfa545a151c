"""Which row an experiment's records speak for: by the rule of its report, among the rows that were asked for."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from bench.cell import Cell
from bench.errors import UserError
from bench.report.inputs.frame import cells_frame, summary_frame
from bench.report.inputs.read_predictions import read_predictions
from bench.report.inputs.records import ExpectedCell, read_records
from bench.report.options import ReportOptions
from bench.report.sections.answers import not_run
from bench.report.statistics.answers import Answer, answer
from bench.report.statistics.ceilings import ANY, Ceiling
from bench.report.statistics.correctness import places, sample_of
from bench.report.statistics.intervals import Interval, mean_interval
from bench.report.statistics.ties import Contender
from bench.report.view import View, views
from bench.results.record import Record, Status
from bench.wording import counted


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What the row is looked for among, and where."""

    ceiling: Ceiling = ANY
    """What a training may cost."""
    row: str | None = None
    """This row alone, whatever the report says of it."""
    num_labels: int | None = None
    """None: the most that there are."""
    train_size: int | None = None
    """None: the most that there are."""


@dataclass(frozen=True, slots=True)
class Choice:
    """The row that was found, and what it was found by."""

    view: View
    answer: Answer
    """The report's, under the ceiling."""
    row: str
    """Its name in the report."""
    score: Interval
    """Of its cells, in the metric that rows are compared by."""
    behind: Contender | None
    """How it stands to the report's row, where another was asked for and the two can be compared."""
    finished: tuple[tuple[Cell, Record], ...]
    """Its `ok` cells there, by seed."""


def choose(cells: Sequence[Cell], expected: Sequence[ExpectedCell], options: ReportOptions, wanted: Wanted) -> Choice:
    """The row of `cells`, which `expected` knows as a report does, that its page recommends, or that is asked for.

    Raises UserError where no cell is finished, or none of what is `wanted`.
    """
    view = _view(expected, options)
    _check(view, wanted)
    place = _place(view, wanted)
    found = answer(view.verdicts, view.costs, place, wanted.ceiling, not_run(view).get(place, ()))
    if found is None:
        raise UserError(
            f"no row is left to choose from: above the limit are {', '.join(view.verdicts.rows_at(*place))}"
        )
    row = wanted.row or found.named
    behind = next((each for each in found.others if each.row == row), None)
    return Choice(
        view=view,
        answer=found,
        row=row,
        score=mean_interval(sample_of(view.verdicts.rows_at(*place)[row])),
        behind=behind,
        finished=_finished(view, cells, row, place),
    )


def _view(expected: Sequence[ExpectedCell], options: ReportOptions) -> View:
    """What the report knows. Raises UserError where there is nothing, or more than one data set."""
    found = read_records(expected)
    done = sum(isinstance(record, Record) and record.status is Status.OK for record in found.values())
    if not done:
        raise UserError(
            f"none of {counted(len(found), 'cell')} of {options.title} is finished, so no row can be named: "
            "`bench sweep` with the same words runs them"
        )
    data_sets = list(dict.fromkeys(cell.data for cell in expected))
    if len(data_sets) > 1:
        raise UserError(
            f"{options.title} has {len(data_sets)} data sets ({', '.join(data_sets)}): choose one, data=..."
        )
    frame, read = cells_frame(expected, found), read_predictions(found)
    (view,) = views(
        frame, found, read, options, summary=summary_frame(frame), folder=Path(), suffixes=dict.fromkeys(data_sets, "")
    )
    if not any(not view.verdicts.is_unequal(*place) for place in places(view.compared)):
        why = "their predictions are gone" if not view.predictions else "rows did not have the same examples"
        raise UserError(f"the finished cells of {options.title} cannot be compared: {why}")
    return view


def _check(view: View, wanted: Wanted) -> None:
    """Raise UserError where what is wanted has no effect, or is no row."""
    if wanted.row is not None and wanted.row not in view.rows:
        raise UserError(f"--row {wanted.row!r}: there are {', '.join(view.rows)}")
    if wanted.ceiling.kind == "price":
        if view.options.price_per_gpu_hour is None:
            raise UserError("--max-price needs price_per_gpu_hour=..., the price of a GPU for an hour")
        if not any(cost.on_gpu for cost in view.costs.values()):
            raise UserError("--max-price has no effect: none of these cells ran on a GPU, so none has a price")


def _place(view: View, wanted: Wanted) -> tuple[int, int]:
    """The label count and training size that is wanted: by default the most labels, and there the most examples.

    Raises UserError where there is none.
    """
    found = [place for place in places(view.compared) if not view.verdicts.is_unequal(*place)]
    if wanted.row is not None:
        found = [place for place in found if wanted.row in view.verdicts.rows_at(*place)]
    here = [
        (labels, size)
        for labels, size in found
        if wanted.num_labels in (None, labels) and wanted.train_size in (None, size)
    ]
    if not here:
        known = ", ".join(f"--labels={labels} --examples={size}" for labels, size in found)
        raise UserError(f"no finished cells there; there are {known or 'none'}")
    return max(here)


def _finished(view: View, cells: Sequence[Cell], row: str, place: tuple[int, int]) -> tuple[tuple[Cell, Record], ...]:
    """The `ok` cells of a row at a place. Raises UserError where nothing of it can be trained."""
    by_key = {cell.key: cell for cell in cells}
    finished = [
        (by_key[expected.key], record)
        for expected, record in view.found.items()
        if isinstance(record, Record)
        and record.status is Status.OK
        and (expected.row, expected.num_labels) == (row, place[0])
        and expected.train_size in (place[1], 0)
    ]
    if finished[0][0].approach.kept_as is None:
        others = [other for other in view.verdicts.rows_at(*place) if other != row]
        hint = f"; --row takes another: {', '.join(others)}" if others else ""
        raise UserError(f"the predictions of {row} were made elsewhere: there is nothing to train{hint}")
    return tuple(sorted(finished, key=lambda pair: pair[0].task.seed))
