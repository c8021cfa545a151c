"""A classifier's trunk over one row of tokens, and what its classifier sees of it: one token for each text."""

from typing import Any

import torch
from torch import nn
from transformers import PreTrainedModel
from transformers.modeling_outputs import BaseModelOutputWithPoolingAndCrossAttentions

from bench.methods.fused.layout import Pass
from bench.models.families import Family

FEED_FORWARD = ("mlp", "ffn")
"""What families call the feed-forward part of a block, which has most of its weights; BERT's is in two pieces."""


class PackedTrunk(nn.Module):
    """`trunk` on the tokens of a pass; the classifier is given texts of one token, the one that it would read."""

    def __init__(self, trunk: PreTrainedModel, current: Pass) -> None:
        super().__init__()
        self.trunk, self.current = trunk, current
        self.pooler: nn.Module | None = getattr(trunk, "pooler", None)
        if self.pooler is not None:
            trunk.pooler = None  # it reads the first token of a row

    def forward(self, *_: Any, **__: Any) -> BaseModelOutputWithPoolingAndCrossAttentions:
        """Hidden states of the shape (texts, 1, width), of what pass is current."""
        layout = self.current.layout
        embedded = self.trunk.get_input_embeddings()(layout.ids.unsqueeze(0))
        if self.current.is_compiled:
            embedded.requires_grad_()  # as what later blocks are given: else the first would be compiled by itself
        given = self.trunk(inputs_embeds=embedded, position_ids=layout.positions.unsqueeze(0), packed=layout)
        hidden = given.last_hidden_state[0]
        # where the last block's feed-forward part gives what stands for each text alone, that is all
        pooled = (hidden if len(hidden) < len(layout.ids) else layout.pool(hidden)).unsqueeze(1)
        return BaseModelOutputWithPoolingAndCrossAttentions(
            last_hidden_state=pooled, pooler_output=None if self.pooler is None else self.pooler(pooled)
        )


class PooledPart(nn.Module):
    """The last block's feed-forward part on the tokens that stand for texts; for others it gives zero."""

    def __init__(self, part: nn.Module, current: Pass) -> None:
        super().__init__()
        self.part, self.current = part, current

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Shape (1, tokens, width)."""
        pooled = self.current.layout.pooled
        assert pooled is not None
        found = self.part(x.index_select(1, pooled))
        return found.new_zeros(*x.shape[:2], found.shape[-1]).index_copy(1, pooled, found)


class Pooled(nn.Module):
    """A layer of the last block on the tokens that stand for texts, of those of its inputs that have all tokens."""

    def __init__(self, layer: nn.Module, current: Pass) -> None:
        super().__init__()
        self.layer, self.current = layer, current

    def forward(self, *inputs: torch.Tensor) -> torch.Tensor:
        """Shape (1, tokens, width) to (1, texts, width)."""
        layout = self.current.layout
        assert layout.pooled is not None
        whole = len(layout.ids)
        parts = [x.index_select(1, layout.pooled) if x.shape[1] == whole else x for x in inputs]
        found: torch.Tensor = self.layer(*parts)
        return found


def pack_trunk(model: PreTrainedModel, family: Family, current: Pass, *, is_mean: bool) -> None:
    """Let the classifier `model` run on the tokens of `current`.

    `is_mean`: it reads the mean of a text's tokens, so that its last block is needed for all of them.
    """
    if not is_mean:
        _pool_last_block(model.get_submodule(family.blocks)[-1], current)
    prefix = model.base_model_prefix
    setattr(model, prefix, PackedTrunk(getattr(model, prefix), current))


def _pool_last_block(block: nn.Module, current: Pass) -> None:
    """Nothing above the last block's attention reads other tokens than those that stand for texts."""
    names = dict(block.named_children())
    for name in FEED_FORWARD:
        if name in names:
            setattr(block, name, PooledPart(names[name], current))
    if "intermediate" in names:
        block.intermediate = Pooled(names["intermediate"], current)
        block.output = Pooled(names["output"], current)
