"""The texts of several cells as one row of tokens, without padding: what goes through the model in one pass."""

from dataclasses import dataclass, field
from typing import Literal

import torch

from bench.methods.fused.by_cell import ByCell
from bench.methods.fused.gather import PaddedIndex

Pooling = Literal["first", "last", "mean"]
"""Which of a text's tokens its classifier reads: the first one, the last one that is no padding, or the mean of all."""


@dataclass(frozen=True, slots=True)
class Group:
    """Texts of like lengths, whose attention is computed together, padded to the longest."""

    start: int
    """Its first padded row among those of all groups."""
    position: torch.Tensor
    """Shape (tokens of the longest), on the device: 0, 1 and so on."""
    lengths: torch.Tensor
    """Shape (texts), on the device."""
    is_even: bool
    """Whether all are known to be as long as the longest."""

    @property
    def length(self) -> int:
        """Of the longest."""
        return len(self.position)


@dataclass(slots=True)
class Layout:
    """One pass: tokens of a text are next to each other, and so are texts of a cell. Tensors are on the device."""

    ids: torch.Tensor
    """Shape (tokens)."""
    positions: torch.Tensor
    """Shape (tokens): each token's position in its text."""
    pooled: torch.Tensor | None
    """Shape (texts): which token stands for a text; None where that is the mean of all."""
    text_of_token: torch.Tensor
    """Shape (tokens)."""
    ends: torch.Tensor
    """Shape (texts + 1), int32: where texts begin, and the end; what fills up cells are texts, too, after theirs."""
    tokens_of: ByCell
    texts_of: ByCell
    groups: list[Group]
    """Shortest texts first."""
    attended: PaddedIndex
    """The tokens as padded rows of all groups, one after the other."""
    num_texts: int
    lengths: torch.Tensor
    """Shape (texts)."""
    part_of_text: torch.Tensor
    """Shape (texts): which of the cells of `texts_of` each belongs to."""
    is_attended: bool = False
    """Whether attention went by it: by any other, texts would see each other."""
    masks: dict[tuple[int, bool, int | None, bool], torch.Tensor | None] = field(default_factory=dict)
    """Of attention, by first padded row of a group and `mask_of`'s options, made as they are asked for: layers share
    them."""

    @property
    def longest(self) -> int:
        """Tokens of the longest text."""
        return self.groups[-1].length

    def pool(self, hidden: torch.Tensor) -> torch.Tensor:
        """What stands for each text: shape (tokens, width) to (texts, width)."""
        if self.pooled is not None:
            return hidden.index_select(0, self.pooled)
        sums = hidden.new_zeros(self.num_texts + 1, hidden.shape[1]).index_add(0, self.text_of_token, hidden)
        return sums[: self.num_texts] / self.lengths.unsqueeze(1)

    def by(self, num_rows: int) -> ByCell:
        """Whose rows these are: `num_rows` is that of the tokens, or of what stands for each text."""
        if num_rows == len(self.ids):
            return self.tokens_of
        if num_rows == self.num_texts:
            return self.texts_of
        known = f"{len(self.ids)} tokens of {self.num_texts} texts"
        raise RuntimeError(f"a layer was given {num_rows} rows of a pass over {known}")


class Pass:
    """What goes through a stack's model now."""

    layout: Layout
    is_compiled: bool = False
    """Whether the blocks that are compiled run so."""
    is_shared: bool = False
    """All texts are every cell's: adapters that have not been trained change nothing and are left out, and heads give
    their outputs side by side, cell after cell, in the last dimension."""
