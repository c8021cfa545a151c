"""How many seeds it would take to tell two rows apart, from the variance components of what was seen."""

from dataclasses import dataclass, replace
from math import ceil, sqrt

import numpy as np
from scipy import special

from bench.report.statistics.intervals import Sample
from bench.report.statistics.variance import LIMIT, Components, MeanSquares, error_of

POWER = 0.8
ONE_SEED = "not known from one seed"
TWO_SEEDS = "not known from two seeds"
MAX_SEEDS = 50
RANKS = (np.arange(400) + 0.5) / 400
"""Of the distribution of the seeds' mean square."""


@dataclass(frozen=True, slots=True)
class Needed:
    """What would decide between two rows, were their true difference `difference`."""

    difference: float
    """The difference that is to be seen, a share above 0."""
    seeds: int | None
    """Seeds in all with the test set as it is; null where `MAX_SEEDS` would not do, or it isn't known."""
    examples: int | None
    """Test examples with the seeds as they are; given only where seeds alone would not do, null where a hundred
    times as many would not do either."""
    reason: str
    """Empty where `seeds` is known."""


def seeds_needed(sample: Sample, smallest: float, alpha: float, power: float = POWER) -> Needed:
    """How many seeds would show the difference that `sample` has, or `smallest` where that is more.

    `sample` holds paired differences; `alpha` is the level of the two-sided test. The answer rests on variances that
    were themselves estimated from few seeds, and is cautious for that (`_cautious`).
    """
    target = max(abs(sample.mean), smallest)
    if len(sample.values) == 1:
        return Needed(target, None, None, ONE_SEED)
    if len(sample.values) == 2:
        return Needed(target, None, None, TWO_SEEDS)
    parts, have, size = _cautious(sample), len(sample.values), sample.num_examples
    for seeds in range(2, MAX_SEEDS + 1):
        if power_of(target, parts, seeds, size, alpha) >= power:
            return Needed(target, seeds, None, "")
    found = _examples(target, parts, have, size, alpha=alpha, power=power) if sample.crossed else None
    return Needed(target, None, found, f"more than {MAX_SEEDS} seeds")


def _cautious(sample: Sample) -> Components:
    """What differences come from, seeds at the `LIMIT` of what few of them say (Browne, 1995).

    From the variance as it was estimated, the seeds that are promised to do with a power of 0.8 have one of 0.6 to
    0.75: a few seeds agree by chance more often than not. (From two of them no limit helps: where they say that a few
    would do, they mostly agree by chance.) Seeds with test sets of their own have examples
    that nothing else shares, so all that examples bring is in what is left.
    """
    df = len(sample.values) - 1
    if sample.crossed:
        found = sample.squares
    else:
        size, means = sample.num_examples, [float(seed.mean()) for seed in sample.values]
        within = float(np.mean([seed.var(ddof=1) / len(seed) for seed in sample.values])) * size
        found = MeanSquares(size * float(np.var(means, ddof=1)), within, within, df + 1, size)
    return replace(found, seeds=found.seeds * df / float(special.chdtri(df, LIMIT))).components


def power_of(difference: float, parts: Components, seeds: int, examples: int, alpha: float) -> float:
    """The chance that the paired t-test of `compare` sees a true `difference`.

    Over what the seeds' mean square may come out at; the others are at what the components let expect. The chance of a
    significant difference of the wrong sign is left out.
    """
    of_seeds, of_examples = examples * parts.seeds + parts.rest, seeds * parts.examples + parts.rest
    total = of_seeds + of_examples - parts.rest
    if total <= 0:
        return 1.0
    df = seeds - 1
    squares = of_seeds * special.chdtri(df, RANKS) / df
    variance, freedom = error_of((squares, df), (of_examples, examples - 1), (parts.rest, df * (examples - 1)))
    beyond = special.stdtrit(freedom, 1 - alpha / 2) * np.sqrt(variance)
    return float(special.ndtr((difference * sqrt(seeds * examples) - beyond) / sqrt(total)).mean())


def _examples(target: float, parts: Components, seeds: int, size: int, *, alpha: float, power: float) -> int | None:
    """Test examples that would do with as many seeds as there are, to two digits."""
    for factor in (1.25**step for step in range(1, 21)):
        if power_of(target, parts, seeds, ceil(size * factor), alpha) >= power:
            return ceil(float(f"{size * factor:.2g}"))
    return None
