"""Rows of a matrix padded with rows between them, and unpadded again.

Both ways are one selection of rows, forward and backward: each row is there once, so no gradients are added up.
"""

from dataclasses import dataclass
from typing import Any

import torch


@dataclass(frozen=True, slots=True)
class PaddedIndex:
    """Which row is which padded row: `row_of[padded]` is a row's index, `padded_of[row]` that of its padded row.

    Of a padded row that is padding `row_of` is any row at all: what is computed of it is never used.
    """

    row_of: torch.Tensor
    """Shape (padded rows)."""
    padded_of: torch.Tensor
    """Shape (rows)."""

    def pad(self, x: torch.Tensor) -> torch.Tensor:
        """Shape (rows, ...) to (padded rows, ...)."""
        padded: torch.Tensor = _Pad.apply(x, self.row_of, self.padded_of)
        return padded

    def unpad(self, x: torch.Tensor) -> torch.Tensor:
        """Shape (padded rows, ...) to (rows, ...)."""
        rows: torch.Tensor = _Unpad.apply(x, self.padded_of)
        return rows


class _Pad(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, x: torch.Tensor, row_of: torch.Tensor, padded_of: torch.Tensor) -> torch.Tensor:
        ctx.padded_of = padded_of
        return x.index_select(0, row_of)

    @staticmethod
    def backward(ctx: Any, gradient: torch.Tensor) -> tuple[torch.Tensor, None, None]:
        return gradient.index_select(0, ctx.padded_of), None, None


class _Unpad(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, x: torch.Tensor, padded_of: torch.Tensor) -> torch.Tensor:
        ctx.padded_of, ctx.shape = padded_of, x.shape
        return x.index_select(0, padded_of)

    @staticmethod
    def backward(ctx: Any, gradient: torch.Tensor) -> tuple[torch.Tensor, None]:
        return gradient.new_zeros(ctx.shape).index_copy_(0, ctx.padded_of, gradient), None
