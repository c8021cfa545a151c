"""Frozen linear layers in the order in which a CPU multiplies them.

torch leaves a layer's weights as they are and reorders them in every product, which for the few hundred tokens of a
training step takes a fifth to a quarter of the time (fp32; less in bf16). Weights that nobody trains can be reordered
once, for the way forward and for the way back, by the functions with which torch's own compiler does it. It takes
twice the memory of the layers beside them.
"""

from typing import Any

import torch
from torch import nn

MAX_BYTES = 5e8
"""Of all layers of a model that are packed. Above, they stay as they are: their products are large enough anyway."""


BothWays = tuple[torch.Tensor, torch.Tensor]
"""A weight and its transpose, packed."""


class Packed(nn.Linear):
    """A frozen linear layer, on its own parameters; packed when it first runs."""

    def __init__(self, layer: nn.Linear, *, in_place: bool = False) -> None:
        """`in_place`: what it gives may be changed in place, which autograd forbids for a product's own result."""
        nn.Module.__init__(self)
        self._in_place = in_place
        self.in_features, self.out_features = layer.in_features, layer.out_features
        self.weight, self.bias = layer.weight, layer.bias
        self.train(layer.training)
        self._packed: BothWays | None = None

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Shape (..., in) to (..., out), in the type that `nn.Linear` gives."""
        if torch.is_autocast_enabled("cpu"):
            x = x.to(torch.get_autocast_dtype("cpu"))
        if x.dtype != self.weight.dtype or not x.numel():
            return super().forward(x)
        self.pack()
        assert self._packed is not None
        found = multiply(x, self._packed, self.bias)
        return found.clone() if self._in_place else found

    def pack(self) -> None:
        """Pack the weights, if they are not."""
        if self._packed is None:
            self._packed = both_ways(self.weight)


class Product(torch.autograd.Function):
    """x W^T + b, with gradients for x alone."""

    @staticmethod
    def forward(
        ctx: Any, x: torch.Tensor, there: torch.Tensor, back: torch.Tensor, bias: torch.Tensor | None
    ) -> torch.Tensor:
        """`there` and `back` are W and its transpose, packed."""
        ctx.back = back
        return product(x, there, bias)

    @staticmethod
    def backward(ctx: Any, gradient: torch.Tensor) -> tuple[torch.Tensor, None, None, None]:
        """The gradient of x."""
        return product(gradient, ctx.back, None), None, None, None


def both_ways(weight: torch.Tensor) -> BothWays:
    """A layer's weight, shape (out, in), and its transpose, packed for `multiply`."""
    with torch.inference_mode(mode=False):  # they may be made in an evaluation, and are used in training
        there, back = (
            torch.ops.mkldnn._reorder_linear_weight(way.contiguous()) for way in (weight.detach(), weight.detach().t())
        )
    for way in (there, back):
        torch._dynamo.mark_static(way)  # to a compiler: they are as large in each pass
    return there, back


def multiply(x: torch.Tensor, packed: BothWays, bias: torch.Tensor | None) -> torch.Tensor:
    """x W^T + b of a packed W; x has the type of W."""
    if torch.compiler.is_compiling():
        from bench.methods import traced

        return traced.packed_product(x, *packed, bias)
    found: torch.Tensor = Product.apply(x, *packed, bias)
    return found


def product(x: torch.Tensor, packed: torch.Tensor, bias: torch.Tensor | None) -> torch.Tensor:
    """x W^T + b of a packed W, without gradients."""
    found: torch.Tensor = torch.ops.mkldnn._linear_pointwise(x, packed, bias, "none", [], "")
    return found


def can_pack(dtype: torch.dtype) -> bool:
    """Whether this torch and this CPU multiply packed weights of `dtype`."""
    if not torch.backends.mkldnn.is_available() or not hasattr(torch.ops.mkldnn, "_linear_pointwise"):
        return False
    return dtype == torch.float32 or (dtype == torch.bfloat16 and bool(torch.ops.mkldnn._is_mkldnn_bf16_supported()))


def pack_frozen_linears(model: nn.Module, *, in_place: bool = False) -> None:
    """Let the frozen linear layers of `model` that lie on the CPU be packed ones, if their bytes allow for all.

    `in_place`: what they give may be changed in place.
    """
    layers = {name: module for name, module in model.named_modules() if _is_frozen(module)}
    if sum(layer.weight.nbytes for layer in layers.values()) <= MAX_BYTES:
        for name, layer in layers.items():
            model.set_submodule(name, Packed(layer, in_place=in_place))


def pack_now(model: nn.Module) -> None:
    """Pack what would be packed when it first runs."""
    for module in model.modules():
        if isinstance(module, Packed):
            module.pack()


def _is_frozen(module: nn.Module) -> bool:
    if type(module) is not nn.Linear:
        return False
    fixed = not any(parameter.requires_grad for parameter in module.parameters())
    return fixed and module.weight.device.type == "cpu" and can_pack(module.weight.dtype)
