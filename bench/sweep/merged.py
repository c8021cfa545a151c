"""Records of one grid out of several results folders: of two machines, say, or of a colleague."""

from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path

from bench.cell import Cell
from bench.config.names import is_address
from bench.errors import UserError
from bench.results.places import place_of
from bench.results.record import Status
from bench.results.remote import local_copy
from bench.settings import Settings
from bench.sources.cache import cache_folder
from bench.sweep.index import Index


def record_folders(cells: Sequence[Cell], settings: Settings) -> list[Path]:
    """The folder of each cell, in the order given, in which a report finds its record.

    Of `results_dir` and `more_results`, in this order, the first that has the cell finished `ok`; else the first that
    has a record of it; else `results_dir`. What is on a bucket is copied to the cache first. Raises UserError where one
    of `more_results` is no folder, or can't be read.
    """
    if not settings.more_results:
        return [cell.folder(settings.results_dir) for cell in cells]
    check_more(settings)
    more = [_here(folder, cells, settings) for folder in settings.more_results]
    with ExitStack() as opened:
        indexes = [opened.enter_context(Index(folder)) for folder in (Path(settings.results_dir), *more)]
        return [_folder(cell, indexes) for cell in cells]


def check_more(settings: Settings) -> None:
    """Raise UserError where one of `more_results` is no folder; what is on a bucket is not asked for."""
    for folder in settings.more_results:
        if not is_address(folder) and not Path(folder).is_dir():
            raise UserError(f"more_results: there is no folder {folder}")


def _here(folder: str, cells: Sequence[Cell], settings: Settings) -> Path:
    """A folder of this machine that has the records of `folder`."""
    if is_address(folder):
        return local_copy(folder, (place_of(cell.key) for cell in cells), cache_folder(settings.cache_dir))
    return Path(folder)


def _folder(cell: Cell, indexes: Sequence[Index]) -> Path:
    found = [(index, record) for index in indexes if (record := index.of(cell)) is not None]
    finished = [index for index, record in found if record.status is Status.OK]
    first = (finished or [index for index, _ in found] or list(indexes))[0]
    return cell.folder(first.results_dir)
