"""Every pair of rows at one point, tested on the seeds and test examples that both have."""

from collections.abc import Collection, Iterator, Mapping
from itertools import combinations

from bench.report.statistics.correctness import BySeed, pair
from bench.report.statistics.paired import p_value
from bench.report.statistics.pooled import PairTest, crossed_rows, like_rows

Pair = tuple[str, str]
"""The names of two rows, in rising order."""


def named(a: str, b: str) -> Pair:
    """The pair of two rows, whichever way round."""
    return (a, b) if a < b else (b, a)


def pooled_tests(rows: Mapping[str, BySeed], untrained: Collection[str]) -> dict[Pair, PairTest]:
    """Pairs of rows that have the same seeds on the same test examples: the seeds' mean square is pooled over rows
    whose seeds spread alike. An untrained row's only answers stand for every seed."""
    found: dict[Pair, PairTest] = {}
    for crossed in crossed_rows(_spread(rows, untrained)):
        groups = like_rows(crossed, [name not in untrained for name in crossed.names])
        for one in crossed.tests(groups):
            found[named(one.a, one.b)] = one if one.a < one.b else one.turned
    return found


def pair_tests(rows: Mapping[str, BySeed], untrained: Collection[str]) -> Iterator[tuple[Pair, PairTest, float]]:
    """All pairs that have a seed in common on the same test examples, each with its two-sided p for no difference.

    Pairs that can't be pooled (`pooled_tests`), for each seed has test examples of its own, are tested by their own
    seeds alone. Nothing is said of pairs with a single seed of something that learns.
    """
    pooled = pooled_tests(rows, untrained)
    for a, b in combinations(sorted(rows), 2):
        one = pooled.get((a, b))
        if one is not None and one.error > 0:
            yield (a, b), one, one.p
            continue
        both = pair(rows[a], rows[b], a_untrained=a in untrained, b_untrained=b in untrained)
        if both is None or not both.decides:
            continue
        sample = both.sample
        p, _ = p_value(sample)
        constant = sample.is_constant or len(sample.values) == 1
        error, df = (0.0, 1.0) if constant else (sample.error.value, sample.error.df)
        stays = sample.squares.components.examples / sample.num_examples if sample.crossed and not constant else 0.0
        yield (a, b), PairTest(a, b, sample.mean, error, df, stays), p


def _spread(rows: Mapping[str, BySeed], untrained: Collection[str]) -> dict[str, BySeed]:
    """`rows`, an untrained one's only answers standing for every seed of the row that has most (`correctness.pair`)."""
    seeds = max((set(found) for name, found in rows.items() if name not in untrained), key=len, default=set())
    return {
        name: dict.fromkeys(seeds, next(iter(found.values())))
        if name in untrained and len(found) == 1 and seeds
        else found
        for name, found in rows.items()
    }
