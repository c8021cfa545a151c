"""Dividing texts by length."""

import itertools
import random

from bench.methods.fused.passes import divide, passes


def cost(lengths: list[int], passes: list[list[int]], overhead: int) -> int:
    return sum(overhead + len(each) * max(lengths[i] for i in each) for each in passes)


def test_the_cheapest_division() -> None:
    """Against all divisions of the sorted lengths."""
    draw = random.Random(0)
    for _ in range(50):
        lengths = [draw.randint(1, 20) for _ in range(draw.randint(1, 8))]
        overhead = draw.choice([0, 5, 20, 1000])
        order = sorted(range(len(lengths)), key=lengths.__getitem__)
        cuts = itertools.chain.from_iterable(itertools.combinations(range(1, len(order)), n) for n in range(len(order)))
        options = [
            [order[a:b] for a, b in itertools.pairwise([0, *cut, len(order)])] for cut in cuts
        ]  # fmt: skip
        found = divide(lengths, overhead)
        assert sorted(itertools.chain(*found)) == list(range(len(lengths)))
        assert cost(lengths, found, overhead) == min(cost(lengths, option, overhead) for option in options)


def test_one_pass_where_passes_are_dear() -> None:
    assert divide([3, 9, 5], 10_000) == [[0, 2, 1]]
    assert divide([3, 9, 3], 0) == [[0, 2], [1]]


def test_passes_are_bounded_by_tokens_and_by_texts() -> None:
    draw = random.Random(1)
    lengths = [draw.randint(1, 40) for _ in range(100)]
    for max_tokens, max_rows in ((200, 1000), (10_000, 16), (200, 16)):
        found = passes(lengths, max_tokens, max_rows)
        assert sorted(itertools.chain(*found)) == list(range(100))
        assert max(map(len, found)) <= max_rows
        assert max(sum(lengths[i] for i in each) for each in found) <= max_tokens
        assert sorted(lengths) == [lengths[i] for of_pass in found for i in of_pass], "like lengths together"
    assert passes([30, 5], 10) == [[1], [0]], "a text is never divided"
    assert passes([], 10) == []


def test_texts_of_a_thousand_different_lengths_are_divided() -> None:
    lengths = list(range(1, 1001))
    found = divide(lengths, 8192)
    assert sorted(i for each in found for i in each) == list(range(1000))
    assert 2 < len(found) < 40
    assert divide([], 100) == []
