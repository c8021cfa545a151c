"""What a runner is: the object that runs a sweep's cells, and that plan and status ask what they would run on."""

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from bench.cell import Cell
from bench.results.store import Stamp
from bench.settings import Settings
from bench.sweep.bars import Bars, no_bar
from bench.sweep.progress import Progress
from bench.sweep.workforce import Workforce


class Runner(ABC):
    """Runs cells, with the options that were given it (`hydra.launcher.*`)."""

    name: ClassVar[str]
    """As `hydra/launcher=NAME` chooses it."""
    schema: ClassVar[type[Any]]
    """A frozen dataclass whose fields are the options, and whose types are their bounds."""

    def __init__(self, options: Any = None) -> None:
        """`options` are an object of `schema`; without them all have their defaults."""
        self.options = self.schema() if options is None else options

    @abstractmethod
    def check(self, cells: Sequence[Cell], settings: Settings) -> None:
        """Raise UserError where the cells can't be run from here, or not as asked. Nothing is loaded or started."""

    @abstractmethod
    def workforce(self, settings: Settings, cells: int) -> Workforce:
        """What a sweep of so many cells would run on, which need not be there.

        Raises UserError where it never can be, as options name it.
        """

    @abstractmethod
    def run(
        self,
        cells: Sequence[Cell],
        settings: Settings,
        progress: Progress,
        stamps: Mapping[str, Stamp | None],
        *,
        bars: Bars = no_bar,
    ) -> None:
        """Run the cells, telling `progress` of each; every one of them ends with a record.

        On a machine that is to run cells `bench.sweep.pool.run_pool` does all that belongs to it. A runner that calls
        `bench.running.run.run_cell` itself takes its cell first (`bench.results.claims.Claims`: another sweep may have
        it), tells `progress` of it (`start`, and `advance` with the same slot), and hands the observers that were
        chosen to `run_cell`: `bench.running.observers.chosen(settings, progress, warn=progress.warn)`, closed in the
        end.

        `stamps` (by key) are of the records that were there when the cells were chosen: a cell whose record is another
        by its turn was run elsewhere meanwhile, and stays as it is. `bars` gives a cell that is run alone what it has
        to reach on validation; a runner that can't hand that on runs all cells to their end.

        Raises Stopped where it ends before that, Interrupted where Ctrl-C or a signal says so
        (`bench.sweep.stopped`); UserError where it finds out only now that it can't run as asked.
        """

    def without_effect(self, option: str, settings: Settings) -> str | None:
        """Why an option that the command line gives changes nothing with this runner; None where it does.

        `option` is `hydra.launcher.NAME`, or an option of the sweep that a runner may leave without effect (`engine`).
        """
        del option, settings
        return None
