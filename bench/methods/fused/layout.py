"""The texts of several cells as one row of tokens, without padding: what goes through the model in one pass."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal

import numpy as np
import torch
from numpy.typing import NDArray

from bench.methods.encode import Encoded
from bench.methods.fused.by_cell import MULTIPLE, ByCell, places_by
from bench.methods.fused.gather import Places
from bench.methods.fused.passes import divide
from bench.methods.fused.transfer import to_device

Ints = NDArray[np.int64]
Pooling = Literal["first", "last", "mean"]
"""Which of a text's tokens its classifier reads: the first one, the last one that is no padding, or the mean of all."""

GROUP_OVERHEAD = {"cpu": 500, "cuda": 8192}
"""What a product of attention over texts of like lengths costs beside its tokens, in tokens."""


@dataclass(frozen=True, slots=True)
class Group:
    """Texts of like lengths, whose attention is computed together, padded to the longest."""

    start: int
    """Its first place among those of all groups."""
    length: int
    """Of the longest."""
    lengths: torch.Tensor
    """Shape (texts), on the device."""
    is_even: bool
    """Whether all are as long as the longest."""


@dataclass(slots=True)
class Layout:
    """One pass: tokens of a text are next to each other, and so are texts of a cell. Tensors are on the device."""

    ids: torch.Tensor
    """Shape (tokens)."""
    positions: torch.Tensor
    """Shape (tokens): each token's place in its text."""
    pooled: torch.Tensor | None
    """Shape (texts): which token stands for a text; None where that is the mean of all."""
    text_of_token: torch.Tensor
    """Shape (tokens)."""
    ends: torch.Tensor
    """Shape (texts + 1), int32: where texts begin, and the end; what fills up cells are texts, too, after theirs."""
    longest: int
    tokens_of: ByCell
    texts_of: ByCell
    groups: list[Group]
    attended: Places
    """The tokens in the places of all groups, one after the other."""
    num_texts: int
    lengths: torch.Tensor
    """Shape (texts)."""
    part_of_text: torch.Tensor
    """Shape (texts): which of the cells of `texts_of` each belongs to."""
    masks: dict[tuple[int, bool, int | None], torch.Tensor | None] = field(default_factory=dict)
    """Of attention, by first place of a group and kind, as they are asked for: layers of a kind share them."""

    def pool(self, hidden: torch.Tensor) -> torch.Tensor:
        """What stands for each text: shape (tokens, width) to (texts, width)."""
        if self.pooled is not None:
            return hidden.index_select(0, self.pooled)
        sums = hidden.new_zeros(self.num_texts + 1, hidden.shape[1]).index_add(0, self.text_of_token, hidden)
        return sums[: self.num_texts] / self.lengths.unsqueeze(1)

    def by(self, num_rows: int) -> ByCell:
        """Whose rows these are: `num_rows` is that of the tokens, or of what stands for each text."""
        for found in (self.tokens_of, self.texts_of):
            if found.num_rows == num_rows:
                return found
        known = f"{self.tokens_of.num_rows} tokens of {self.num_texts} texts"
        raise RuntimeError(f"a layer was given {num_rows} rows of a pass over {known}")


class Pass:
    """What goes through a stack's model now."""

    layout: Layout
    is_shared: bool = False
    """All texts are every cell's: adapters that have not been trained change nothing and are left out, and heads give
    their outputs side by side, cell after cell, in the last dimension."""


