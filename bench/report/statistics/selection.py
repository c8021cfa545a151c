"""The row that is in front, and what being chosen for that does to its comparison with a planned opponent.

Of six rows that are as good as the baseline the one in front is above it by luck: tested as if it had been named
before, it beats the baseline in 8 to 10 % of all studies instead of 2.5.
"""

from collections.abc import Collection, Mapping

import numpy as np
from scipy import special

from bench.report.statistics.correctness import BySeed, sample_of
from bench.report.statistics.intervals import Sample

POINTS = 2000
"""Of the distribution of the standard error."""


def with_all_seeds(rows: Mapping[str, BySeed], untrained: Collection[str]) -> list[str]:
    """The rows that have the most seeds; untrained rows, whose answers are the same for every seed, count as such."""
    most = max(map(len, rows.values()), default=0)
    return [row for row, seeds in rows.items() if len(seeds) == most or row in untrained]


def in_front(rows: Mapping[str, BySeed], untrained: Collection[str]) -> str | None:
    """The row with the highest mean among those with the most seeds, so that a lucky single seed can't win."""
    means = {row: sample_of(rows[row]).mean for row in with_all_seeds(rows, untrained)}
    return max(means, key=lambda row: means[row], default=None)


def p_of_chosen(p: float, sample: Sample, rows: int) -> float:
    """The chance that the best of `rows` equal rows is so far above what they are all held against; at least `p`.

    `p` is the two-sided one of the best row's paired difference `sample`. One-sided, as Dunnett's (1955), for the best
    is never chosen for being below; with differences taken as independent, which errs on the cautious side: they share
    the opponent's luck. The standard error is the best row's own.
    """
    if rows < 2:
        return p
    if len(sample.values) == 1 or sample.is_constant:
        return max(p, 1 - (1 - p / 2) ** rows)
    df = sample.error.df
    ranks = (np.arange(POINTS) + 0.5) / POINTS
    errors = np.sqrt(special.chdtri(df, 1 - ranks) / df)
    return max(p, float(1 - (special.ndtr(special.stdtrit(df, 1 - p / 2) * errors) ** rows).mean()))


def alpha_of_chosen(alpha: float, rows: int) -> float:
    """The level of a two-sided test that is as strict as `p_of_chosen` below `alpha`."""
    return float(min(alpha, 2 * (1 - (1 - alpha) ** (1 / rows))))
