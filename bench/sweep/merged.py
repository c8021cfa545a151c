"""Records of one grid out of several results folders: of two machines, say, or of a colleague."""

from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path

from bench.cell import Cell
from bench.errors import UserError
from bench.results.record import Status
from bench.settings import Settings
from bench.sweep.index import Index


def record_folders(cells: Sequence[Cell], settings: Settings) -> list[Path]:
    """The folder of each cell, in the order given, in which a report finds its record.

    Of `results_dir` and `more_results`, in this order, the first that has the cell finished `ok`; else the first that
    has a record of it; else `results_dir`. Raises UserError where one of `more_results` is no folder.
    """
    if not settings.more_results:
        return [cell.folder(settings.results_dir) for cell in cells]
    for folder in settings.more_results:
        if not Path(folder).is_dir():
            raise UserError(f"more_results: there is no folder {folder}")
    with ExitStack() as opened:
        indexes = [opened.enter_context(Index(folder)) for folder in (settings.results_dir, *settings.more_results)]
        return [_folder(cell, indexes) for cell in cells]


def _folder(cell: Cell, indexes: Sequence[Index]) -> Path:
    found = [(index, record) for index in indexes if (record := index.of(cell)) is not None]
    finished = [index for index, record in found if record.status is Status.OK]
    first = (finished or [index for index, _ in found] or list(indexes))[0]
    return cell.folder(first.results_dir)