def lay_out(
    parts: Sequence[tuple[int, Encoded]],
    device: torch.device,
    *,
    pooling: Pooling,
    pad_token_id: int,
    multiple: int | None = None,
) -> Layout:
    """Lay out texts, given as (place of a cell in the stack, its texts); no part is empty.

    Tokens of each cell are filled up to a `multiple` of so many (None: 1 on a CPU, what a GPU's grouped products take
    elsewhere); what fills up attends to itself and is part of no text.
    """
    multiple = multiple or (1 if device.type == "cpu" else MULTIPLE)
    texts = [np.asarray(example["input_ids"], dtype=np.int64) for _, examples in parts for example in examples]
    cells, num_of_cell = tuple(cell for cell, _ in parts), [len(examples) for _, examples in parts]
    lengths = [len(text) for text in texts]
    pieces: list[Ints] = []
    order: list[int] = []  # of texts, len(texts) and more for what fills up
    counts: list[int] = []
    text = 0
    for num in num_of_cell:
        total = sum(lengths[text : text + num])
        pieces += texts[text : text + num]
        order += range(text, text + num)
        if filled := -total % multiple:
            pieces.append(np.full(filled, pad_token_id, dtype=np.int64))
            order.append(len(texts))
        counts.append(total + filled)
        text += num
    sizes = np.array([len(piece) for piece in pieces], dtype=np.int64)
    starts = np.concatenate([[0], np.cumsum(sizes)])
    ids = np.concatenate(pieces)
    positions = np.arange(len(ids)) - np.repeat(starts[:-1], sizes)
    text_of_token = np.repeat(np.minimum(order, len(texts)), sizes)
    first = starts[:-1][np.array(order) < len(texts)]
    chosen = first if pooling == "first" else first + np.array([_last(text, pad_token_id) for text in texts])
    groups, rows, places = _grouped(sizes.tolist(), starts, GROUP_OVERHEAD[device.type])
    host: list[Ints | Sequence[int]] = [
        ids, positions, text_of_token, chosen, starts, np.array(lengths), rows, places,
        np.cumsum(counts), *places_by(counts), np.cumsum(num_of_cell), *places_by(num_of_cell), cells,
        np.repeat(np.arange(len(cells)), num_of_cell),
        *(sizes[of_group] for of_group, _, _ in groups),
    ]  # fmt: skip
    moved = _move(host, device)
    (ids_, positions_, text_of_token_, chosen_, starts_, lengths_, rows_, places_) = moved[:8]
    token_ends, token_rows, token_places, text_ends, text_rows, text_places, index, part_of_text = moved[8:16]
    return Layout(
        ids=ids_,
        positions=positions_,
        pooled=None if pooling == "mean" else chosen_,
        text_of_token=text_of_token_,
        ends=starts_.int(),
        longest=int(sizes.max()),
        tokens_of=ByCell(cells, tuple(counts), index, token_ends.int(), Places(token_rows, token_places)),
        texts_of=ByCell(cells, tuple(num_of_cell), index, text_ends.int(), Places(text_rows, text_places)),
        groups=[
            Group(start, length, of_group, bool((sizes[members] == length).all()))
            for (members, start, length), of_group in zip(groups, moved[16:], strict=True)
        ],
        attended=Places(rows_, places_),
        num_texts=len(texts),
        lengths=lengths_,
        part_of_text=part_of_text,
    )


def _last(text: Ints, pad_token_id: int) -> int:
    """As classifiers of transformers pool: the last token that is not the padding's, or the first where all are."""
    found = np.flatnonzero(text != pad_token_id)
    return int(found[-1]) if len(found) else 0


def _grouped(sizes: Sequence[int], starts: Ints, overhead: int) -> tuple[list[tuple[Ints, int, int]], Ints, Ints]:
    """Texts by like lengths: each group's texts, first place and length; `Places.rows` and `.places` of all tokens."""
    groups, rows, places = [], [], np.zeros(int(starts[-1]), dtype=np.int64)
    place = 0
    for members in divide(sizes, overhead):
        length = max(sizes[i] for i in members)
        within = np.arange(length)
        first, own = starts[members], np.array([sizes[i] for i in members])
        is_token = within < own[:, None]
        tokens = first[:, None] + np.where(is_token, within, 0)
        at = place + np.arange(tokens.size).reshape(tokens.shape)
        places[tokens[is_token]] = at[is_token]
        rows.append(tokens.reshape(-1))
        groups.append((np.array(members), place, length))
        place += tokens.size
    return groups, np.concatenate(rows), places


def _move(arrays: Sequence[Ints | Sequence[int]], device: torch.device) -> Sequence[torch.Tensor]:
    """All in one copy."""
    sizes = [len(array) for array in arrays]
    together = torch.from_numpy(np.concatenate([np.asarray(array, dtype=np.int64) for array in arrays]))
    return to_device(together, device).split(sizes)
