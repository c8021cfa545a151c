"""Simulated answers on texts with any number of labels, whose expected scores are known."""

from dataclasses import dataclass

import numpy as np

from bench.metrics.label_sets import LabelSetPredictions
from bench.metrics.metric import Metric
from bench.report.inputs.prediction_store import test_set_digest
from bench.report.statistics.correctness import BySeed, TestPredictions, TestSet

SHARES = (0.35, 0.3, 0.2, 0.12, 0.06, 0.04)
"""Of texts that have each label."""


@dataclass(frozen=True)
class SetsWorld:
    """A label is given where a score is above 0: how well it tells, what text and label add, and what a seed adds to
    each label."""

    tells: float
    seed: float = 0.15

    def draw(self, random: np.random.Generator, has: np.ndarray, hard: np.ndarray, seeds: int) -> np.ndarray:
        """Labels given, seeds x examples x labels; `hard` is of text and label, the same for all seeds."""
        of_seeds = self.seed * random.standard_normal((seeds, 1, has.shape[1]))
        scores = self.tells * (has - 0.55) + hard + of_seeds + 0.8 * random.standard_normal((seeds, *has.shape))
        return (scores > 0).astype(np.int8)

    def expected(self, metric: Metric, shares: tuple[float, ...] = SHARES) -> float:
        """The metric on many texts, the mean over many seeds."""
        random, found = np.random.default_rng(99), []
        for _ in range(60):
            has, hard = texts(random, 20_000, shares)
            (given,) = self.draw(random, has, hard, 1)
            found.append(metric.of(LabelSetPredictions(has, given, len(shares))))
        return float(np.mean([value for value in found if value is not None]))


def texts(random: np.random.Generator, size: int, shares: tuple[float, ...] = SHARES) -> tuple[np.ndarray, np.ndarray]:
    """True labels, the third mostly where the second is, and what makes each hard: of the text, and of both."""
    has = random.random((size, len(shares))) < np.asarray(shares)
    has[:, 2] &= has[:, 1] | (random.random(size) < 0.3)
    hard = 0.6 * random.standard_normal((size, 1)) + 0.8 * random.standard_normal(has.shape)
    return has.astype(np.int8), hard


def a_set(has: np.ndarray, name: str = "t") -> TestSet:
    """A test set with these labels."""
    ids = tuple(f"{name}{number:06d}" for number in range(len(has)))
    names = tuple(f"label {number}" for number in range(has.shape[1]))
    return TestSet(test_set_digest(ids, has, names), ids, has, names)


def by_seed(given: np.ndarray, examples: TestSet) -> BySeed:
    """The answers of several seeds."""
    return {seed: TestPredictions(examples, each) for seed, each in enumerate(given)}
