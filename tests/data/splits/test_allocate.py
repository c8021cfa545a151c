"""Sharing out examples in proportion."""

from itertools import pairwise

import pytest

from bench.data.splits.rows import allocate


@pytest.mark.parametrize("total", range(2, 201))
def test_two_labels_as_by_largest_remainder(total: int) -> None:
    counts = {"ham": 173, "spam": 27}
    spam = total * 27 / 200
    expected = int(spam) + (spam % 1 > 0.5)
    assert allocate(total, counts) == {"ham": total - max(1, expected), "spam": max(1, expected)}


def test_all_of_it_gives_the_counts_back() -> None:
    counts = {"a": 61, "b": 22, "c": 10, "d": 6, "e": 1}
    assert allocate(100, counts) == counts
    assert all(allocate(total, counts)[label] <= counts[label] for total in range(5, 101) for label in counts)


def test_nobody_loses_as_the_total_grows() -> None:
    counts = {"a": 47, "b": 16, "c": 16, "d": 12, "e": 6, "f": 3}
    shares = [allocate(total, counts) for total in range(6, 101)]
    assert [sum(share.values()) for share in shares] == list(range(6, 101))
    assert all(big[label] >= small[label] >= 1 for small, big in pairwise(shares) for label in counts)
