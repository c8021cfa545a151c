"""Layers of a stack: a frozen layer with every cell's adapters, and every cell's head, each on its own rows."""

import torch
from torch import nn

from bench.methods.dropout import dropout
from bench.methods.fused.by_cell import affine, low_rank
from bench.methods.fused.layout import Pass
from bench.methods.fused.rows import Rows
from bench.methods.fused.transfer import to_device


class FusedLinear(nn.Module):
    """A frozen linear layer (whole, 4-bit, or GPT-2's Conv1D) plus low-rank adapters, other ones for each cell.

    y = base(x) + scaling * B_k A_k dropout(x) for x of cell k (Hu et al. 2021). Dropout is drawn for all rows
    at once: cells need no generators of their own, for every element's draw is independent anyway.
    """

    A: torch.Tensor
    """Shape (cells, r, in)."""
    B: torch.Tensor
    """Shape (cells, out, r)."""

    def __init__(self, base: nn.Module, current: Pass, scaling: float, dropout: float) -> None:
        super().__init__()
        self.base, self.current, self.scaling, self.dropout = base, current, scaling, dropout

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Shape (..., in) to (..., out): all tokens of the pass, or what stands for its texts."""
        result: torch.Tensor = self.base(x)
        if self.current.is_shared:
            return result
        # in bf16, products as narrow as these take a CPU longer than in fp32, which is exacter, too
        device, narrow = x.device.type, torch.is_autocast_enabled(x.device.type) and x.device.type != "cpu"
        if not narrow:
            x = x.to(self.A.dtype)
        if self.training and self.dropout:
            x = dropout(x, self.dropout)
        rows = x.reshape(-1, x.shape[-1])
        with torch.autocast(device, torch.get_autocast_dtype(device), enabled=narrow):
            change = low_rank(rows, self.A, self.B, self.scaling, self.current.layout.by(len(rows)))
        return (result + change.view(result.shape)).to(result.dtype)


class FusedHead(nn.Module):
    """The cells' own copies of a layer above the frozen model, each on its texts."""

    weight: torch.Tensor | None
    """Of linear layers, shape (cells, most outputs, in): zero for outputs that a cell does not have."""
    bias: torch.Tensor | None
    """Shape (cells, most outputs)."""
    missing: torch.Tensor | None
    """Likewise, where cells differ in labels: -inf for those that one does not have, and 0."""

    def __init__(self, current: Pass, *, first: bool, last: bool) -> None:
        super().__init__()
        self.current, self.first, self.last = current, first, last
        self.heads, self.missing = nn.ModuleList(), None
        self.weight = self.bias = None

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Shape (texts, ..., in) to (texts, ..., out); the last layer's `out` is that of the cell with most labels.

        Logits of labels that a cell does not have are -inf, which no softmax notices.
        """
        if self.current.is_shared:
            inputs = [x] * len(self.heads) if self.first else x.chunk(len(self.heads), dim=-1)
            return torch.cat([head(part) for head, part in zip(self.heads, inputs, strict=True)], dim=-1)
        by = self.current.layout.texts_of
        if self.weight is None:
            parts = x.split(by.counts)
            return torch.cat([self.heads[cell](part) for cell, part in zip(by.cells, parts, strict=True)])
        bias = self.bias if self.missing is None else self.missing if self.bias is None else self.bias + self.missing
        return affine(x.reshape(-1, x.shape[-1]), self.weight, bias, by).view(*x.shape[:-1], -1)

    def attach(self, heads: list[nn.Module], rows: Rows, name: str) -> None:
        """Use these `heads`, whose parameters' names in `rows` begin with `name`.

        Linear ones are one product; those of several layers (ModernBERT's) are run cell by cell.
        """
        self.heads = nn.ModuleList(heads)
        self.weight = self.bias = self.missing = None
        if not all(type(head) is nn.Linear for head in heads):
            return
        self.weight = rows.stacked(f"{name}.weight")
        if heads[0].bias is not None:
            self.bias = rows.stacked(f"{name}.bias")
        outputs = torch.tensor([head.out_features for head in heads])
        if self.last and len(outputs.unique()) > 1:
            missing = torch.arange(int(outputs.max())) >= outputs[:, None]
            nowhere = torch.zeros(missing.shape).masked_fill(missing, -torch.inf)
            self.missing = to_device(nowhere, self.weight.device)
