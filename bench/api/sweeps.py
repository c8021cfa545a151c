"""Running and planning cells: `sweep`, `plan`, `run_cell`."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bench.api import process
from bench.api.composing import compose, refusals
from bench.api.words import words_of
from bench.cell import Cell
from bench.errors import UserError
from bench.results import store
from bench.results.record import Record, Status
from bench.wording import counted

if TYPE_CHECKING:
    import pandas as pd

    from bench.api.report import Report
    from bench.report.inputs.records import ExpectedCell


@dataclass(frozen=True, slots=True, repr=False)
class Study:
    """A grid that was run: its cells with their records, and its report."""

    title: str
    cells: tuple[Cell, ...]
    folders: tuple[Path, ...]
    """Of the cells, in their order."""
    page: Path | None
    """The report, `index.html`; None where none was drawn (more shards than cells)."""
    all_done: bool
    """Whether every cell has a result; else `results` says what became of the others."""
    expected: "tuple[ExpectedCell, ...]"
    """The cells as the report knows them."""

    @property
    def records(self) -> dict[str, Record]:
        """The records there are, by the cells' keys."""
        found = {cell.key: store.read(folder) for cell, folder in zip(self.cells, self.folders, strict=True)}
        return {key: record for key, record in found.items() if record is not None}

    @property
    def results(self) -> "pd.DataFrame":
        """One line a cell, as of `load_results`; those that were not run are `missing`."""
        from bench.api.results import frame_of
        from bench.report.inputs.records import read_records

        return frame_of(read_records(self.expected))

    @property
    def report(self) -> "Report":
        """What the report says. Raises UserError where there is none."""
        from bench.api.report import load_report

        if self.page is None:
            raise UserError(f"{self.title} has no report")
        return load_report(self.page.parent)

    def __repr__(self) -> str:
        return f"<Study {self.title}: {counted(len(self.cells), 'cell')}, {self.page or 'no report'}>"

    def _repr_html_(self) -> str:
        return self.report._repr_html_() if self.page is not None else f"<p>{len(self.cells)} cells</p>"


def sweep(experiment: str | None = None, *, show: bool = True, **options: Any) -> Study:
    """Run what is missing of a grid and draw its report, as `bench sweep EXPERIMENT OPTION=VALUE`.

    `options` are those of Hydra: `model="minilm"`, `seed=[0, 1]` (values to cross), `training={"learning_rate": 1e-3}`
    or `**{"training.learning_rate": 1e-3}`. With `show` its progress goes to the caller's output. A cell that fails
    ends nothing: `Study.results` says which. Raises UserError, before anything runs, for what the command would refuse.
    """
    words = _words(experiment, options)
    found = _composed(words)
    ended = process.run(["-m", *words], show=show)
    return found.study(all_done=ended.code == 0)


def plan(experiment: str | None = None, **options: Any) -> "pd.DataFrame":
    """What `sweep` with the same words would run: one line a cell. Nothing is run or downloaded.

    Columns: key, row, model, method, data, num_labels, train_size, seed; state (done, running, interrupted, failed,
    pruned, missing); to_run; infeasible (why the data can't give it, else null); seconds that it would take (null
    where it is not run) and `seconds_from` (records, records of like cells, or a guess); gpu_memory_bytes of its row's
    largest cell (null for rows that need no GPU) and whether that was measured. Raises UserError.
    """
    import pandas as pd

    from bench.sweep.forecast import forecast
    from bench.sweep.room import room_of_row
    from bench.sweep.rows import row_names

    found = _composed(_words(experiment, options))
    with refusals():
        made = forecast(found.cells, found.settings, found.runner, quietly=True)
    names = row_names(found.cells)
    lines = []
    for row, standings in made.found.rows.items():
        alone = row not in made.found.named.several
        room = room_of_row([each.cell for each in standings], made.found.records, alone=alone)
        for standing in standings:
            cell, task = standing.cell, standing.cell.task
            why = made.infeasible.get(task) if standing.wanted else None
            takes = made.durations.of(cell) if standing.wanted and why is None else None
            lines.append(
                {
                    "key": cell.key, "row": row, "model": names[cell.key][0], "method": names[cell.key][1],
                    "data": task.data.name, "num_labels": task.num_labels, "train_size": task.train_size,
                    "seed": task.seed, "state": standing.state.value, "to_run": takes is not None, "infeasible": why,
                    "seconds": None if takes is None else takes.seconds,
                    "seconds_from": None if takes is None else str(takes.basis),
                    "gpu_memory_bytes": None if room is None else round(room.tensors),
                    "gpu_memory_measured": None if room is None else room.measured,
                }
            )  # fmt: skip
    order = {cell.key: number for number, cell in enumerate(found.cells)}
    lines.sort(key=lambda line: order[str(line["key"])])
    return pd.DataFrame(lines).astype(_PLAN_TYPES)


_PLAN_TYPES = {
    **dict.fromkeys(("key", "row", "model", "method", "data", "infeasible", "seconds_from"), "string"),
    **dict.fromkeys(("num_labels", "train_size", "seed"), "int64"),
    "state": "category",
    "to_run": "bool",
    "seconds": "float64",
    "gpu_memory_bytes": "Int64",
    "gpu_memory_measured": "boolean",
}


def run_cell(*, show: bool = False, **options: Any) -> Record:
    """Run one cell, unless its record says it is done, as `bench run OPTION=VALUE`; return its record.

    A list is one value here. What happened to it is in `Record.status` (and `failure`), scores are in
    `Record.measurements`. Raises UserError for what the command would refuse, and RuntimeError, with the last line of
    its errors, where it ended without a record.
    """
    words = words_of(options, several=False)
    found = _composed(words)
    (cell,), (folder,) = found.cells, found.folders
    ended = process.run(words, show=show)
    record = store.read(folder)
    if record is None or (ended.code != 0 and record.status is Status.OK):  # one of an earlier run
        raise RuntimeError(f"{cell.key} left no record in {folder}: {ended.last or 'nothing was said of why'}")
    return record


def _words(experiment: str | None, options: dict[str, Any]) -> list[str]:
    from bench.sweep.composed import with_experiment

    if "command" in options:
        raise UserError("command= is for the command line: here are sweep(), plan() and load_report()")
    words = words_of(options, several=True)
    return with_experiment(words if experiment is None else [experiment, *words])


@dataclass(frozen=True, slots=True)
class _Found:
    """A grid as it was composed."""

    cells: list[Cell]
    folders: list[Path]
    settings: Any
    runner: Any
    overrides: Sequence[Sequence[str]]
    expected: "list[ExpectedCell]"

    def study(self, *, all_done: bool) -> Study:
        from bench.report.stamp import PAGE
        from bench.sweep.report_folder import grid_of, report_folder

        grid = grid_of((cell.key for cell in self.cells), self.overrides)
        found = report_folder(self.settings.reports_dir, self.settings.title, grid)
        page = Path(self.settings.reports_dir, found.name, PAGE)
        return Study(
            found.name, tuple(self.cells), tuple(self.folders), page if page.is_file() else None, all_done,
            tuple(self.expected),
        )  # fmt: skip


def _composed(words: Sequence[str]) -> _Found:
    from bench.sweep.launch import expected_cells, read

    made = compose(words)
    with refusals():
        _, cells, settings = read(made.configs)
        expected = expected_cells(cells, settings)
    folders = [cell.folder(settings.results_dir) for cell in cells]
    return _Found(cells, folders, settings, made.runner, made.overrides, expected)
