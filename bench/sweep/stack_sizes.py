"""What a sweep has found out about the sizes of stacks: what did not fit, and what failed together."""

from collections.abc import Hashable

from bench.cell import Cell
from bench.methods.fused.groups import can_fuse
from bench.settings import FusedConfig
from bench.sweep.slots import Slot
from bench.sweep.stacks import max_cells

AFTER_FAILURE = 8
"""Cells in a stack, at most, whose larger one failed: the one at fault does not make all others run alone."""


class StackSizes:
    """How many cells go in one stack."""

    def __init__(self, fused: FusedConfig) -> None:
        self.fused = fused
        self._fitting: dict[Hashable, int] = {}
        """By what cells agree on and the memory there is, where more did not fit."""
        self._after_failure: dict[str, int] = {}
        """By the key of a cell whose stack failed."""

    def limit(self, cell: Cell, slot: Slot) -> int:
        """The most cells like this one in `slot`; 1: it runs alone."""
        most = max_cells(cell, self.fused, "cpu" if slot.gpu is None else "cuda", slot.memory)
        fitting = self._fitting.get((can_fuse(cell), slot.memory), most)
        return min(most, fitting, self._after_failure.get(cell.key, most))

    def go_together(self, cell: Cell, other: Cell) -> bool:
        """Whether two cells can be in one stack: they are of one kind, and either both or none had one that failed."""
        failed = self._after_failure
        return can_fuse(cell) == can_fuse(other) and failed.get(cell.key) == failed.get(other.key)

    def did_not_fit(self, cell: Cell, slot: Slot, most: int) -> None:
        """No more than `most` cells like this one go in a stack from now on, where no more memory is than in `slot`."""
        like_and_memory = can_fuse(cell), slot.memory
        self._fitting[like_and_memory] = min(most, self._fitting.get(like_and_memory, most))

    def failed(self, cell: Cell, size: int) -> int:
        """The cell's stack, of `size` cells, failed: it is tried again in one of so many, or alone (1)."""
        self._after_failure[cell.key] = AFTER_FAILURE if size > AFTER_FAILURE else 1
        return self._after_failure[cell.key]
