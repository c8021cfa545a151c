"""Laying out the texts of several cells for one pass: as one row of tokens, without padding."""

from collections.abc import Mapping, Sequence

import numpy as np
import torch
from numpy.typing import NDArray

from bench.methods.encode import Encoded
from bench.methods.fused.by_cell import MULTIPLE, ByCell, padded_to_largest
from bench.methods.fused.gather import PaddedIndex
from bench.methods.fused.layout import Group, Layout, Pooling
from bench.methods.fused.passes import divide
from bench.methods.fused.transfer import to_device

Ints = NDArray[np.int64]

GROUP_OVERHEAD = {"cpu": 500, "cuda": 8192}
"""What attention over a group of texts costs beside its tokens, in tokens. On a CPU a step of eight cells of
MiniLM (batches of 4 comments, one thread) takes 0.35, 0.35 and 0.39 s in fp32 at 100, 500 and 2,000, in bf16 0.27, 0.26
and 0.28. A GPU's is a guess: it rather computes padding than begins once more."""

ONE_GROUP = 2**40
"""An overhead that no padding is worth."""

Members = tuple[Ints, int, int]
"""A group of pieces: their places, its first padded row, and its length in tokens."""


def lay_out(
    parts: Sequence[tuple[int, Encoded]],
    device: torch.device,
    *,
    pooling: Pooling,
    pad_token_id: int,
    multiple: int | None = None,
    one_group: bool = False,
) -> Layout:
    """Lay out texts, given as (index of a cell in the stack, its texts); no part is empty.

    Tokens of each cell are filled up to a `multiple` of so many (None: 1 on a CPU, what a GPU's grouped products take
    elsewhere); what fills up attends to itself and is part of no text. With `one_group` attention takes all texts
    together, padded to the longest, and is not told where they are even: compiled blocks are the same for all of them.
    """
    multiple = multiple or (1 if device.type == "cpu" else MULTIPLE)
    texts = [np.asarray(example["input_ids"], dtype=np.int64) for _, examples in parts for example in examples]
    cells, num_texts = tuple(cell for cell, _ in parts), [len(examples) for _, examples in parts]
    pieces, order, num_tokens = _filled_up(texts, num_texts, multiple, pad_token_id)
    sizes = np.array([len(piece) for piece in pieces], dtype=np.int64)
    starts = np.concatenate([[0], np.cumsum(sizes)])
    first = starts[:-1][order < len(texts)]
    groups, row_of, padded_of = _grouped(
        sizes.tolist(), starts, ONE_GROUP if one_group else GROUP_OVERHEAD[device.type]
    )
    on_device = _move(
        {
            "ids": np.concatenate(pieces),
            "positions": np.arange(starts[-1]) - np.repeat(starts[:-1], sizes),
            "pooled": first if pooling == "first" else first + np.array([_last(text, pad_token_id) for text in texts]),
            "text_of_token": np.repeat(np.minimum(order, len(texts)), sizes),
            "ends": starts,
            "row_of": row_of,
            "padded_of": padded_of,
            "lengths": np.array([len(text) for text in texts]),
            "part_of_text": np.repeat(np.arange(len(cells)), num_texts),
            "cells": cells,
            **_by_cell_on_host("tokens", num_tokens),
            **_by_cell_on_host("texts", num_texts),
            **_groups_on_host(groups, sizes),
        },
        device,
    )
    return Layout(
        ids=on_device["ids"],
        positions=on_device["positions"],
        pooled=None if pooling == "mean" else on_device["pooled"],
        text_of_token=on_device["text_of_token"],
        ends=on_device["ends"].int(),
        tokens_of=_by_cell("tokens", cells, num_tokens, on_device),
        texts_of=_by_cell("texts", cells, num_texts, on_device),
        groups=_groups(groups, sizes, on_device, one_group=one_group),
        attended=PaddedIndex(on_device["row_of"], on_device["padded_of"]),
        num_texts=len(texts),
        lengths=on_device["lengths"],
        part_of_text=on_device["part_of_text"],
    )


