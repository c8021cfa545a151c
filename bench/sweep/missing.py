"""Which cells of a grid are still to run."""

from collections.abc import Sequence

from bench.cell import Cell
from bench.config import Settings
from bench.results import store
from bench.results.record import Status


def is_wanted(status: Status | None, overwrite: str) -> bool:
    """Whether a cell that ended with `status` (None: no readable record) is to be run.

    `overwrite`: `missing` runs cells without a record, `failed` also those that did not end `ok`, `always` all.
    """
    if overwrite == "always" or status is None:
        return True
    return overwrite == "failed" and status is not Status.OK


def wanted(cells: Sequence[Cell], settings: Settings) -> list[Cell]:
    """The cells to run, in the order given."""
    return [cell for cell in cells if is_wanted(store.status(cell.folder(settings.results_dir)), settings.overwrite)]
