"""Which cells of a sweep are tried again, and with what changed."""

from collections import Counter

from bench.cell import Cell
from bench.methods.halve import in_halves
from bench.results.record import Status
from bench.settings import Settings


class Retries:
    """What cells were tried again for, so that none is for ever."""

    def __init__(self, settings: Settings, halve: set[str]) -> None:
        """Keys of cells that are to run with half the batch are put into `halve`."""
        self._settings, self._halve = settings, halve
        self._crashes: Counter[str] = Counter()

    def grant(self, cell: Cell, status: Status, *, halved: bool) -> bool:
        """Whether a cell that ended so is tried again; `halved` says that it was with half the batch."""
        if status is Status.OOM and not halved and in_halves(cell) is not None:
            self._halve.add(cell.key)
            return True
        if status is Status.CRASHED:
            self._crashes[cell.key] += 1
            return self._crashes[cell.key] <= self._settings.retry.crashed
        return False
