"""Which cells are tried again after they ended without success, and when a sweep has seen too many that did."""

from collections import Counter

from bench.cell import Cell
from bench.methods.halve import halved
from bench.results.record import Status
from bench.settings import Settings
from bench.wording import counted


class Retries:
    """What a sweep knows of failures."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.crashes: Counter[str] = Counter()
        self.failures = 0

    def again(self, cell: Cell, status: Status, *, halvings: int) -> bool:
        """Whether a cell that ended so, its batch halved so often, is tried again: in smaller ones, or as it was."""
        if status is Status.OOM:
            return halved(cell, halvings + 1) is not None
        if status is Status.CRASHED:
            self.crashes[cell.key] += 1
            return self.crashes[cell.key] <= self.settings.retry.crashed
        return False

    def too_many(self, status: Status) -> str | None:
        """Count a cell that ended so for good; why no other is begun, where it was the last failure that may be."""
        self.failures += status.failed
        if status.failed and self.failures == self.settings.max_failures:
            return f"{counted(self.failures, 'cell')} failed (max_failures={self.settings.max_failures})"
        return None
