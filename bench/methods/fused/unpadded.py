"""Parts of a model that treat every token by itself, run on the tokens there are: padding is left out."""

from dataclasses import dataclass

import torch
from torch import nn

from bench.methods.fused.layers import FusedLinear

PARTS = ("mlp", "ffn")
"""What families call the feed-forward part of a block, which has most of its weights. (BERT's is in two pieces, with a
wide state between, where it would not pay.)"""
MIN_PADDING = 0.05
"""Of a batch; with less, copying costs more than it saves."""


@dataclass(slots=True)
class Tokens:
    """Where the tokens of a batch are."""

    places: torch.Tensor | None = None
    """In the batch's rows, one after the other; None where there is hardly any padding."""

    def set(self, mask: torch.Tensor) -> None:
        """Of a batch with this attention mask, shape (rows, length), on the CPU."""
        padding = 1 - float(mask.sum()) / mask.numel()
        self.places = mask.reshape(-1).nonzero().squeeze(1) if padding > MIN_PADDING else None


class Unpadded(nn.Module):
    """`part` of a model on the tokens alone; what it gives for padding is zero."""

    def __init__(self, part: nn.Module, tokens: Tokens) -> None:
        super().__init__()
        self.part, self.tokens = part, tokens

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Shape (rows, length, width)."""
        places = self.tokens.places
        if places is None:
            given: torch.Tensor = self.part(x)
            return given
        found = self.part(x.reshape(1, -1, x.shape[-1]).index_select(1, places))
        whole = found.new_zeros(x.shape[0] * x.shape[1], found.shape[-1])
        return whole.index_copy(0, places, found[0]).view(*x.shape[:-1], -1)


def skip_padding_in_mlp(model: nn.Module, tokens: Tokens) -> None:
    """Wrap the feed-forward parts of `model`, but for those with adapters, which go by the rows of a batch."""
    for name, module in list(model.named_modules()):
        is_part = name.rpartition(".")[2] in PARTS
        if is_part and not any(isinstance(inner, FusedLinear) for inner in module.modules()):
            model.set_submodule(name, Unpadded(module, tokens))
