"""The rules of a race: how often rows are looked at, at what level, and when more seeds are not worth their time."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from math import ceil

import numpy as np
from scipy import special

from bench.report.asked import FIRST, Rules
from bench.report.statistics.pooled import PairTest
from bench.report.statistics.spending import levels, spending

POWER = 0.5
"""Of the spending. Much is known at the first looks already, where the test examples bring most of the noise: of
powers of 0.25 to 2 this one needs the fewest cells for the same verdicts in simulation."""
FUTILE = 0.1
"""Rows that more seeds settle with a smaller chance are left as they are."""
UNLIKELY = 0.95
"""The same where no row can be called best any more."""

LEAST = 0.05
"""Of a difference that is taken for a true one, at least: how rows spread is itself known from few."""
UNLIKE = 4.0
"""Robust standard deviations from the median row to one that is unlike the others."""

POWER_NEEDED = 0.8
MOST_EXAMPLES = 100
"""Times as many test examples as there are, beyond which no number is named."""


@dataclass(frozen=True, slots=True)
class Held:
    """A row held against another at a look."""

    test: PairTest
    p: float
    """Two-sided, for no difference, at this look alone."""
    level: float
    """One-sided, that it is tested at."""
    seeds: int
    examples: int | None = None
    """Test examples that both answered."""
    around: float | None = None
    """Variance of the rows' means at that look, where both are rows like the others; None: nothing is known of it."""

    @property
    def is_decided(self) -> bool:
        """Whether the one that is ahead is so by more than noise."""
        return self.p / 2 < self.level

    def is_within(self, margin: float) -> bool:
        """Whether a is surely less than `margin` ahead of b: one of the two one-sided tests of equivalence."""
        if self.test.error == 0:
            return self.test.difference < margin
        return self.test.p_within(margin) < self.level

    @property
    def turned(self) -> "Held":
        """b against a."""
        return replace(self, test=self.test.turned)


def times(rules: Rules) -> tuple[float, ...]:
    """Of the looks: the share of all seeds that there are then."""
    return tuple(count / len(rules.seeds) for count in range(FIRST, len(rules.seeds) + 1))


def level(rules: Rules, opponents: Sequence[int]) -> float:
    """The one-sided level of the last of `len(opponents)` looks, each with how many rows a row was held against."""
    at = times(rules)[: len(opponents)]
    parts = spending(at, 2 * rules.alpha, POWER)  # as much on the other side
    shared = tuple(part / max(count, 1) for part, count in zip(parts, opponents, strict=True))
    return levels(at, shared)[-1] / 2


def chance(rules: Rules, held: Held, opponents: Sequence[int]) -> float:
    """The chance that the last look tells two rows apart, or shows that they are within the margin.

    The predictive probability (Jennison and Turnbull 2000, Group Sequential Methods, section 10.3). What the rows of a
    point differ by says how large differences are there (empirical Bayes: Efron and Morris 1975), for the row in front
    is the luckiest of many; of a row unlike the others any true difference was equally likely at first. `opponents` are
    those of the looks so far, the last one held on to.
    """
    test, most = held.test, len(rules.seeds)
    # each seed a share of what is not the test examples'
    last = test.of_examples + max(test.error**2 - test.of_examples, 0.0) * held.seeds / most
    spread = float(np.sqrt(max(test.error**2 - last, 0.0)))
    if spread == 0:
        return 0.0
    looks = most - FIRST + 1
    planned = list(opponents)
    planned += [planned[-1]] * (looks - len(planned))
    reach = float(-special.ndtri(level(rules, planned)) * np.sqrt(last))
    share = 1.0 if held.around is None else max(1 - spread**2 / max(2 * held.around, spread**2), LEAST)
    expected, spread = share * test.difference, float(np.sqrt(share)) * spread
    apart = special.ndtr((expected - reach) / spread) + special.ndtr((-expected - reach) / spread)
    within = special.ndtr((rules.margin - reach - expected) / spread)
    within -= special.ndtr((-reach - expected) / spread)
    return float(min(1.0, apart + max(within, 0.0)))


def variance_of_like(means: Mapping[str, float]) -> dict[str, float]:
    """The variance of the means of rows that are like each other, for each of them; rows that are far below them all
    are left out. Empty where they are fewer than three."""
    values = np.asarray(list(means.values()))
    middle = float(np.median(values)) if len(values) else 0.0
    scale = 1.4826 * float(np.median(np.abs(values - middle))) if len(values) else 0.0
    like = {row: mean for row, mean in means.items() if mean >= middle - UNLIKE * scale}
    return dict.fromkeys(like, float(np.var(list(like.values()), ddof=1))) if len(like) > 2 else {}


def examples_needed(rules: Rules, held: Held) -> int | None:
    """Test examples, to two digits, with which all seeds would settle the two with a power of 0.8, were they as far
    apart as now, or within the margin; None where test examples alone would not do, or it is not known.

    The part of the error that the seeds bring stays, what examples bring is in inverse proportion to their number.
    """
    test, most = held.test, len(rules.seeds)
    if held.examples is None or test.error == 0:
        return None
    away = max(abs(test.difference), rules.margin - abs(test.difference))
    reach = float(-special.ndtri(rules.alpha) + special.ndtri(POWER_NEEDED))
    of_seeds = max(test.error**2 - test.of_examples, 0.0) * held.seeds / most
    room = (away / reach) ** 2 - of_seeds
    if room <= 0 or test.of_examples <= 0:
        return None
    needed = held.examples * test.of_examples / room
    return ceil(float(f"{max(needed, held.examples + 1):.2g}")) if needed < MOST_EXAMPLES * held.examples else None