def _filled_up(
    texts: Sequence[Ints], num_texts: Sequence[int], multiple: int, pad_token_id: int
) -> tuple[list[Ints], Ints, list[int]]:
    """Texts of cells, the first `num_texts[0]` the first one's, each cell's with padding after them where it needs any.

    Beside the pieces: which text each is (`len(texts)` for padding), and the tokens of each cell.
    """
    pieces: list[Ints] = []
    order: list[int] = []
    num_tokens: list[int] = []
    text = 0
    for num in num_texts:
        total = sum(map(len, texts[text : text + num]))
        pieces += texts[text : text + num]
        order += range(text, text + num)
        if filled := -total % multiple:
            pieces.append(np.full(filled, pad_token_id, dtype=np.int64))
            order.append(len(texts))
        num_tokens.append(total + filled)
        text += num
    return pieces, np.array(order), num_tokens


def _by_cell_on_host(name: str, counts: Sequence[int]) -> dict[str, Ints | Sequence[int]]:
    """What `_by_cell` takes from the device, of rows that cells have so many of."""
    row_of, padded_of = padded_to_largest(counts)
    return {f"{name}_ends": np.cumsum(counts), f"{name}_row_of": row_of, f"{name}_padded_of": padded_of}


def _by_cell(name: str, cells: tuple[int, ...], counts: Sequence[int], on_device: Mapping[str, torch.Tensor]) -> ByCell:
    ends, row_of, padded_of = (on_device[f"{name}_{part}"] for part in ("ends", "row_of", "padded_of"))
    return ByCell(cells, tuple(counts), on_device["cells"], ends.int(), PaddedIndex(row_of, padded_of))


def _groups_on_host(groups: Sequence[Members], sizes: Ints) -> dict[str, Ints]:
    """What `_groups` takes from the device; `sizes` are tokens of each piece."""
    lengths = {f"lengths {start}": sizes[members] for members, start, _ in groups}
    return lengths | {f"position {start}": np.arange(length) for _, start, length in groups}


def _groups(
    groups: Sequence[Members], sizes: Ints, on_device: Mapping[str, torch.Tensor], *, one_group: bool
) -> list[Group]:
    return [
        Group(
            start,
            on_device[f"position {start}"],
            on_device[f"lengths {start}"],
            is_even=not one_group and bool((sizes[members] == length).all()),
        )
        for members, start, length in groups
    ]


def _last(text: Ints, pad_token_id: int) -> int:
    """As classifiers of transformers pool: the last token that is not the padding's, or the first where all are."""
    found = np.flatnonzero(text != pad_token_id)
    return int(found[-1]) if len(found) else 0


def _grouped(sizes: Sequence[int], starts: Ints, overhead: int) -> tuple[list[Members], Ints, Ints]:
    """Texts by like lengths: each group's texts, first padded row and length; the `PaddedIndex` of all tokens."""
    groups, row_of, padded_of = [], [], np.zeros(int(starts[-1]), dtype=np.int64)
    start = 0
    for members in divide(sizes, overhead):
        length = max(sizes[i] for i in members)
        within = np.arange(length)
        first, own = starts[members], np.array([sizes[i] for i in members])
        is_token = within < own[:, None]
        tokens = first[:, None] + np.where(is_token, within, 0)
        padded = start + np.arange(tokens.size).reshape(tokens.shape)
        padded_of[tokens[is_token]] = padded[is_token]
        row_of.append(tokens.reshape(-1))
        groups.append((np.array(members), start, length))
        start += tokens.size
    return groups, np.concatenate(row_of), padded_of


def _move(arrays: Mapping[str, Ints | Sequence[int]], device: torch.device) -> dict[str, torch.Tensor]:
    """All in one copy, for each has a price of its own."""
    together = torch.from_numpy(np.concatenate([np.asarray(array, dtype=np.int64) for array in arrays.values()]))
    parts = to_device(together, device).split([len(array) for array in arrays.values()])
    return dict(zip(arrays, parts, strict=True))
