"""The crossed bootstrap: seeds and test examples are drawn again, each example at once for all seeds and rows.

The draws of a test set depend on the test set alone, so every row and size is evaluated on the same draws and
differences are paired. Resampling the rows and the columns of a two-way layout: Owen (2007), "The pigeonhole
bootstrap".
"""

import zlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from bench.report.statistics.correctness import Answers, BySeed, TestSet, is_crossed
from bench.report.statistics.intervals import LEVEL, Interval, Method
from bench.report.statistics.variance import Values

DRAWS = 1000
Weights = NDArray[np.float32]
Statistic = Callable[[Answers, Weights], NDArray[np.float64]]
"""One cell's metric for each draw: answers and weights (draws x examples) in, one number a draw out."""


@dataclass
class Draws:
    """Weights of examples and seeds, drawn once and used for everything that they are compared by."""

    count: int = DRAWS
    _examples: dict[str, Weights] = field(default_factory=dict)
    _accuracies: dict[Answers, Values] = field(default_factory=dict)

    def examples(self, test_set: TestSet) -> Weights:
        """How often each draw has each example of `test_set`: draws x examples."""
        if test_set.digest not in self._examples:
            random = np.random.default_rng(zlib.crc32(test_set.digest.encode()))
            size = len(test_set)
            drawn = random.multinomial(size, np.full(size, 1 / size), size=self.count)
            self._examples[test_set.digest] = drawn.astype(np.float32)
        return self._examples[test_set.digest]

    def accuracies(self, many: Sequence[Answers]) -> list[Values]:
        """The share of right answers in each draw, an array for each of `many`; kept for the next who asks.

        Those on the same test set are worked out together: one product of matrices takes a fraction of the time.
        """
        missing: dict[str, list[Answers]] = {}
        for answers in dict.fromkeys(many):
            if answers not in self._accuracies:
                missing.setdefault(answers.test_set.digest, []).append(answers)
        for some in missing.values():
            right = np.stack([answers.right for answers in some], axis=1).astype(np.float32)
            shares = (self.examples(some[0].test_set) @ right).astype(np.float64) / len(right)
            self._accuracies |= {answers: shares[:, place].copy() for place, answers in enumerate(some)}
        return [self._accuracies[answers] for answers in many]

    def seeds(self, seeds: Sequence[int]) -> NDArray[np.float64]:
        """Shares of the seeds in each draw: draws x seeds."""
        random = np.random.default_rng(zlib.crc32(",".join(map(str, seeds)).encode()))
        return random.multinomial(len(seeds), np.full(len(seeds), 1 / len(seeds)), size=self.count) / len(seeds)


def accuracy(answers: Answers, weights: Weights) -> NDArray[np.float64]:
    """Share of right answers in each draw."""
    drawn = weights @ answers.right.astype(np.float32)
    return drawn.astype(np.float64) / weights.sum(axis=1)


def macro_f1(answers: Answers, weights: Weights) -> NDArray[np.float64]:
    """Mean over labels of 2 TP / (true + predicted) in each draw.

    A label without a test example is in no mean, as in the records (`bench.methods.metrics`); one that a draw has
    neither as true nor as predicted is left out of that draw's.
    """
    labels = np.unique(answers.test_set.labels)
    true = answers.test_set.labels[:, None] == labels
    predicted = answers.predicted[:, None] == labels
    indicators = np.hstack([true & predicted, true.astype(np.int8) + predicted.astype(np.int8)]).astype(np.float32)
    both, either = np.hsplit((weights @ indicators).astype(np.float64), 2)
    scores = np.divide(2 * both, either, out=np.full_like(both, np.nan), where=either > 0)
    return np.asarray(np.nanmean(scores, axis=1))


METRICS: Mapping[str, Statistic] = {"test_accuracy": accuracy, "test_macro_f1": macro_f1}


def observed(seeds: BySeed, statistic: Statistic) -> dict[int, float]:
    """The metric of each seed on its test set as it is."""
    return {
        seed: float(statistic(answers, np.ones((1, len(answers.test_set)), np.float32))[0])
        for seed, answers in seeds.items()
    }


def drawn_means(seeds: BySeed, statistic: Statistic, draws: Draws) -> NDArray[np.float64]:
    """The mean of the metric over drawn seeds, on drawn examples: one number a draw."""
    order = sorted(seeds)
    values = np.stack([statistic(seeds[seed], draws.examples(seeds[seed].test_set)) for seed in order], axis=1)
    return np.asarray((values * draws.seeds(order)).sum(axis=1))


def metric_interval(seeds: BySeed, statistic: Statistic, draws: Draws, level: float = LEVEL) -> Interval:
    """The interval of a metric's expected value at one point: percentiles of the crossed bootstrap.

    One seed: examples alone are drawn. Seeds with test sets of their own: Student's t over the seeds' values, which
    then are independent.
    """
    values = np.asarray(list(observed(seeds, statistic).values()))
    return _interval(values, seeds, lambda: drawn_means(seeds, statistic, draws), level)


def metric_difference(a: BySeed, b: BySeed, statistic: Statistic, draws: Draws, level: float = LEVEL) -> Interval:
    """The interval of a metric's difference, a minus b, of seeds and test sets that were paired (`pair`)."""
    seen_a, seen_b = observed(a, statistic), observed(b, statistic)
    gaps = np.asarray([seen_a[seed] - seen_b[seed] for seed in sorted(a)])
    return _interval(gaps, a, lambda: drawn_means(a, statistic, draws) - drawn_means(b, statistic, draws), level)


def _interval(values: NDArray[np.float64], seeds: BySeed, drawn: Callable[[], Values], level: float) -> Interval:
    """By percentiles of what `drawn` gives, or by Student's t over the seeds' `values` where tests were redrawn."""
    estimate, size = float(values.mean()), min(len(answers.test_set) for answers in seeds.values())
    if len(seeds) > 1 and not is_crossed(seeds):
        half = float(stats.t.ppf(0.5 + level / 2, len(values) - 1) * values.std(ddof=1) / np.sqrt(len(values)))
        return Interval(estimate, estimate - half, estimate + half, level, "seed_means", len(seeds), size)
    low, high = np.quantile(drawn(), [(1 - level) / 2, (1 + level) / 2])
    method: Method = "bootstrap" if len(seeds) > 1 else "examples_bootstrap"
    return Interval(estimate, min(float(low), estimate), max(float(high), estimate), level, method, len(seeds), size)
