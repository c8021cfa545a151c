"""Layers of a stack: a frozen layer with every cell's adapters, and every cell's head, each on its own rows."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import torch
import torch.nn.functional as F
from torch import nn

from bench.methods.dropout import dropout


@dataclass(slots=True)
class Plan:
    """Which rows of a batch belong to which cell: rows of one cell are next to each other."""

    cells: list[int] = field(default_factory=list)
    """Of the stack, in the order of the rows; each once."""
    counts: list[int] = field(default_factory=list)
    """Rows of each of `cells`."""
    shared: bool = False
    """All rows are every cell's: adapters that have not been trained change nothing and are left out, and heads give
    their outputs side by side, cell after cell, in the last dimension."""
    cell_of_row: torch.Tensor | None = None
    """Where cells have different counts: the cell of each row, which then has adapters of its own."""

    def set(self, cells: Sequence[int], counts: Sequence[int], device: torch.device) -> None:
        """Plan a batch of `counts[i]` rows of each `cells[i]`."""
        self.cells, self.counts, self.shared = list(cells), list(counts), False
        self.cell_of_row = None
        if min(counts) < max(counts):
            repeated = [cell for cell, count in zip(cells, counts, strict=True) for _ in range(count)]
            self.cell_of_row = torch.tensor(repeated, device=device)

    def set_shared(self, num_cells: int) -> None:
        """Plan a batch whose rows are all cells'."""
        self.cells, self.counts, self.shared = list(range(num_cells)), [], True
        self.cell_of_row = None


class FusedLinear(nn.Module):
    """A frozen linear layer (whole, 4-bit, or GPT-2's Conv1D) plus low-rank adapters, other ones for each cell.

    y = base(x) + scaling * B_k A_k dropout(x) for rows of cell k (Hu et al. 2021). Dropout is drawn for all rows
    at once: cells need no generators of their own, for every element's draw is independent anyway.
    """

    A: nn.Parameter
    """Shape (cells, r, in)."""
    B: nn.Parameter
    """Shape (cells, out, r)."""

    def __init__(self, base: nn.Module, plan: Plan, scaling: float, dropout: float) -> None:
        super().__init__()
        self.base, self.plan, self.scaling, self.dropout = base, plan, scaling, dropout

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Shape (rows, ..., in) to (rows, ..., out)."""
        result: torch.Tensor = self.base(x)
        plan = self.plan
        if plan.shared:
            return result
        if len(x) != sum(plan.counts):
            raise RuntimeError(f"a layer was given {len(x)} rows of a batch of {sum(plan.counts)}")
        # in bf16, products as narrow as these take a CPU longer than in fp32, which is exacter, too
        device, narrow = x.device.type, torch.is_autocast_enabled(x.device.type) and x.device.type != "cpu"
        if not narrow:
            x = x.to(self.A.dtype)
        if self.training and self.dropout:
            x = dropout(x, self.dropout)
        down: torch.Tensor = self.A
        up: torch.Tensor = self.B * self.scaling
        if plan.cell_of_row is not None:
            down, up = down.index_select(0, plan.cell_of_row), up.index_select(0, plan.cell_of_row)
        elif len(plan.cells) < len(down):
            down, up = down[plan.cells], up[plan.cells]
        stacked = x.reshape(len(down), -1, x.shape[-1])
        with torch.autocast(device, torch.get_autocast_dtype(device), enabled=narrow):
            low = torch.bmm(stacked, down.transpose(1, 2))
            change = torch.bmm(low, up.transpose(1, 2)).view(*x.shape[:-1], -1)
        return (result + change).to(result.dtype)


class FusedHead(nn.Module):
    """The cells' own copies of a layer above the frozen model, each on its rows."""

    def __init__(self, plan: Plan, *, first: bool, last: bool) -> None:
        super().__init__()
        self.plan, self.first, self.last = plan, first, last
        self.heads = nn.ModuleList()

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Shape (rows, ..., in) to (rows, ..., out); the last layer's `out` is that of the cell with most labels.

        Logits of labels that a cell does not have are -inf, which no softmax notices.
        """
        if self.plan.shared:
            inputs = [x] * len(self.heads) if self.first else x.chunk(len(self.heads), dim=-1)
            return torch.cat([head(part) for head, part in zip(self.heads, inputs, strict=True)], dim=-1)
        parts = x.split(self.plan.counts)
        outputs = [self.heads[cell](part) for cell, part in zip(self.plan.cells, parts, strict=True)]
        if self.last:
            most = max(output.shape[-1] for output in outputs)
            outputs = [F.pad(output, (0, most - output.shape[-1]), value=-torch.inf) for output in outputs]
        return torch.cat(outputs)
