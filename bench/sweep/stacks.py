"""How many cells go in one stack (`fused.max_cells`), as far as it is known before their texts are read."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Literal

from bench.cell import Cell
from bench.methods.fused.groups import can_fuse
from bench.models.estimate import estimate_cell, num_fitting
from bench.settings import FusedConfig
from bench.sweep.duration import TOKENS, max_tokens
from bench.sweep.index import Entry
from bench.sweep.room import longest_text
from bench.sweep.workforce import Workforce

MAX_CELLS = {"cpu": 8, "cuda": 64}
"""With `auto`. On a CPU, cells of MiniLM took 41, 30, 27 and 27 ms a step in stacks of 1, 4, 8 and 16: more than 8
take memory, and gain nothing. A GPU has to be given more before it is as busy as it can be; its 64 is a choice, not
measured: by arithmetic a model of a billion parameters keeps it busy with a few cells, a small encoder with dozens,
and the larger a stack, the more cells are run again when it fails."""
SHORT_TEXT = 16
"""Tokens of a text that is short."""
CELLS_IF_UNKNOWN = 8
"""On a GPU, where the model's sizes are not known, and so not whether more fit."""


def max_cells(cell: Cell, fused: FusedConfig, device: Literal["cpu", "cuda"], memory: int | None) -> int:
    """The most cells like `cell` in one stack, at least 1.

    With `auto`, on a GPU of which a worker may use `memory` bytes, as many as that would hold if texts were short: a
    worker counts tokens, and says if they are fewer (`bench.methods.fused.capacity`). None where the memory is the
    machine's own, or not known: a worker's word alone counts then.
    """
    if fused.max_cells != "auto":
        return fused.max_cells
    if device == "cpu":
        return MAX_CELLS["cpu"]
    tokens = min(max_tokens(cell) or SHORT_TEXT, SHORT_TEXT)
    fitting = fitting_cells(cell, memory, tokens)
    return CELLS_IF_UNKNOWN if fitting is None else min(MAX_CELLS["cuda"], fitting)


def fitting_cells(cell: Cell, memory: int | None, tokens: int) -> int | None:
    """How many cells like `cell` fit `memory` bytes by arithmetic, with texts of `tokens` tokens; at least 1.

    None where the model's sizes are not known.
    """
    size = estimate_cell(cell, tokens=tokens)
    if size is None:
        return None
    return MAX_CELLS["cuda"] if memory is None else num_fitting([size], memory)


def stack_notes(
    rows: Mapping[str, Sequence[Cell]], records: Sequence[Entry], fused: FusedConfig, place: Workforce
) -> Iterator[str]:
    """What a plan says of the stacks that the cells to run, by row, go in; nothing where none can be stacked."""
    able = {name: [cell for cell in cells if can_fuse(cell) is not None] for name, cells in rows.items()}
    able = {name: cells for name, cells in able.items() if cells}
    if not able:
        return
    if fused.compile == "blocks":
        yield "A worker compiles the transformer blocks of a model once (fused.compile=blocks)."
    if place.device == "cpu" or fused.max_cells != "auto":
        most = MAX_CELLS["cpu"] if fused.max_cells == "auto" else fused.max_cells
        yield f"Like cells go up to {most} at once through one model (fused.max_cells={fused.max_cells})."
        return
    totals = [gpu.total_memory for gpu in place.gpus]
    known = [total // place.per_device for total in totals if total is not None]
    if not known or len(known) < len(totals):
        yield f"Like cells go through one model at once, up to {MAX_CELLS['cuda']}, as GPUs have memory."
        return
    sizes = (f"{name} {_most(cells, records, min(known))}" for name, cells in able.items())
    yield f"Like cells go through one model at once, by arithmetic for long texts up to: {', '.join(sizes)}."


def _most(cells: Sequence[Cell], records: Sequence[Entry], memory: int) -> int:
    """How many cells of a row fit in one stack, with texts as long as they may be, or as they are known to be."""
    kinds = {(cell.model, cell.method, cell.training): cell for cell in cells}.values()
    longest = longest_text(cells, records)
    found = []
    for cell in kinds:
        tokens = min((limit for limit in (max_tokens(cell), longest) if limit), default=TOKENS)
        fitting = fitting_cells(cell, memory, tokens)
        found.append(CELLS_IF_UNKNOWN if fitting is None else min(MAX_CELLS["cuda"], fitting))
    return min(found)
