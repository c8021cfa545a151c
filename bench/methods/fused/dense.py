"""4-bit layers of a stack on a CPU as whole ones: each is unpacked once, not twice in every pass."""

from typing import TYPE_CHECKING

import torch
import torch.nn.functional as F
from torch import nn

from bench.extras import is_here
from bench.methods.packed import both_ways, can_pack, multiply

if TYPE_CHECKING:  # bitsandbytes is not in every installation
    from bitsandbytes.nn import Linear4bit

MAX_BYTES = 1e9
"""Of all unpacked layers of a model, once. Above, they stay as they are: memory is what 4 bits are for."""


class Dense(nn.Module):
    """What a 4-bit layer computes, from its unpacked weights."""

    def __init__(self, packed: "Linear4bit") -> None:
        from bitsandbytes.functional import dequantize_4bit

        super().__init__()
        self.dtype = packed.compute_dtype
        weight = dequantize_4bit(packed.weight.data, packed.weight.quant_state).to(self.dtype)
        self.weights = both_ways(weight) if can_pack(self.dtype) else None
        self.weight = nn.Parameter(weight, False) if self.weights is None else None
        self.bias = packed.bias

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Shape (..., in) to (..., out), computed in the layer's own type and given in that of `x`."""
        bias = None if self.bias is None else self.bias.to(self.dtype)
        if self.weights is None:
            assert self.weight is not None
            return F.linear(x.to(self.dtype), self.weight, bias).to(x.dtype)
        return multiply(x.to(self.dtype), self.weights, bias).to(x.dtype)


def unpack(model: nn.Module, most: float) -> None:
    """Put unpacked layers in the place of the 4-bit ones of `model`, where they take at most `most` bytes."""
    if not is_here("bitsandbytes"):  # then nothing is in 4 bits
        return
    from bitsandbytes.nn import Linear4bit

    packed = {name: module for name, module in model.named_modules() if isinstance(module, Linear4bit)}
    sizes = [layer.weight.quant_state.shape.numel() * layer.compute_dtype.itemsize for layer in packed.values()]
    if sum(sizes) <= most:
        for name, layer in packed.items():
            model.set_submodule(name, Dense(layer))
