"""In which batches a trunk computes features, so that those of a text depend on that text alone.

In floating point, what a model gives for a text depends on how far it is padded and, in some libraries, on how many
texts stand beside it: other sums, other rounding. Here a text's length decides on both. Every batch of a padded length
has the same number of rows, filled up with rows that nobody reads, so a text has bit for bit the same features
whichever texts it is computed with, in whichever cell, process and order (tests/features/test_shapes.py).
"""

from collections import defaultdict
from collections.abc import Iterator, Sequence

import torch

STEP = 8
"""Padded lengths are multiples of this, as vector units and tensor cores like them."""
FINE = 32
"""Up to so many tokens all multiples of STEP are used; above, four lengths between powers of two."""
TOKENS = {"cpu": 256, "cuda": 16384}
"""In a batch, at most, with padding: enough to be quick; what is not filled is computed in vain."""


def padded_length(length: int, longest: int | None) -> int:
    """How far a text of `length` tokens is padded; `longest` is what the model has positions for, if it is bounded."""
    step = STEP if length <= FINE else max(STEP, 1 << ((length - 1).bit_length() - 3))
    padded = -(-length // step) * step
    return padded if longest is None else max(length, min(padded, longest))


def num_rows(padded: int, most: int, device: str) -> int:
    """Texts in a batch of texts that are padded to `padded` tokens."""
    return max(1, min(most, TOKENS[device] // padded))


def batches(
    texts: Sequence[Sequence[int]], *, most: int, longest: int | None, pad: int, device: str
) -> Iterator[tuple[list[int], torch.Tensor, torch.Tensor]]:
    """Batches of `texts` (token ids): which texts are in the first rows, input ids, and attention mask.

    The last row never holds a text: it is padded whatever the others are, for models take another way through where
    nothing is. `most` bounds the texts in a batch.
    """
    by_length: dict[int, list[int]] = defaultdict(list)
    for i, ids in enumerate(texts):
        by_length[padded_length(len(ids), longest)].append(i)
    for padded, members in sorted(by_length.items()):
        rows = num_rows(padded, most, device)
        for start in range(0, len(members), rows):
            chosen = members[start : start + rows]
            input_ids = torch.full((rows + 1, padded), pad, dtype=torch.long)
            mask = torch.zeros((rows + 1, padded), dtype=torch.long)
            # without a single real token, a row's attention would be a division of zero by zero
            input_ids[:, 0] = texts[chosen[0]][0]
            mask[:, 0] = 1
            for row, i in enumerate(chosen):
                input_ids[row, : len(texts[i])] = torch.tensor(texts[i])
                mask[row, : len(texts[i])] = 1
            yield chosen, input_ids, mask
