"""The cells that a caller's keyword arguments ask for."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bench.api.composing import compose
from bench.api.study import Study
from bench.api.words import words_of
from bench.cell import Cell
from bench.errors import UserError
from bench.options.refusal import refusals
from bench.settings import Settings
from bench.sweep.runners.base import Runner

if TYPE_CHECKING:
    from bench.report.inputs.records import ExpectedCell


@dataclass(frozen=True, slots=True)
class Grid:
    """Cells, as a command with the same words composes them."""

    cells: Sequence[Cell]
    folders: Sequence[Path]
    """Of the cells, in their order."""
    settings: Settings
    runner: Runner
    overrides: Sequence[Sequence[str]]
    """What each point was composed of."""
    expected: "Sequence[ExpectedCell]"
    """The cells as the report knows them."""

    def study(self, *, all_done: bool) -> Study:
        """The grid once it was run, with the report that is there then."""
        from bench.report.stamp import PAGE
        from bench.sweep.report_folder import grid_of, report_folder

        grid = grid_of((cell.key for cell in self.cells), self.overrides)
        found = report_folder(self.settings.reports_dir, self.settings.title, grid)
        page = Path(self.settings.reports_dir, found.name, PAGE)
        return Study(
            found.name, tuple(self.cells), tuple(self.folders), page if page.is_file() else None, all_done,
            tuple(self.expected),
        )  # fmt: skip


def composed(words: Sequence[str]) -> Grid:
    """The grid of these words. Raises UserError for what the command would refuse."""
    from bench.sweep.launch import expected_cells, read

    made = compose(words)
    with refusals():
        _, cells, settings = read(made.configs)
        expected = expected_cells(cells, settings)
    folders = [cell.folder(settings.results_dir) for cell in cells]
    return Grid(cells, folders, settings, made.runner, made.overrides, expected)


def words_of_sweep(experiment: str | None, options: dict[str, Any]) -> list[str]:
    """The words behind `bench sweep`. Raises UserError."""
    from bench.sweep.composed import with_experiment

    if "command" in options:
        raise UserError("command= is for the command line: here are sweep(), plan() and load_report()")
    words = words_of(options, several=True)
    return with_experiment(words if experiment is None else [experiment, *words])
