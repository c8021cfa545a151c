"""Simulated answers whose expected accuracies are known: seeds, examples and their interaction all matter."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from scipy.special import expit

from bench.report.inputs.prediction_store import test_set_digest
from bench.report.statistics.correctness import BySeed, TestPredictions, TestSet
from bench.report.statistics.points import Point

NODES, NODE_WEIGHTS = np.polynomial.hermite_e.hermegauss(60)


@dataclass(frozen=True)
class World:
    """An answer is right with probability expit(middle + seed + example + both); the last three are normal.

    `seed`, `example` and `both` are standard deviations of logits. Seeds of 0.25 are 4 points of accuracy at 0.8.
    """

    middle: float
    seed: float
    example: float
    both: float

    @property
    def accuracy(self) -> float:
        """Expected over seeds and examples."""
        spread = np.sqrt(self.seed**2 + self.example**2 + self.both**2)
        return float(expit(self.middle + spread * NODES) @ NODE_WEIGHTS / NODE_WEIGHTS.sum())

    def draw(self, random, seeds: int, difficulties) -> np.ndarray:
        """Right (1) and wrong (0), seeds x examples, for examples of these difficulties (standard normal)."""
        size = len(difficulties)
        logits = self.middle + self.seed * random.standard_normal((seeds, 1)) + self.example * difficulties
        logits = logits + self.both * random.standard_normal((seeds, size))
        return (random.random((seeds, size)) < expit(logits)).astype(float)


def at_accuracy(accuracy: float, seed: float, example: float, both: float) -> World:
    """The world with this expected accuracy."""
    low, high = -20.0, 20.0
    for _ in range(60):
        middle = (low + high) / 2
        low, high = (middle, high) if World(middle, seed, example, both).accuracy < accuracy else (low, middle)
    return World((low + high) / 2, seed, example, both)


def example_set(size: int, num_labels: int = 2, name: str = "t") -> TestSet:
    """Balanced examples."""
    labels = (np.arange(size) % num_labels).astype(np.int16)
    ids = tuple(f"{name}{number:06d}" for number in range(size))
    names = tuple(f"label {number:02d}" for number in range(num_labels))
    return TestSet(test_set_digest(ids, labels, names), ids, labels, names)


def answers(right: np.ndarray, examples: TestSet, random=None) -> TestPredictions:
    """Answers that are right where `right` says so; wrong ones are any other label."""
    count = len(examples.names)
    random = random or np.random.default_rng(0)
    step = random.integers(1, count, len(right)) if count > 1 else np.zeros(len(right), int)
    wrong = (examples.labels + step) % count if count > 1 else np.full(len(right), -1)
    return TestPredictions(examples, np.where(right > 0, examples.labels, wrong).astype(np.int16))


def by_seed(matrix: np.ndarray, examples: TestSet, seeds=None) -> BySeed:
    """The answers of several seeds; `matrix` is seeds x examples."""
    numbers = range(len(matrix)) if seeds is None else seeds
    return {seed: answers(right, examples) for seed, right in zip(numbers, matrix, strict=True)}


def exactly(shares, size: int = 200, name: str = "t", num_labels: int = 2) -> BySeed:
    """A seed for each of `shares`: exactly this share is right, the easiest examples; seeds are 0, 1, ..."""
    matrix = np.stack([np.arange(size) < round(share * size) for share in shares]).astype(float)
    return by_seed(matrix, example_set(size, num_labels, name))


def grid_of(rows: Mapping[tuple[str, int, int], BySeed]) -> dict[Point, BySeed]:
    """A grid, from (row, label count, size)."""
    return {Point(*place): seeds for place, seeds in rows.items()}
