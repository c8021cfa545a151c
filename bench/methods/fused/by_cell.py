"""Products of rows with matrices that are another one for each cell; rows of a cell are next to each other."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import accumulate, pairwise
from typing import Any

import torch
import torch.nn.functional as F

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
    if x.device.type == "cpu":
        product: torch.Tensor = _LowRank.apply(x, down, up, by)
        return product
    down, up = by.of(down), by.of(up)
    if can_group(x, by):
        return grouped_low_rank(x, down, up, by)
    return unpad(pad(x, by) @ down.transpose(1, 2) @ up.transpose(1, 2), by)


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
    if not hasattr(F, "grouped_mm") or x.device.type != "cuda" or any(count % MULTIPLE for count in by.counts):
        return False
    dtype = torch.get_autocast_dtype("cuda") if torch.is_autocast_enabled("cuda") else x.dtype
    return dtype == torch.bfloat16 and torch.cuda.get_device_capability(x.device)[0] in GROUPED_CAPABILITIES


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
        low = x.new_empty(len(x), down.shape[1])
        product = x.new_empty(len(x), up.shape[1])
        for cell, start, end in by.bounds():
            torch.mm(x[start:end], down[cell].t(), out=low[start:end])
            torch.mm(low[start:end], up[cell].t(), out=product[start:end])
        ctx.save_for_backward(x, down, up, low)
        ctx.by = by
        return product

    @staticmethod
    def backward(ctx: Any, gradient: torch.Tensor) -> tuple[torch.Tensor | None, torch.Tensor, torch.Tensor, None]:
        x, down, up, low = ctx.saved_tensors
        gradient = gradient.contiguous()
        of_x = torch.empty_like(x) if ctx.needs_input_grad[0] else None
        of_down, of_up, of_low = torch.zeros_like(down), torch.zeros_like(up), torch.empty_like(low)
        for cell, start, end in ctx.by.bounds():
            torch.mm(gradient[start:end].t(), low[start:end], out=of_up[cell])
            torch.mm(gradient[start:end], up[cell], out=of_low[start:end])
            torch.mm(of_low[start:end].t(), x[start:end], out=of_down[cell])
            if of_x is not None:
                torch.mm(of_low[start:end], down[cell], out=of_x[start:end])
        return of_x, of_down, of_up, None


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
