"""The bootstrap over test examples, each drawn at once for all seeds and rows, crossed with what seeds differ by.

The draws of a test set depend on the test set alone, so every row and size is evaluated on the same draws and
differences are paired. Resampling the rows and the columns of a two-way layout: Owen (2007), "The pigeonhole
bootstrap".
"""

import zlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from bench.metrics.metric import Metric
from bench.report.statistics.correctness import BySeed, TestPredictions, TestSet, is_crossed
from bench.report.statistics.intervals import LEVEL, Interval, Sample, StandardError, score_limits, wilson_limits
from bench.report.statistics.metrics import metric_of
from bench.report.statistics.variance import MeanSquares, Values

DRAWS = 1000
Weights = NDArray[np.float32]


@dataclass
class Draws:
    """Weights of examples and seeds, drawn once and used for everything that they are compared by."""

    count: int = DRAWS
    _examples: dict[str, Weights] = field(default_factory=dict)
    _accuracies: dict[TestPredictions, Values] = field(default_factory=dict)

    def examples(self, test_set: TestSet) -> Weights:
        """How often each draw has each example of `test_set`: draws x examples."""
        if test_set.digest not in self._examples:
            random = np.random.default_rng(zlib.crc32(test_set.digest.encode()))
            size = len(test_set)
            drawn = random.multinomial(size, np.full(size, 1 / size), size=self.count)
            self._examples[test_set.digest] = drawn.astype(np.float32)
        return self._examples[test_set.digest]

    def accuracies(self, many: Sequence[TestPredictions]) -> list[Values]:
        """The share of right answers in each draw, an array for each of `many`; kept for the next who asks.

        Those on the same test set are worked out together: one product of matrices takes a fraction of the time.
        """
        missing: dict[str, list[TestPredictions]] = {}
        for answers in dict.fromkeys(many):
            if answers not in self._accuracies:
                missing.setdefault(answers.test_set.digest, []).append(answers)
        for some in missing.values():
            right = np.stack([answers.correct for answers in some], axis=1).astype(np.float32)
            shares = (self.examples(some[0].test_set) @ right).astype(np.float64) / len(right)
            self._accuracies |= {answers: shares[:, place].copy() for place, answers in enumerate(some)}
        return [self._accuracies[answers] for answers in many]

    def seeds(self, seeds: Sequence[int]) -> NDArray[np.float64]:
        """Shares of the seeds in each draw: draws x seeds."""
        random = np.random.default_rng(zlib.crc32(",".join(map(str, seeds)).encode()))
        return random.multinomial(len(seeds), np.full(len(seeds), 1 / len(seeds)), size=self.count) / len(seeds)


@dataclass(frozen=True, slots=True)
class Statistic:
    """A metric of what one cell answered, for each draw."""

    metric: Metric

    def __call__(self, answers: TestPredictions, weights: Weights) -> Values:
        """From answers and weights (draws x examples): one number a draw, NaN where a draw does not define it."""
        return self.metric.drawn(answers.labelled, weights)

    def knows(self, seeds: BySeed) -> bool:
        """Whether these answers have what the metric needs."""
        needed = self.metric.needs_probabilities
        return not needed or all(answers.labelled.probabilities is not None for answers in seeds.values())


def statistic(column: str) -> Statistic | None:
    """The metric of a column (`test_accuracy`); None where answers without probabilities do not give it."""
    metric = metric_of(column)
    return None if metric is None or metric.needs_probabilities else Statistic(metric)


def observed(seeds: BySeed, statistic: Statistic) -> dict[int, float]:
    """The metric of each seed on its test set as it is."""
    return {
        seed: float(statistic(answers, np.ones((1, len(answers.test_set)), np.float32))[0])
        for seed, answers in seeds.items()
    }


def drawn_values(seeds: BySeed, statistic: Statistic, draws: Draws) -> Values:
    """The metric of each seed on drawn examples, the same for all of them: draws x seeds, in rising order."""
    return np.stack([statistic(seeds[seed], draws.examples(seeds[seed].test_set)) for seed in sorted(seeds)], axis=1)


def metric_interval(seeds: BySeed, statistic: Statistic, draws: Draws, level: float = LEVEL) -> Interval:
    """The interval of a metric's expected value at one point, over seeds and test examples (`_of_crossed`).

    One seed: examples alone are drawn, and the ends are percentiles. Seeds with test sets of their own: Student's t
    over the seeds' values, which then are independent. All is NaN where a seed's examples do not define the metric.
    """
    values, size, metric = _seen(seeds, statistic), _smallest(seeds), statistic.metric
    estimate = float(values.mean())
    if np.isnan(estimate):
        return Interval(estimate, estimate, estimate, level, "bootstrap", len(seeds), size)
    if estimate in (metric.low, metric.high) and np.isfinite(metric.high - metric.low):  # draws are then all the same
        worth = min(answers.test_set.worth(metric.name) for answers in seeds.values())
        limits = _within(metric, estimate, lambda share, _: wilson_limits(share, worth, level))
        return Interval(estimate, *limits, level, "wilson", len(seeds), size)
    if len(seeds) == 1:
        return _of_one_seed(estimate, drawn_values(seeds, statistic, draws), size, level)
    error = _error(values, seeds, lambda: drawn_values(seeds, statistic, draws))
    return Interval(estimate, *metric_limits(metric, estimate, error, level), level, error.method, len(seeds), size)


