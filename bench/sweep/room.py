"""How much GPU memory a row of the grid needs, and where that fits."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from bench.cell import Cell
from bench.config import TransformerConfig
from bench.models.estimate import OVERHEAD, estimate_cell
from bench.sweep.duration import TOKENS, max_tokens
from bench.sweep.index import Entry
from bench.sweep.workforce import Workforce

GPU_SIZES = (8, 12, 16, 24, 32, 40, 48, 80, 96, 141, 192)
"""GB of GPUs that there are, as they are called; what a program may use is about so many 10^9 bytes."""


@dataclass(frozen=True, slots=True)
class Room:
    """The memory that the cell which takes most needs."""

    tensors: float
    """Bytes at the peak."""
    measured: bool
    """Whether records say so, and not arithmetic."""

    @property
    def needed(self) -> float:
        """Bytes, with what comes on top of tensors."""
        return self.tensors + OVERHEAD


def room(cells: Sequence[Cell], records: Iterable[Entry], longest: int | None) -> Room | None:
    """What the cells of one row need; None without a transformer or where its sizes are not known.

    `records` are those of the row, and `longest` is the tokens of the longest text where that is known: without it
    every text is taken for as long as the options let it be.
    """
    peaks = [entry.peak_device for entry in records if entry.peak_device is not None]
    if peaks:
        return Room(max(peaks), True)
    kinds = {(cell.model, cell.method, cell.training): cell for cell in cells}
    sizes = []
    for cell in kinds.values():
        if isinstance(cell.model, TransformerConfig) and cell.method is not None:
            limits = [tokens for tokens in (max_tokens(cell), longest) if tokens]
            tokens = min(limits, default=TOKENS)
            sizes.append(estimate_cell(cell, tokens=tokens))
    known = [size.total for size in sizes if size is not None]
    return Room(max(known), False) if known and len(known) == len(sizes) else None


def room_of_row(cells: Sequence[Cell], records: Iterable[Entry], *, alone: bool) -> Room | None:
    """As `room`, of all cells of one row, by what `records` of the whole sweep tell of it and of its data.

    `alone`: no other row has its model and method, so that records of these are of this row.
    """
    records, keys = list(records), {cell.key for cell in cells}
    like = (cells[0].model.name, cells[0].method_label)
    known = [r for r in records if (r.model, r.method) == like and (alone or r.key in keys)]
    return room(cells, known, longest_text(cells, records))


def longest_text(cells: Iterable[Cell], records: Iterable[Entry]) -> int | None:
    """Tokens of the longest text of the cells' data, as far as records tell; None where they don't."""
    data = {cell.task.data.name for cell in cells}
    return max((r.longest for r in records if r.data in data and r.longest is not None), default=None)


def fit(needed: Room, place: Workforce) -> str:
    """Whether it fits the GPUs there are, shared by their workers; without any, the smallest that it would fit."""
    share = place.per_device if place.device == "cuda" else 1
    sizes = [size for size in GPU_SIZES if needed.needed * share <= size * 1e9]
    smallest = f"{sizes[0]} GB" if sizes else f"over {GPU_SIZES[-1]} GB"
    if not place.gpus:
        return smallest
    there = [gpu.total_memory for gpu in place.gpus if gpu.total_memory is not None]
    if len(there) < len(place.gpus):
        return "not known"  # memory that is shared with the machine
    return "yes" if needed.needed * share <= min(there) else f"no: {smallest}"
