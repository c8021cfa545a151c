"""The cells of a sweep that wait for a worker: which comes next, and how it is claimed."""

from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import Literal

from bench.cell import Cell
from bench.methods.fused.groups import can_fuse
from bench.results import store
from bench.results.claims import Claims
from bench.results.record import Status
from bench.results.regular import FULL
from bench.settings import Settings
from bench.sweep.handle import Handle
from bench.sweep.progress import Progress
from bench.sweep.queue import Queue
from bench.sweep.slots import Slot
from bench.sweep.smaller_batches import SmallerBatches
from bench.sweep.stack_sizes import StackSizes


class Waiting:
    """The cells that nobody runs yet, here or, as far as is known, in another sweep."""

    def __init__(
        self,
        cells: Sequence[Cell],
        settings: Settings,
        *,
        progress: Progress,
        stamps: Mapping[str, store.Stamp | None],
        claims: Claims,
        together: bool,
    ) -> None:
        """`stamps` (by key) are of the records that were there when the cells were chosen.

        `together`: a process may have several cells at once, where the settings want that.
        """
        self.together = together
        self.settings, self.progress, self.stamps = settings, progress, dict(stamps)
        self.claims, self.queue = claims, Queue(cells)
        self.batches = SmallerBatches(cells, settings)
        self.sizes = StackSizes(settings.fused)

    def claim(self, worker: Handle, at_work: Collection[Handle], idle: int) -> list[Cell]:
        """The best cell for `worker` that nobody runs, and those that are fused with it, claimed.

        Empty where others run all that wait. `idle` workers share what can begin now, this one among them. Raises
        OSError where none can be claimed.
        """
        loaded = [other.loaded for other in at_work]
        candidates = self.queue.candidates(worker.loaded, loaded)
        cell = next((cell for cell in candidates if self._take(worker, cell)), None)
        return [] if cell is None else [cell, *self._partners(worker, cell, idle)]

    def _partners(self, worker: Handle, cell: Cell, workers: int) -> list[Cell]:
        """Cells that wait and can be fused with `cell`, claimed: its worker's share, within what one stack may hold.

        Where they need several stacks, all are about as large: 65 cells with at most 64 in one go in 33 and 32, for a
        stack of one takes about as long as one of many.
        """
        if not self._may_fuse(cell, worker.slot):
            return []
        like = [other for other in self.queue.of_base(cell) if other != cell and self._may_fuse(other, worker.slot)]
        like = [other for other in like if self.sizes.go_together(cell, other)]
        limit = self.sizes.limit(cell, worker.slot)
        rounds = -(-(len(like) + 1) // (limit * workers))
        share = -(-(len(like) + 1) // (rounds * workers))
        if rounds == 1:  # all begin now: dealt out like cards, long and short ones to each, they end together
            dealt = like[workers - 1 :: workers]
            del like[workers - 1 :: workers]
            like = dealt + like
        partners: list[Cell] = []
        for other in like:
            if len(partners) == share - 1:
                break
            if self._take(worker, other):
                partners.append(other)
        return partners

    def _may_fuse(self, cell: Cell, slot: Slot) -> bool:
        is_asked = self.settings.engine == "fused" and self.together
        return is_asked and can_fuse(cell) is not None and not self.batches.halvings(cell, slot)

    def _take(self, worker: Handle, cell: Cell) -> bool:
        """Claim a cell that waits; False where somebody else runs it, or has, or where it alone can't be claimed."""
        if self._ran_elsewhere(cell):
            return False
        try:
            taken = self.claims.take(self.folder(cell), worker.slot.name, worker.processes, host=worker.slot.host)
        except OSError as error:
            if error.errno in FULL:
                raise
            self.queue.remove(cell)
            self.progress.unclaimed(cell, error)
            return False
        if not taken:
            self.progress.elsewhere(cell)
            return False
        if self._ran_elsewhere(cell):  # between the look and the claim
            self.release(cell)
            return False
        return True

    def _ran_elsewhere(self, cell: Cell) -> bool:
        """Whether another sweep left a record since the cells were chosen; then the cell does not wait any more."""
        status = self.new_status(cell)
        if status is None:
            return False
        self.queue.remove(cell)
        self.progress.advance(cell, status)
        return True

    def new_status(self, cell: Cell) -> Status | None:
        """How the cell ended by a record that is newer than its turn; None where there is none."""
        return store.status_since(self.folder(cell), self.stamps[cell.key])

    def put_back(self, cell: Cell, *, first: bool = False) -> None:
        """Let a cell that has a record wait again, before others of its base where it is the `first`."""
        self.stamps[cell.key] = store.stamp(self.folder(cell))
        self.queue.put(cell, first=first)

    def drop_readers(self, cell: Cell, what: Literal["data", "model"]) -> int:
        """Let no cell wait that reads the same data or model as `cell`; the number of those that did."""

        def read(by: Cell) -> object:
            return by.task.data if what == "data" else by.model

        dropped = [other for other in self.queue if read(other) == read(cell)]
        for other in dropped:
            self.queue.remove(other)
        return len(dropped)

    def release(self, cell: Cell) -> None:
        """Give up the claim on `cell`."""
        self.claims.release(self.folder(cell))

    def folder(self, cell: Cell) -> Path:
        """Where the record of `cell` is."""
        return cell.folder(self.settings.results_dir)