def example_interval(seeds: BySeed, metric: Metric, level: float = LEVEL) -> Interval | None:
    """The interval of a metric that is a mean over examples, as accuracy is: from the variance components.

    None for other metrics, for one seed, and where all examples have one value, which tells of no variance.
    """
    if metric.by_example is None or len(seeds) == 1:
        return None
    values = tuple(metric.by_example(seeds[seed].labelled) for seed in sorted(seeds))
    sample = Sample(values, is_crossed(seeds))
    if sample.is_constant:
        return None
    limits = metric_limits(metric, sample.mean, sample.error, level)
    return Interval(sample.mean, *limits, level, sample.error.method, len(seeds), sample.num_examples)


def metric_limits(metric: Metric, estimate: float, error: StandardError, level: float) -> tuple[float, float]:
    """Those of `score_limits`, of the metric's part of its range; of a range without an end, Student's t."""
    if np.isfinite(metric.high - metric.low):
        return _within(
            metric, estimate, lambda share, width: score_limits(share, replace(error, value=error.value / width), level)
        )
    half = error.half_width(level)
    return max(metric.low, estimate - half), min(metric.high, estimate + half)


def _within(
    metric: Metric, estimate: float, limits: Callable[[float, float], tuple[float, float]]
) -> tuple[float, float]:
    """Limits of a share (0 to 1), which are told it and the width of the metric's range, on the metric's scale."""
    width = metric.high - metric.low
    low, high = limits((estimate - metric.low) / width, width)
    return metric.low + width * low, metric.low + width * high


def metric_difference(a: BySeed, b: BySeed, statistic: Statistic, draws: Draws, level: float = LEVEL) -> Interval:
    """The interval of a metric's difference, a minus b, of seeds and test sets that were paired (`pair`)."""
    gaps, size = _seen(a, statistic) - _seen(b, statistic), _smallest(a)

    def drawn() -> Values:
        return drawn_values(a, statistic, draws) - drawn_values(b, statistic, draws)

    estimate = float(gaps.mean())
    if len(a) == 1:
        return _of_one_seed(estimate, drawn(), size, level)
    error = _error(gaps, a, drawn)
    half, widest = error.half_width(level), statistic.metric.high - statistic.metric.low
    low, high = max(-widest, estimate - half), min(widest, estimate + half)
    return Interval(estimate, low, high, level, error.method, len(a), size)


def _smallest(seeds: BySeed) -> int:
    """Of the test sets."""
    return min(len(answers.test_set) for answers in seeds.values())


def _seen(seeds: BySeed, statistic: Statistic) -> Values:
    """The metric of each seed, seeds in rising order."""
    found = observed(seeds, statistic)
    return np.asarray([found[seed] for seed in sorted(found)])


def _of_one_seed(estimate: float, drawn: Values, size: int, level: float) -> Interval:
    """Percentiles over drawn examples."""
    low, high = np.nanquantile(drawn[:, 0], [(1 - level) / 2, (1 + level) / 2])
    low, high = min(float(low), estimate), max(float(high), estimate)
    return Interval(estimate, low, high, level, "examples_bootstrap", 1, size)


def _error(values: Values, seeds: BySeed, drawn: Callable[[], Values]) -> StandardError:
    """Of the mean of the seeds' `values`; `drawn` gives the same on drawn examples (draws x seeds)."""
    if is_crossed(seeds):
        return _of_crossed(values, drawn(), _smallest(seeds))
    return StandardError(float(values.std(ddof=1) / np.sqrt(len(values))), len(values) - 1, "seed_means")


def _of_crossed(values: Values, drawn: Values, size: int) -> StandardError:
    """Of the mean of the seeds' `values`, from what they are on drawn examples (draws x seeds).

    S seeds that are drawn again have only (S - 1) / S of the variance of new seeds, and percentiles of so few know
    nothing of how uncertain that variance is: with 2 noisy seeds such an interval covers 70 to 80 % instead of 95.
    So the draws give the mean squares, the seeds' with S - 1 below, and from there on all is as for accuracy
    (`variance.error_of`): its mean squares are those of the analysis of variance, but for the noise of the draws.
    """
    seeds, drawn = values.size, drawn[~np.isnan(drawn).any(axis=1)]
    of_draws = drawn.mean(axis=1)
    shifted = drawn - of_draws[:, None]
    squares = MeanSquares(
        seeds=float(size * values.var(ddof=1)),
        examples=float(size * seeds * of_draws.var(ddof=1)),
        rest=float(size * seeds / (seeds - 1) * shifted.var(axis=0, ddof=1).mean()),
        num_seeds=seeds,
        num_examples=size,
    )
    return StandardError(squares.standard_error, squares.df, "bootstrap")
