"""Operations of a stack's blocks that a compiler takes whole (`fused.compile=blocks`), on a CPU.

A compiler sees of them what they take and give, all of it tensors. Inside they do what is quicker there than what it
would make: products in MKL's order, one after the other for each cell, and dropout of few random bits. This module is
imported only where something is compiled.
"""

from typing import Any

import torch

from bench.methods import dropout, packed
from bench.methods.fused import by_cell

Tensors = tuple[torch.Tensor, ...]


@torch.library.custom_op("bench::draw", mutates_args=())
def draw(x: torch.Tensor, dropped: int, apart: torch.Tensor) -> torch.Tensor:
    """`dropout.draw`. `apart` is of no use but to differ: torch takes operations with equal inputs for one, all but its
    own random ones, and a block's adapters are given the same `x`."""
    return dropout.draw(x, dropped)


@draw.register_fake
def _(x: torch.Tensor, dropped: int, apart: torch.Tensor) -> torch.Tensor:
    return x.new_empty(x.shape, dtype=torch.bool)


@torch.library.custom_op("bench::packed_product", mutates_args=())
def packed_product(x: torch.Tensor, there: torch.Tensor, back: torch.Tensor, bias: torch.Tensor | None) -> torch.Tensor:
    """`packed.Product`."""
    return packed.product(x, there, bias)


@packed_product.register_fake
def _(x: torch.Tensor, there: torch.Tensor, back: torch.Tensor, bias: torch.Tensor | None) -> torch.Tensor:
    return x.new_empty(*x.shape[:-1], there.shape[0])


def _keep_weights(ctx: Any, inputs: tuple[Any, ...], output: torch.Tensor) -> None:
    ctx.save_for_backward(*inputs[1:3])


def _packed_backward(ctx: Any, gradient: torch.Tensor) -> tuple[torch.Tensor, None, None, None]:
    there, back = ctx.saved_tensors
    return packed_product(gradient, back, there, None), None, None, None


packed_product.register_autograd(_packed_backward, setup_context=_keep_weights)


@torch.library.custom_op("bench::low_rank", mutates_args=())
def low_rank(
    x: torch.Tensor, down: torch.Tensor, up: torch.Tensor, cells: torch.Tensor, ends: torch.Tensor
) -> tuple[torch.Tensor, torch.Tensor]:
    """`by_cell.products_of_cells`."""
    return by_cell.products_of_cells(x, down, up, cells.tolist(), ends.tolist())


@low_rank.register_fake
def _(x: torch.Tensor, down: torch.Tensor, up: torch.Tensor, *_: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    return x.new_empty(x.shape[0], up.shape[1]), x.new_empty(x.shape[0], down.shape[1])


@torch.library.custom_op("bench::low_rank_backward", mutates_args=())
def low_rank_backward(  # noqa: PLR0917 - an operation takes tensors, one by one
    gradient: torch.Tensor,
    x: torch.Tensor,
    down: torch.Tensor,
    up: torch.Tensor,
    low: torch.Tensor,
    cells: torch.Tensor,
    ends: torch.Tensor,
) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """`by_cell.gradients_of_cells`."""
    return by_cell.gradients_of_cells(gradient, (x, down, up, low), cells.tolist(), ends.tolist())


@low_rank_backward.register_fake
def _(gradient: torch.Tensor, x: torch.Tensor, down: torch.Tensor, up: torch.Tensor, *_: torch.Tensor) -> Tensors:
    return x.new_empty(x.shape), down.new_empty(down.shape), up.new_empty(up.shape)


def _keep_factors(ctx: Any, inputs: Tensors, output: tuple[torch.Tensor, torch.Tensor]) -> None:
    x, down, up, cells, ends = inputs
    ctx.save_for_backward(x, down, up, output[1], cells, ends)


def _low_rank_backward(ctx: Any, gradient: torch.Tensor, _: torch.Tensor) -> tuple[torch.Tensor | None, ...]:
    return *low_rank_backward(gradient, *ctx.saved_tensors), None, None


low_rank.register_autograd(_low_rank_backward, setup_context=_keep_factors)
