"""Products of rows with matrices that are another one for each cell; rows of a cell are next to each other."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import accumulate, pairwise
from typing import Any

import torch
import torch.nn.functional as F

from bench.methods.capability import compute_capability
from bench.methods.fused.gather import PaddedIndex

GROUPED_CAPABILITIES = (9, 10)
"""Major compute capabilities, Hopper's and Blackwell's, on which torch's grouped product is taken to be one kernel, and
on others a loop that waits for the device: believed, neither read nor measured."""
MULTIPLE = 8
"""What the grouped product takes: sizes of 16 bytes, in bf16, along every matrix."""


@dataclass(frozen=True, slots=True)
class ByCell:
    """Which rows belong to which cell."""

    cells: tuple[int, ...]
    """Of the stack, in the order of the rows; each once."""
    counts: tuple[int, ...]
    """Rows of each of `cells`."""
    index: torch.Tensor
    """`cells`, on the device."""
    ends: torch.Tensor
    """Shape (cells), int32, on the device: the row after each one's last."""
    padded: PaddedIndex
    """The rows with as many padded rows for each cell as the largest has rows."""

    @property
    def num_rows(self) -> int:
        """Of all cells."""
        return sum(self.counts)

    @property
    def last(self) -> tuple[int, ...]:
        """Of each cell, the row after its last."""
        return tuple(accumulate(self.counts))

    def bounds(self) -> Iterator[tuple[int, int, int]]:
        """Each cell, its first row, and the row after its last."""
        for cell, (start, end) in zip(self.cells, pairwise(accumulate(self.counts, initial=0)), strict=True):
            yield cell, start, end

    def of(self, stacked: torch.Tensor) -> torch.Tensor:
        """What of (cells of the stack, ...) belongs to `cells`."""
        whole = len(self.cells) == len(stacked)  # cells are in the stack's order
        return stacked if whole else stacked.index_select(0, self.index)


def low_rank(x: torch.Tensor, down: torch.Tensor, up: torch.Tensor, scaling: float, by: ByCell) -> torch.Tensor:
    """scaling * B_k A_k x for each row x of cell k: shape (rows, in) to (rows, out).

    `down` has the shape (cells, r, in), `up` (cells, out, r).
    """
    up = up * scaling
    if torch.compiler.is_compiling():
        return _traced_low_rank(x, down, up, by)
    if x.device.type == "cpu":
        product: torch.Tensor = _LowRank.apply(x, down, up, by)
        return product
    down, up = by.of(down), by.of(up)
    if can_group(x, by):
        return grouped_low_rank(x, down, up, by)
    return unpad(pad(x, by) @ down.transpose(1, 2) @ up.transpose(1, 2), by)


def _traced_low_rank(x: torch.Tensor, down: torch.Tensor, up: torch.Tensor, by: ByCell) -> torch.Tensor:
    """The same by tensors alone: a compiler would take the cells of a pass and their counts for those of all passes.

    Rows are tokens, which on a GPU are filled up to a multiple of `MULTIPLE` for each cell.
    """
    if x.device.type == "cpu":
        from bench.methods import traced

        product: torch.Tensor = traced.low_rank(x, down, up, by.index, by.ends)[0]
        return product
    down, up = down.index_select(0, by.index), up.index_select(0, by.index)
    if has_grouped_products(x):
        return grouped_low_rank(x, down, up, by)
    padded = by.padded.pad(x).unflatten(0, (len(by.index), -1))
    return by.padded.unpad((padded @ down.transpose(1, 2) @ up.transpose(1, 2)).flatten(0, 1))


def affine(x: torch.Tensor, weight: torch.Tensor, bias: torch.Tensor | None, by: ByCell) -> torch.Tensor:
    """W_k x + b_k for each row x of cell k: shape (rows, in) to (rows, out).

    `weight` has the shape (cells, out, in), `bias` (cells, out).
    """
    product = torch.bmm(pad(x, by), by.of(weight).transpose(1, 2))
    if bias is not None:
        product = product + by.of(bias).unsqueeze(1)
    return unpad(product, by)


def pad(x: torch.Tensor, by: ByCell) -> torch.Tensor:
    """Shape (rows, ...) to (cells, most rows of one, ...)."""
    if len(set(by.counts)) > 1:
        x = by.padded.pad(x)
    return x.unflatten(0, (len(by.cells), -1))


def unpad(x: torch.Tensor, by: ByCell) -> torch.Tensor:
    """The way back: shape (cells, most rows of one, ...) to (rows, ...)."""
    x = x.flatten(0, 1)
    return by.padded.unpad(x) if len(set(by.counts)) > 1 else x


