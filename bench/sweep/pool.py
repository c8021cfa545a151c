"""The local pool: warm worker processes, one or more a device. Whatever happens to one costs its cell only."""

from collections.abc import Mapping, Sequence

from bench.cell import Cell
from bench.results import store
from bench.results.claims import Claims
from bench.settings import Settings
from bench.sweep.bars import Bars, no_bar
from bench.sweep.dispatch import Dispatch
from bench.sweep.interrupt import Interrupts
from bench.sweep.progress import Progress
from bench.sweep.slots import PoolOptions, slots
from bench.sweep.stopped import Interrupted, Stopped
from bench.sweep.workers import Workers


def run_pool(
    cells: Sequence[Cell],
    settings: Settings,
    progress: Progress,
    stamps: Mapping[str, store.Stamp | None],
    options: PoolOptions,
    *,
    bars: Bars = no_bar,
) -> None:
    """Run `cells` over the slots of this machine, as `run_workers`. Raises UserError as `slots`, too."""
    run_workers(cells, settings, progress, stamps, Workers(options, slots(options, settings)), bars=bars)


def run_workers(
    cells: Sequence[Cell],
    settings: Settings,
    progress: Progress,
    stamps: Mapping[str, store.Stamp | None],
    workers: Workers,
    *,
    bars: Bars = no_bar,
    launcher: str = "pool",
) -> None:
    """Run `cells` by `workers`, which are ended; every cell ends with a record, here or in another sweep.

    Where data or a model was changed since they were planned, the first cell that finds it so has a record, and those
    that would read the same are not begun (where `progress.drops_changed`).

    `stamps` (by key) are of the records that were there when the cells were chosen: a cell whose record is another
    by its turn was run elsewhere meanwhile, and stays as it is. `bars` is asked for the bar of each cell that is run
    alone when its turn comes.

    Raises Interrupted, and Stopped where cells were not begun for that, records can't be written or `max_failures` is
    reached. Then no process and no half-written file is left, and cells that were being run have no new record.
    """
    with Interrupts() as interrupts, Claims(settings.results_dir, launcher) as claims:
        work = Dispatch(
            cells, settings, workers, progress=progress, stamps=stamps, claims=claims, interrupts=interrupts, bars=bars
        )
        try:
            work.run()
        finally:
            work.end()
    if interrupts.finishing:
        raise Interrupted("interrupted")
    if work.stopped is not None:
        raise Stopped(work.stopped)
    if work.changed is not None:
        raise Stopped(work.changed)
