"""What a sweep knows of the batches that fit its GPUs: a row begins at once with one that does."""

from collections.abc import Sequence
from dataclasses import replace
from itertools import count

from bench.cell import Cell
from bench.methods.halve import batches, halved
from bench.models.estimate import OVERHEAD, estimate_cell
from bench.results.record import Status
from bench.settings import Settings
from bench.sweep.duration import max_tokens
from bench.sweep.room import longest_text
from bench.sweep.slots import Slot
from bench.sweep.stacks import SHORT_TEXT
from bench.sweep.survey import survey


class SmallerBatches:
    """How often the batch of each cell is halved (`bench.methods.halve`).

    Cells of a row are alike in data, model, method and training: they differ in labels, sizes and seeds alone. On a
    CPU, whose memory other programs share, nothing is told of one cell by another.
    """

    def __init__(self, cells: Sequence[Cell], settings: Settings) -> None:
        self._cells, self._settings = cells, settings
        self._own: dict[str, int] = {}
        """Of cells that ran out of memory with fewer, by key."""
        self._known: dict[tuple[str, int], int] = {}
        """Of rows, by the memory there is: what a cell fitted with, or ran out of memory with at last."""
        self._estimated: dict[tuple[str, int], int] = {}
        self._rows: dict[str, str] = {}
        self._longest: dict[str, int | None] = {}
        self._told: set[tuple[str, int]] = set()

    def halvings(self, cell: Cell, slot: Slot) -> int:
        """How often its batch is halved in `slot`; 0: it is as the cell says."""
        own = self._own.get(cell.key, 0)
        if slot.memory is None:
            return own
        row_and_memory = self._row(cell), slot.memory
        if row_and_memory in self._known:
            return max(own, self._known[row_and_memory])
        if row_and_memory not in self._estimated:
            self._estimated[row_and_memory] = self._estimate(cell, slot.memory)
        return max(own, self._estimated[row_and_memory])

    def ended(self, cell: Cell, slot: Slot, status: Status, halvings: int) -> None:
        """Learn from a cell that ended so with its batch halved so often."""
        is_last = status is Status.OOM and halved(cell, halvings + 1) is None
        if status is Status.OOM and not is_last:
            self._own[cell.key] = halvings + 1
        elif halvings and slot.memory is not None and (is_last or status is Status.OK):
            row_and_memory = self._row(cell), slot.memory
            self._known[row_and_memory] = max(halvings, self._known.get(row_and_memory, 0))

    def notice(self, cell: Cell, halvings: int) -> str | None:
        """What to say, once a row, where `cell` begins with smaller batches without having run out of memory itself."""
        told = self._row(cell), halvings
        if not halvings or self._own.get(cell.key) == halvings or told in self._told:
            return None
        self._told.add(told)
        smaller = halved(cell, halvings)
        assert smaller is not None
        sizes = batches(smaller)
        train = sizes.train_batch_size
        how = f"batches of {sizes.eval_batch_size}" if train is None else f"batches of {train}"
        return f"begins with {how}, for larger ones do not fit the GPU"

    def _row(self, cell: Cell) -> str:
        """What cells of one row agree in, as the key of one of them."""
        if cell.key not in self._rows:
            task = replace(cell.task, num_labels=0, train_size=0, seed=0, labels=None)
            self._rows[cell.key] = replace(cell, task=task).key
        return self._rows[cell.key]

    def _estimate(self, cell: Cell, memory: int) -> int:
        """How often the batch has to be halved by arithmetic; 0 where there is no saying, or nothing would help.

        Where no record says how long texts are they are taken for short: a cell that runs out of memory will tell.
        """
        most = max_tokens(cell)
        if _fits(cell, most or SHORT_TEXT, memory):
            return 0
        known = self._longest_of(cell) or SHORT_TEXT
        tokens = known if most is None else min(known, most)
        for halvings in count():
            smaller = halved(cell, halvings)
            if smaller is None:
                return 0
            if _fits(smaller, tokens, memory):
                return halvings
        raise AssertionError

    def _longest_of(self, cell: Cell) -> int | None:
        """Tokens of the longest text of the cell's data, as far as records tell."""
        name = cell.task.data.name
        if name not in self._longest:
            like = [other for other in self._cells if other.task.data.name == name]
            self._longest[name] = longest_text(like, survey(like, self._settings, quietly=True).records)
        return self._longest[name]


def _fits(cell: Cell, tokens: int, memory: int) -> bool:
    """Whether the cell fits with texts of so many tokens, as far as that is known."""
    size = estimate_cell(cell, tokens=tokens)
    return size is None or size.total + OVERHEAD <= memory