def can_group(x: torch.Tensor, by: ByCell) -> bool:
    """Whether torch has one kernel for the products of `x`, as autocast computes them, with matrices by cell.

    Texts are not filled up, as tokens are: where a layer is given what stands for texts, sizes may not do.
    """
    return has_grouped_products(x) and not any(count % MULTIPLE for count in by.counts)


def has_grouped_products(x: torch.Tensor) -> bool:
    """Whether the device of `x` has one kernel for the products of many matrices, in the type that autocast gives."""
    if not hasattr(F, "grouped_mm") or x.device.type != "cuda":
        return False
    dtype = torch.get_autocast_dtype("cuda") if torch.is_autocast_enabled("cuda") else x.dtype
    return dtype == torch.bfloat16 and compute_capability(x.device)[0] in GROUPED_CAPABILITIES


def grouped_low_rank(x: torch.Tensor, down: torch.Tensor, up: torch.Tensor, by: ByCell) -> torch.Tensor:
    """B_k A_k x in bf16, by torch's grouped products; the rows of each cell are a multiple of `MULTIPLE`."""
    missing = -down.shape[1] % MULTIPLE  # zeros on both sides of a sum
    if missing:
        down, up = F.pad(down, (0, 0, 0, missing)), F.pad(up, (0, missing))
    x, down, up = (part.to(torch.bfloat16) for part in (x, down, up))
    low = F.grouped_mm(x, down.transpose(1, 2), offs=by.ends)
    return F.grouped_mm(low, up.transpose(1, 2), offs=by.ends)


class _LowRank(torch.autograd.Function):
    """Cell by cell, in few operations; on a CPU products of stacked matrices are slower than one after the other."""

    @staticmethod
    def forward(ctx: Any, x: torch.Tensor, down: torch.Tensor, up: torch.Tensor, by: ByCell) -> torch.Tensor:
        product, low = products_of_cells(x, down, up, by.cells, by.last)
        ctx.save_for_backward(x, down, up, low)
        ctx.by = by
        return product

    @staticmethod
    def backward(ctx: Any, gradient: torch.Tensor) -> tuple[torch.Tensor | None, torch.Tensor, torch.Tensor, None]:
        needs_x = ctx.needs_input_grad[0]
        of_x, of_down, of_up = gradients_of_cells(
            gradient, ctx.saved_tensors, ctx.by.cells, ctx.by.last, needs_x=needs_x
        )
        return of_x if needs_x else None, of_down, of_up, None


def products_of_cells(
    x: torch.Tensor, down: torch.Tensor, up: torch.Tensor, cells: Sequence[int], ends: Sequence[int]
) -> tuple[torch.Tensor, torch.Tensor]:
    """B_k A_k x and A_k x for the rows x of cell k, those up to its one of `ends`."""
    low = x.new_empty(len(x), down.shape[1])
    product = x.new_empty(len(x), up.shape[1])
    for cell, (start, end) in zip(cells, pairwise((0, *ends)), strict=True):
        torch.mm(x[start:end], down[cell].t(), out=low[start:end])
        torch.mm(low[start:end], up[cell].t(), out=product[start:end])
    return product, low


def gradients_of_cells(
    gradient: torch.Tensor,
    saved: tuple[torch.Tensor, ...],
    cells: Sequence[int],
    ends: Sequence[int],
    *,
    needs_x: bool = True,
) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """The gradients of x (not computed unless `needs_x`), A and B; `saved` are x, A, B and A_k x."""
    x, down, up, low = saved
    gradient = gradient.contiguous()
    of_x, of_low = torch.empty_like(x), torch.empty_like(low)
    of_down, of_up = torch.zeros_like(down), torch.zeros_like(up)
    for cell, (start, end) in zip(cells, pairwise((0, *ends)), strict=True):
        torch.mm(gradient[start:end].t(), low[start:end], out=of_up[cell])
        torch.mm(gradient[start:end], up[cell], out=of_low[start:end])
        torch.mm(of_low[start:end].t(), x[start:end], out=of_down[cell])
        if needs_x:
            torch.mm(of_low[start:end], down[cell], out=of_x[start:end])
    return of_x, of_down, of_up


def padded_to_largest(counts: Sequence[int]) -> tuple[list[int], list[int]]:
    """`PaddedIndex.row_of` and `.padded_of` of groups of so many rows, each padded to the largest."""
    row_of: list[int] = []
    padded_of: list[int] = []
    most, start = max(counts), 0
    for number, count in enumerate(counts):
        row_of += [*range(start, start + count), *[start] * (most - count)]
        padded_of += range(number * most, number * most + count)
        start += count
    return row_of, padded_of
