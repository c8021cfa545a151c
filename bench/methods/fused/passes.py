"""Dividing texts by length: into passes through the model, and in a pass into groups that attention pads together."""

import sys
from collections.abc import Sequence

import numpy as np

MAX_TOKENS = {"cpu": 2048, "cuda": sys.maxsize}
"""Of a pass in training. A guess at what a CPU's caches hold; what fits a GPU is found before (`capacity`)."""
MAX_EVAL_TOKENS = {"cpu": 2048, "cuda": 32768}
"""Of a pass without gradients. A guess at what makes a GPU busy, and takes little of its memory."""


def divide(lengths: Sequence[int], overhead: int) -> list[list[int]]:
    """Indices of `lengths` in groups of like ones, with the least padded tokens plus `overhead` a group.

    Shortest first. The cheapest of all divisions of the sorted lengths, by dynamic programming from the longest on.
    """
    if not lengths:
        return []
    distinct, counts = np.unique(np.asarray(lengths), return_counts=True)
    before = np.concatenate([[0], np.cumsum(counts)])  # examples that are shorter
    cheapest = np.zeros(len(distinct) + 1, dtype=np.int64)  # of all from a length on
    ends = np.zeros(len(distinct), dtype=np.int64)  # where the first group ends of those from a length on
    for start in range(len(distinct) - 1, -1, -1):
        rows = before[start + 1 :] - before[start]
        costs = overhead + rows * distinct[start:] + cheapest[start + 1 :]
        best = int(costs.argmin())
        cheapest[start], ends[start] = costs[best], start + 1 + best
    order = sorted(range(len(lengths)), key=lengths.__getitem__)
    found, start = [], 0
    while start < len(distinct):
        end = int(ends[start])
        found.append(order[before[start] : before[end]])
        start = end
    return found


def passes(lengths: Sequence[int], max_tokens: int, max_rows: int = sys.maxsize) -> list[list[int]]:
    """Indices of `lengths`, shortest first, in passes of at most so many tokens and examples; each has one at least."""
    found: list[list[int]] = []
    held = 0
    for index in sorted(range(len(lengths)), key=lengths.__getitem__):
        if not found or held + lengths[index] > max_tokens or len(found[-1]) == max_rows:
            found.append([])
            held = 0
        found[-1].append(index)
        held += lengths[index]
    return found
