"""Whether the GPU of a slot can still compute, asked where a cell has failed on it.

A GPU that is broken (memory errors, fallen off the bus) fails every cell in moments, so it would be given one after the
other, faster than those that work.
"""

from bench.cell import Cell
from bench.config import TransformerConfig
from bench.results.record import Status
from bench.running.gpu_probe import tried
from bench.sweep.slots import Slot

PROBE_SECONDS = 120.0
"""The sweep hands out no cell meanwhile."""


class Health:
    """What is known of the GPUs of a sweep's slots."""

    def __init__(self) -> None:
        self.sound: set[Slot] = set()
        """Slots whose GPU was tried after a failure, and no cell has succeeded there since."""

    def broken(self, slot: Slot, cell: Cell, status: Status) -> str | None:
        """Why the GPU of `slot`, where `cell` has just ended so, can't be used any more; None where nothing says so.

        It is tried once, until a cell succeeds there again: cells may fail for reasons of their own.
        """
        if status is Status.OK:
            self.sound.discard(slot)
        is_suspect = status in (Status.ERROR, Status.CRASHED) and isinstance(cell.model, TransformerConfig)
        if slot.gpu is None or slot.host is not None or not is_suspect or slot in self.sound:
            return None  # a GPU of another machine can't be tried from here
        reason = tried(slot.gpu, timeout=PROBE_SECONDS)
        if reason is None:
            self.sound.add(slot)
        return reason
