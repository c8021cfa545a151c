"""Dividing the examples of one step into forward passes by length: what is stacked is padded to the longest."""

from collections import Counter
from collections.abc import Sequence
from functools import cache

OVERHEAD = {"cpu": 100, "cuda": 8192}
"""What a pass costs beside its tokens, in tokens. On a CPU that was tried: with packed layers, steps of MiniLM and of
SmolLM2 are quickest at about 100 (of 16, 48, 100 and 200). A GPU is idle with so few, and rather takes them all at
once."""


def divide(lengths: Sequence[int], overhead: int) -> list[list[int]]:
    """Places of `lengths`, those of like lengths together, with the least padded tokens plus `overhead` a pass.

    Shortest first. The cheapest of all divisions of the sorted lengths, by dynamic programming.
    """
    counts = sorted(Counter(lengths).items())

    @cache
    def cheapest(start: int) -> tuple[int, int]:
        """The cost of all from the length at `start` on, and where the first pass ends."""
        if start == len(counts):
            return 0, start
        rows, options = 0, []
        for end in range(start + 1, len(counts) + 1):
            length, count = counts[end - 1]
            rows += count
            options.append((overhead + rows * length + cheapest(end)[0], end))
        return min(options)

    order = sorted(range(len(lengths)), key=lengths.__getitem__)
    found, start, taken = [], 0, 0
    while start < len(counts):
        _, end = cheapest(start)
        size = sum(count for _, count in counts[start:end])
        found.append(order[taken : taken + size])
        start, taken = end, taken + size
    return found


def passes(lengths: Sequence[int], most: int, overhead: int) -> list[list[int]]:
    """Places of `lengths`, those of like lengths together, in passes of at most `most`: `divide` for many."""
    order = sorted(range(len(lengths)), key=lengths.__getitem__)
    parts = [order[start : start + most] for start in range(0, len(order), most)]
    return [[part[i] for i in taken] for part in parts for taken in divide([lengths[i] for i in part], overhead)]
