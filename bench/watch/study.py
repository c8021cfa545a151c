"""What is watched: a sweep's cells, and where its report is."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from bench.cell import Cell
from bench.config.names import is_address
from bench.errors import UserError
from bench.results import store
from bench.settings import Settings
from bench.sweep.composed import composed
from bench.sweep.launch import named, read
from bench.sweep.report_folder import Grid, grid_of, report_folder
from bench.sweep.runners.base import Runner

Records = tuple[store.Stamp | None, ...]
"""What is different after any record was written."""


@dataclass(frozen=True, slots=True)
class Study:
    """A sweep, as its words compose it."""

    words: tuple[str, ...]
    """Those of `python -m bench -m`."""
    cells: tuple[Cell, ...]
    settings: Settings
    runner: Runner
    grid: Grid

    @property
    def folder(self) -> Path:
        """Where its report is, or will be. Raises OSError."""
        settings = self.settings
        return Path(settings.reports_dir, report_folder(settings.reports_dir, settings.title, self.grid).name)

    def records(self) -> Records:
        """How the records are now of which a report is made; for ten thousand that takes a tenth of a second.

        Those on a bucket are left out: they are looked at when the report is drawn.
        """
        more = (folder for folder in self.settings.more_results if not is_address(folder))
        folders = (self.settings.results_dir, *more)
        return tuple(store.stamp(cell.folder(folder)) for folder in folders for cell in self.cells)


def study_of(words: Sequence[str]) -> Study:
    """The sweep of these words of `python -m bench -m`. Raises what `bench.options.refusal.REFUSED` names."""
    found = composed(words)
    _, cells, settings = read(found.configs)
    if not cells:
        raise UserError(f"shard={settings.shard}: the grid has no cell for it")
    grid = grid_of((cell.key for cell in cells), found.overrides)
    named(settings, grid)  # says where the report goes elsewhere than asked
    return Study(tuple(words), tuple(cells), settings, found.runner, grid)
