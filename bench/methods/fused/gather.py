"""Rows of a matrix put in places with room between them, and taken out again.

Both ways are one selection of rows, forward and backward: each row has one place, so no gradients are added up.
"""

from dataclasses import dataclass
from typing import Any

import torch


@dataclass(frozen=True, slots=True)
class Places:
    """Where rows go: `rows[place]` is the row at a place, `places[row]` the place of a row.

    What a place without a row of its own says there is any row at all: what is computed of it is never used.
    """

    rows: torch.Tensor
    """Shape (places)."""
    places: torch.Tensor
    """Shape (rows)."""

    def put(self, x: torch.Tensor) -> torch.Tensor:
        """Shape (rows, ...) to (places, ...)."""
        placed: torch.Tensor = _Put.apply(x, self.rows, self.places)
        return placed

    def take(self, x: torch.Tensor) -> torch.Tensor:
        """Shape (places, ...) to (rows, ...)."""
        taken: torch.Tensor = _Take.apply(x, self.places)
        return taken


class _Put(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, x: torch.Tensor, rows: torch.Tensor, places: torch.Tensor) -> torch.Tensor:
        ctx.places = places
        return x.index_select(0, rows)

    @staticmethod
    def backward(ctx: Any, gradient: torch.Tensor) -> tuple[torch.Tensor, None, None]:
        return gradient.index_select(0, ctx.places), None, None


class _Take(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, x: torch.Tensor, places: torch.Tensor) -> torch.Tensor:
        ctx.places, ctx.shape = places, x.shape
        return x.index_select(0, places)

    @staticmethod
    def backward(ctx: Any, gradient: torch.Tensor) -> tuple[torch.Tensor, None]:
        return gradient.new_zeros(ctx.shape).index_copy_(0, ctx.places, gradient), None
