"""How many seeds it would take to tell two rows apart, from the variance components of what was seen."""

from dataclasses import dataclass
from math import ceil, sqrt

from scipy import special, stats

from bench.report.statistics.intervals import Sample
from bench.report.statistics.variance import Components, mean_squares

POWER = 0.8
ONE_SEED = "not known from one seed"
MOST_SEEDS = 50


@dataclass(frozen=True, slots=True)
class Needed:
    """What would decide between two rows, were their true difference `difference`."""

    difference: float
    """The difference that is to be seen, a share above 0."""
    seeds: int | None
    """Seeds in all with the test set as it is; null where `MOST_SEEDS` would not do, or it isn't known."""
    examples: int | None
    """Test examples with the seeds as they are; given only where seeds alone would not do, null where a hundred
    times as many would not do either."""
    reason: str
    """Empty where `seeds` is known."""


def seeds_needed(sample: Sample, smallest: float, alpha: float, power: float = POWER) -> Needed:
    """How many seeds would show the difference that `sample` has, or `smallest` where that is more.

    `sample` holds paired differences; `alpha` is the level of the two-sided test. The answer rests on variances that
    were themselves estimated from few seeds: an order of magnitude, not a promise.
    """
    target = max(abs(sample.mean), smallest)
    if len(sample.values) == 1:
        return Needed(target, None, None, ONE_SEED)
    have = len(sample.values)
    if not sample.crossed:
        spread = max(_variance([float(seed.mean()) for seed in sample.values]), 1e-12)
        enough = (n for n in range(2, MOST_SEEDS + 1) if _power_t(target, sqrt(spread / n), n - 1, alpha) >= power)
        found = next(enough, None)
        return Needed(target, found, None, "" if found else f"more than {MOST_SEEDS} seeds")
    parts, size = mean_squares(sample.matrix).components, sample.num_examples
    for seeds in range(2, MOST_SEEDS + 1):
        if power_of(target, parts, seeds, size, alpha) >= power:
            return Needed(target, seeds, None, "")
    return Needed(
        target, None, _examples(target, parts, have, size, alpha=alpha, power=power), f"more than {MOST_SEEDS} seeds"
    )


def power_of(difference: float, parts: Components, seeds: int, examples: int, alpha: float) -> float:
    """The chance that the paired t-test of `compare` sees a true `difference`, by the noncentral t distribution.

    Mean squares are at what the components let expect, so the degrees of freedom are Satterthwaite's for these.
    """
    ms_seeds, ms_examples = examples * parts.seeds + parts.rest, seeds * parts.examples + parts.rest
    v = ms_seeds + ms_examples - parts.rest
    if v <= 0:
        return 1.0
    spread = ms_seeds**2 / (seeds - 1) + ms_examples**2 / (examples - 1)
    df = v**2 / (spread + parts.rest**2 / ((seeds - 1) * (examples - 1)))
    return _power_t(difference, sqrt(v / (seeds * examples)), max(1.0, df), alpha)


def _power_t(difference: float, error: float, df: float, alpha: float) -> float:
    """Two-sided; the chance of a significant difference of the wrong sign is left out."""
    return float(stats.nct.sf(special.stdtrit(df, 1 - alpha / 2), df, difference / error))


def _examples(target: float, parts: Components, seeds: int, size: int, *, alpha: float, power: float) -> int | None:
    """Test examples that would do with as many seeds as there are, to two digits."""
    for factor in (1.25**step for step in range(1, 21)):
        if power_of(target, parts, seeds, ceil(size * factor), alpha) >= power:
            return ceil(float(f"{size * factor:.2g}"))
    return None


def _variance(values: list[float]) -> float:
    mean = sum(values) / len(values)
    return sum((value - mean) ** 2 for value in values) / (len(values) - 1)
