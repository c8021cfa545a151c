"""Which cells of a grid are still to run."""

from collections.abc import Sequence

from bench.cell import Cell
from bench.escape.terminal import say
from bench.results.record import Status
from bench.settings import Settings
from bench.sweep.index import Entry, Index


def is_wanted(cell: Cell, settings: Settings, index: Index | None = None) -> bool:
    """Whether a cell is to be run, by how it ended before; `index` saves reading records again.

    `settings.overwrite`: `missing` runs cells without a readable record, `failed` also those that did not end `ok`,
    `always` all. One that was ended for being behind (`pruned`) is run by `always` alone. With `save_model`, a cell
    that has a model and did not keep it is run again.
    """
    if settings.overwrite == "always":
        return True
    record = (index or Index(settings.results_dir)).of(cell)
    if record is None:
        return True
    if record.status is Status.PRUNED:
        return False
    if record.status is not Status.OK:
        return settings.overwrite == "failed"
    return settings.save_model and cell.approach.kept_as is not None and not record.model_kept


def wanted(cells: Sequence[Cell], settings: Settings) -> tuple[list[Cell], list[tuple[Cell, Entry]]]:
    """The cells to run, and the others with their records in brief; both in the order given.

    Records that can't be used are said, in one line.
    """
    todo: list[Cell] = []
    kept: list[tuple[Cell, Entry]] = []
    with Index(settings.results_dir) as index:
        for cell in cells:
            if is_wanted(cell, settings, index):
                todo.append(cell)
            elif (entry := index.of(cell)) is not None:
                kept.append((cell, entry))
    if (line := index.said_unusable()) is not None:
        say(line, error=True)
    return todo, kept


def records(cells: Sequence[Cell], settings: Settings) -> list[tuple[Cell, Entry | None]]:
    """Each cell with its record in brief, in the order given; None where it has none that can be read."""
    with Index(settings.results_dir) as index:
        return [(cell, index.of(cell)) for cell in cells]
