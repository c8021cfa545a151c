"""Dividing the examples of one step into forward passes by length: what is stacked is padded to the longest."""

from collections.abc import Sequence

import numpy as np

OVERHEAD = {"cpu": 100, "cuda": 8192}
"""What a pass costs beside its tokens, in tokens. On a CPU that was tried: with packed layers, steps of MiniLM and of
SmolLM2 are quickest at about 100 (of 16, 48, 100 and 200). A GPU is idle with so few, and rather takes them all at
once."""


def divide(lengths: Sequence[int], overhead: int) -> list[list[int]]:
    """Places of `lengths`, those of like lengths together, with the least padded tokens plus `overhead` a pass.

    Shortest first. The cheapest of all divisions of the sorted lengths, by dynamic programming from the longest on.
    """
    if not lengths:
        return []
    distinct, counts = np.unique(np.asarray(lengths), return_counts=True)
    before = np.concatenate([[0], np.cumsum(counts)])  # examples that are shorter
    cheapest = np.zeros(len(distinct) + 1, dtype=np.int64)  # of all from a length on
    ends = np.zeros(len(distinct), dtype=np.int64)  # where the first pass ends of those from a length on
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


def passes(lengths: Sequence[int], most: int, overhead: int) -> list[list[int]]:
    """Places of `lengths`, those of like lengths together, in passes of at most `most`: `divide` for many."""
    order = sorted(range(len(lengths)), key=lengths.__getitem__)
    parts = [order[start : start + most] for start in range(0, len(order), most)]
    return [[part[i] for i in taken] for part in parts for taken in divide([lengths[i] for i in part], overhead)]
