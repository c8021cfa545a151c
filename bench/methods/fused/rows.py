"""What the cells of a stack train, as one matrix: a row for each cell, so that few operations update all of them."""

from collections.abc import Mapping, Sequence

import torch
from torch import nn

ALIGNMENT = 256
"""Parameters begin at multiples of so many values: the blocks that 8-bit optimizer states share a scale over."""

Named = Mapping[str, nn.Parameter]


class Rows:
    """Values and gradients, shape (cells, width), of parameters that stay where they are used.

    Each parameter's data and gradient become views of its cell's row. Parameters of one name may differ in size
    between cells (heads over different labels); what is left over in a row stays 0.
    """

    def __init__(self, cells: Sequence[Named]) -> None:
        first = next(iter(cells[0].values()))
        self.cells = list(cells)
        self.starts: dict[str, int] = {}
        """Where each parameter begins in its row: big ones first."""
        self.ends: dict[str, int] = {}
        width = 0
        for name in sorted(cells[0], key=lambda name: -min(cell[name].numel() for cell in cells)):
            self.starts[name] = width
            width += -(-max(cell[name].numel() for cell in cells) // ALIGNMENT) * ALIGNMENT
            self.ends[name] = width
        self.values = torch.zeros(len(cells), width, device=first.device)
        self.gradients = torch.zeros_like(self.values)
        self._take_over()

    def _take_over(self) -> None:
        """Move what the parameters hold into the rows, and point them there."""
        for row, cell in enumerate(self.cells):
            for name, parameter in cell.items():
                value, gradient = self._views(row, name, parameter)
                value.copy_(parameter.data)
                parameter.data, parameter.grad = value, gradient

    def _views(self, row: int, name: str, parameter: nn.Parameter) -> tuple[torch.Tensor, torch.Tensor]:
        start, shape = self.starts[name], parameter.shape
        end = start + parameter.numel()
        return self.values[row, start:end].view(shape), self.gradients[row, start:end].view(shape)

    def stacked(self, name: str) -> nn.Parameter:
        """The parameters of one name as one: (cells, *shape of the largest). Its gradient is theirs.

        They may differ in the first dimension; what smaller ones do not have is 0.
        """
        shape = max((cell[name].shape for cell in self.cells), key=torch.Size.numel)
        start, end = self.starts[name], self.starts[name] + shape.numel()
        # no Parameter: to a compiler, those have one size for ever, and cells leave
        stacked = self.values[:, start:end].unflatten(1, shape).detach().requires_grad_()
        torch._dynamo.mark_static(stacked, list(range(1, stacked.dim())))
        stacked.grad = self.gradients[:, start:end].unflatten(1, shape)
        return stacked

    def release(self, row: int) -> None:
        """Give the parameters of one cell memory of their own again."""
        for parameter in self.cells[row].values():
            parameter.data, parameter.grad = parameter.data.clone(), None

    def keep(self, rows: Sequence[int]) -> None:
        """Keep these cells' rows only, in this order; others must have been released."""
        self.cells = [self.cells[row] for row in rows]
        self.values = self.values[list(rows)]
        self.gradients = torch.zeros_like(self.values)
        for row, cell in enumerate(self.cells):
            for name, parameter in cell.items():
                parameter.data, parameter.grad = self._views(row, name, parameter)
