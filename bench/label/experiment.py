"""The experiment whose data are labelled."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from bench.errors import UserError

if TYPE_CHECKING:
    from bench.cell import Cell
    from bench.config import DataConfig
    from bench.data.pool import Pool
    from bench.report.inputs.records import ExpectedCell
    from bench.settings import Settings

RECOMMENDED = "recommended"
"""Stands for the row that the report recommends."""


@dataclass(frozen=True, slots=True)
class Experiment:
    """Its cells, as a sweep has them, on one data set."""

    cells: "Sequence[Cell]"
    expected: "Sequence[ExpectedCell]"
    settings: "Settings"
    config_dir: str | None = None
    """The folder of files of one's own, as of `python -m bench`."""

    @property
    def data(self) -> "DataConfig":
        """The data set of all cells."""
        return self.cells[0].task.data

    def labelled(self) -> "Pool":
        """All labelled rows. Raises UserError where they can't be read."""
        from bench.data.read import load_pool
        from bench.sources.cache import cache_folder

        settings = self.settings
        return load_pool(self.data, cache=cache_folder(settings.cache_dir), mirror_dir=settings.mirror_dir)

    def probe(self, model: str) -> "Cell":
        """A cell of a linear probe on `model`. Raises what `bench.options.refusal.REFUSED` names."""
        from bench.compose import to_cell
        from bench.sweep.composed import composed, with_experiment

        words = with_experiment([f"model={model}", "method=linear_probe"], self.config_dir)
        return to_cell(composed(words).configs[0])


def experiment(words: Sequence[str], config_dir: str | None) -> Experiment:
    """What the words compose. Raises what `bench.options.refusal.REFUSED` names.

    Among these is UserError where there are several data sets.
    """
    from bench.sweep.composed import composed, with_experiment
    from bench.sweep.launch import expected_cells, read

    _, cells, settings = read(composed(with_experiment(words, config_dir)).configs)
    found = list(dict.fromkeys(cell.task.data for cell in cells))
    if len(found) > 1:
        names = ", ".join(data.name for data in found)
        raise UserError(f"there are {len(found)} data sets ({names}): choose one, data=...")
    return Experiment(cells, expected_cells(cells, settings), settings, config_dir)
