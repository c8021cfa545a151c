"""Which cells of a grid are still to run."""

from collections.abc import Sequence

from bench.cell import Cell
from bench.config import Settings
from bench.results import store
from bench.results.record import Status


def is_wanted(cell: Cell, settings: Settings) -> bool:
    """Whether a cell is to be run, by how it ended before.

    `settings.overwrite`: `missing` runs cells without a readable record, `failed` also those that did not end `ok`,
    `always` all. With `save_model`, a cell that trained a model and did not keep it is run again.
    """
    try:
        record = store.read(cell.folder(settings.results_dir))
    except store.UnreadableRecord:
        return True
    if settings.overwrite == "always" or record is None:
        return True
    if record.status is not Status.OK:
        return settings.overwrite == "failed"
    return settings.save_model and cell.training is not None and record.model_folder is None


def wanted(cells: Sequence[Cell], settings: Settings) -> list[Cell]:
    """The cells to run, in the order given."""
    return [cell for cell in cells if is_wanted(cell, settings)]
